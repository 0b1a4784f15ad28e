"""What the service sends after a crash, after damage on disk, and in a rush: right bytes or an honest "unknown"."""

import asyncio
import itertools
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.digest import sha256_hex
from tests.consumers.bundles import fetch
from tests.servers import Service, StartService

NAMES = "Africa/Cairo America/New_York Asia/Shanghai Asia/Tokyo Etc/UTC Europe/Berlin Europe/London".split()
FORMATS = ("tar", "tar.gz", "zip")
STORM_THREADS = 8
ANSWERS_BEFORE_THE_KILL = (5, 100)
"""A kill while the first directories are made, and one while all is under way."""


def cold_paths(storm: int) -> Iterator[str]:
    """Yield the paths of different bundles, each asked for in one storm only."""
    for count in range(2, 6):
        for zones in itertools.combinations(NAMES, count):
            for ending in FORMATS:
                tables = ("", "?tables=iso3166.tab")[storm]
                yield f"/v1/bundles/2026f/{','.join(zones)}.{ending}{tables}"


class Storm:
    """Many cold requests at once, until the service is gone.

    Attributes:
        answered: The path of an artifact → the path of its bundle.
    """

    def __init__(self, service: Service, paths: Iterator[str]) -> None:
        self.answered: dict[str, str] = {}
        self.asked: list[str] = []
        self.enough = threading.Event()
        self._service = service
        self._paths = paths
        self._lock = threading.Lock()

    def run(self, answers_before_the_kill: int) -> None:
        """Ask, kill the service once it has given so many answers, and wait until every thread has noticed."""
        with ThreadPoolExecutor(STORM_THREADS) as threads:
            asking = [threads.submit(self._ask, answers_before_the_kill) for _ in range(STORM_THREADS)]
            self.enough.wait()
            self._service.process.kill()
            self._service.process.wait()
        for each in asking:
            each.result()

    def _ask(self, answers_before_the_kill: int) -> None:
        try:
            with self._service.client() as client:
                while (path := self._next()) is not None:
                    answer = client.get(path)
                    place = answer.headers["content-location"]
                    assert place == f"/v1/artifacts/{sha256_hex(answer.content)}{place[place.index('.') :]}"
                    self.answered[place] = path
                    if len(self.answered) >= answers_before_the_kill:
                        self.enough.set()
        except httpx.TransportError:
            return  # it was killed
        finally:
            self.enough.set()

    def _next(self) -> str | None:
        with self._lock:
            path = next(self._paths, None)
            if path is not None:
                self.asked.append(path)
            return path


def sent_at(client: httpx.Client, place: str) -> bytes | None:
    """Return what an artifact's path answers, ``None`` if it is unknown; anything else is a failure."""
    answer = client.get(place)
    assert answer.status_code in (200, 404), answer.text
    return answer.content if answer.status_code == 200 else None


def builds(service: Service) -> dict[str, float]:
    """Return how many builds had which outcome."""
    text = fetch(service, "/metrics").decode()
    pairs = re.findall(r'^tzdata_filter_builds_total\{outcome="(\w+)"\} (\S+)$', text, re.MULTILINE)
    return {outcome: float(count) for outcome, count in pairs}


def test_what_was_answered_before_a_kill_is_there_after_it_and_nothing_is_half_written(
    start_service: StartService, tmp_path: Path
) -> None:
    answered: dict[str, str] = {}
    for number, answers in enumerate(ANSWERS_BEFORE_THE_KILL):
        killed = start_service(data_dir=tmp_path, request_log=False)
        storm = Storm(killed, cold_paths(number))
        storm.run(answers)
        assert killed.process.returncode == -signal.SIGKILL
        answered |= storm.answered
        again = start_service(data_dir=tmp_path)
        with again.client() as client:
            for place in answered:
                content = sent_at(client, place)
                assert content is not None
                assert place.startswith(f"/v1/artifacts/{sha256_hex(content)}.")
            check_all_that_lies_on_disk(client, tmp_path)
            for path in storm.asked:
                bundle = client.get(path)
                assert bundle.headers["etag"] == f'"{sha256_hex(bundle.content)}"'
        again.stop()


def check_all_that_lies_on_disk(client: httpx.Client, data_dir: Path) -> None:
    """Ask for every blob there is, complete or not, known or not."""
    blobs = [path for path in (data_dir / "blobs").rglob("*") if path.is_file()]
    assert blobs
    for blob in blobs:
        found = [sent_at(client, f"/v1/artifacts/{blob.name}.{ending}") for ending in FORMATS]
        assert {sha256_hex(content) for content in found if content is not None} <= {blob.name}


def test_two_hundred_equal_requests_at_once_are_one_build(start_service: StartService) -> None:
    service = start_service()

    async def rush() -> list[bytes]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=service.base_url, trust_env=False, timeout=60, limits=limits) as client:
            answers = await asyncio.gather(*(client.get("/v1/bundles/2026f/*.tar.gz") for _ in range(200)))
        assert {answer.status_code for answer in answers} == {200}
        return [answer.content for answer in answers]

    contents = asyncio.run(rush())
    assert len(contents) == 200
    assert len(set(contents)) == 1
    assert builds(service)["built"] == 1


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = (flip_a_bit, cut_in_half, empty, Path.unlink)
BUNDLE = "/v1/bundles/2026f/Asia/Shanghai,Etc/UTC.tar.gz"


@pytest.mark.parametrize("folder", ["blobs", "records", "origins"])
def test_damage_on_disk_is_never_served_and_is_repaired(start_service: StartService, folder: str) -> None:
    service = start_service(hot_bytes=0)  # so that every answer comes from the disk
    with service.client() as client:
        content = client.get(BUNDLE).content
        place = f"/v1/artifacts/{sha256_hex(content)}.tar.gz"
        file = only_file(service.data_dir / folder)
        whole = file.read_bytes()
        for damage in DAMAGES:
            damage(file)
            assert sent_at(client, place) in (content, None)
            assert client.get(BUNDLE).content == content
            assert sent_at(client, place) == content
            assert file.read_bytes() == whole, damage


def test_an_artifact_whose_bytes_were_damaged_answers_by_its_hash_alone(start_service: StartService) -> None:
    service = start_service(hot_bytes=0)
    with service.client() as client:
        content = client.get(BUNDLE).content
        blob = only_file(service.data_dir / "blobs")
        for damage in DAMAGES:
            damage(blob)
            assert sent_at(client, f"/v1/artifacts/{blob.name}.tar.gz") == content
            assert blob.read_bytes() == content
    assert builds(service)["rebuilt"] == len(DAMAGES)


def only_file(directory: Path) -> Path:
    (file,) = (path for path in directory.rglob("*") if path.is_file())
    return file
