"""The real service over a data directory that somebody changes, takes away or fills while it runs or before it starts.

What depends on what was lost is refused, in a way that operators notice; nothing else is.
"""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.releases.pin import decode_pin
from app.web.http.representation import IMMUTABLE
from tests.builder.parts import put_wheel
from tests.faults.children import run_on_full_disk
from tests.hostile.damages import ODD_NOTES, read_note, remove, write_note
from tests.hostile.test_disk_damage import put_other_wheel
from tests.servers import Service, StartService, find_strange_lines, free_port, start_process

OLD, PACKAGE = "2020a", "2020.1"
LINE = Path("releases/20/2020a")
BUNDLE = f"/v1/bundles/{OLD}/Asia/Tokyo.zip"
LATEST = "/v1/bundles/latest/Etc/UTC.zip"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    directory = tmp_path / "wheels"
    directory.mkdir()
    put_wheel(directory, OLD)
    return directory


@pytest.fixture
def pinned(start_service: StartService, wheels: Path) -> Service:
    """A service that has pinned the old release and the installed one, and has kept a bundle of each; it has ended."""
    service = start_service(wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == client.get(LATEST).status_code == 200
    service.stop()
    put_other_wheel(wheels, OLD, PACKAGE)
    return service


def until_status(client: httpx.Client, path: str, status: int) -> httpx.Response:
    """Return the first answer with this status; sources are looked at again only so often."""
    deadline = time.monotonic() + 10
    while (answer := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, (answer.status_code, answer.text)
        time.sleep(0.1)
    return answer


def as_directory(path: Path) -> None:
    remove(path)
    path.mkdir()


def as_fifo(path: Path) -> None:
    remove(path)
    os.mkfifo(path)


def as_loop(path: Path) -> None:
    remove(path)
    path.symlink_to(path.name)


def as_newer(path: Path) -> None:
    write_note(path, json.dumps({**json.loads(read_note(path)), "v": 2}).encode())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "directory": as_directory,
    "fifo": as_fifo,
    "loop": as_loop,
    "of a newer program": as_newer,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "huge": lambda path: os.truncate(path, 1 << 40),
    "null": lambda path: write_note(path, b"null"),
    "deep": lambda path: write_note(path, b"[" * 200_000),
}


def test_a_line_that_cannot_be_read_stops_its_release_alone_and_is_noticed(
    start_service: StartService, wheels: Path
) -> None:
    damaged = {f"2019{letter}": damage for letter, damage in zip("abcdefghi", DAMAGES, strict=True)}
    for release in damaged:
        put_wheel(wheels, release)
    first = start_service(wheels_dir=wheels)
    with first.client() as client:
        assert client.get(BUNDLE).status_code == 200
    first.stop()
    paths = {release: first.data_dir / "releases" / "20" / release for release in damaged}
    for release, path in paths.items():
        DAMAGES[damaged[release]](path)
        put_other_wheel(wheels, release, f"2019.{ord(release[4]) - ord('a') + 1}")
    before = {path: path.lstat() for path in paths.values()}
    service = start_service(expect_errors=True, data_dir=first.data_dir, wheels_dir=wheels)
    with service.client() as client:
        for release, path in [*paths.items()] * 2:
            answer = client.get(BUNDLE.replace(OLD, release))
            assert (answer.status_code, answer.json()["type"]) == (502, "/problems/damaged-ledger")
            assert str(path) in answer.json()["detail"]
        assert client.get(LATEST).status_code == client.get(BUNDLE).status_code == 200
        ready = client.get("/readyz")
        listed = client.get("/v1/releases").json()
        metrics = client.get("/metrics").text
    assert ready.status_code == 200
    for release, path in paths.items():
        assert f"warning: the ledger's line of release {release} cannot be read: {path}" in ready.text
    assert [(row["release"], row["source"]) for row in listed["refused"]] == [(release, "ledger") for release in paths]
    assert not damaged.keys() & {row["version"] for row in listed["releases"]}
    assert f"tzdata_filter_ledger_unreadable {len(damaged)}.0" in metrics
    for path, status in before.items():
        after = path.lstat()
        assert (after.st_ino, after.st_mtime_ns, after.st_size) == (status.st_ino, status.st_mtime_ns, status.st_size)
    assert service.log.count("cannot be read") == len(damaged)


def test_a_line_with_a_member_more_is_read(start_service: StartService, pinned: Service, wheels: Path) -> None:
    path = pinned.data_dir / LINE
    write_note(path, json.dumps({**json.loads(read_note(path)), "more": {"than": ["this", 1]}}).encode())
    service = start_service(data_dir=pinned.data_dir, wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == client.get("/readyz").status_code == 200


def test_a_line_that_is_mended_counts_at_once(start_service: StartService, pinned: Service, wheels: Path) -> None:
    path = pinned.data_dir / LINE
    whole = path.read_bytes()
    as_directory(path)
    service = start_service(expect_errors=True, data_dir=pinned.data_dir, wheels_dir=wheels)
    with service.client() as client:
        assert client.get(BUNDLE).status_code == 502
        path.rmdir()
        path.write_bytes(whole)
        other = client.get(BUNDLE)
        assert client.get("/readyz").text.count("\n") == 1
    # What the wheels directory has for the release now is not what was pinned.
    assert (other.status_code, other.json()["type"]) == (502, "/problems/untrusted-release")


@pytest.mark.parametrize("in_the_way", ["file", "fifo", "link"])
def test_a_ledger_that_cannot_be_read_at_all_stops_everything_until_it_can(
    start_service: StartService, pinned: Service, wheels: Path, in_the_way: str
) -> None:
    ledger = pinned.data_dir / "releases"
    away = ledger.rename(ledger.with_name("away"))
    if in_the_way == "file":
        ledger.touch()
    elif in_the_way == "fifo":
        os.mkfifo(ledger)
    else:
        ledger.symlink_to(away)
    service = start_service(
        expect_errors=True, wait_until_ready=False, data_dir=pinned.data_dir, wheels_dir=wheels, rescan_seconds=0.2
    )
    with service.client() as client:
        for path in ("/readyz", BUNDLE, LATEST):
            assert client.get(path).status_code == 503
        assert client.get("/healthz").status_code == 200
        assert "tzdata_filter_ledger_unreadable 1.0" in client.get("/metrics").text
        ledger.unlink()
        away.rename(ledger)
        assert client.get("/readyz").status_code == 200
        assert client.get(LATEST).status_code == 200
        until_status(client, BUNDLE, 200)  # from the wheel that was kept


def test_a_running_service_goes_on_with_what_it_knows_without_its_ledger(
    start_service: StartService, wheels: Path
) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    ledger = service.data_dir / "releases"
    with service.client() as client:
        expected = client.get(BUNDLE).content
        ledger.rename(ledger.with_name("away"))
        ledger.touch()
        assert client.get("/readyz").json()["type"] == "/problems/store-unavailable"
        assert client.get(f"{BUNDLE}?links=copy").status_code == 200
        assert client.get(BUNDLE).content == expected
        put_wheel(wheels, "2021a")  # never seen, so nothing can be said about it
        until_status(client, "/v1/bundles/2021a/Asia/Tokyo.zip", 503)


@pytest.mark.parametrize("folder", ["records", "origins"])
def test_no_content_of_a_note_is_an_error_of_its_bundle(
    start_service: StartService, pinned: Service, folder: str
) -> None:
    service = start_service(data_dir=pinned.data_dir, hot_bytes=0)
    with service.client() as client:
        expected = client.get(LATEST)
        for odd in ODD_NOTES:
            for path in (pinned.data_dir / folder).glob("*/*"):
                write_note(path, odd)
            location = client.get(expected.headers["content-location"])
            assert location.status_code in (200, 404)
            assert client.get(LATEST).content == expected.content
            assert client.get(expected.headers["content-location"]).content == expected.content


def test_sets_that_cannot_be_read_say_so_and_are_repaired_by_posting_them_again(start_service: StartService) -> None:
    first = start_service()
    bodies = [{"zones": ["Etc/UTC", f"Etc/GMT-{number}"]} for number in range(1, 13)]
    bodies += [{"zones": ["Etc/UTC", f"Etc/GMT+{number}"]} for number in range(1, 11)]
    damages = [*(lambda path, odd=odd: write_note(path, odd) for odd in ODD_NOTES), as_fifo, as_loop]
    with first.client() as client:
        rows = [client.post("/v1/sets", json=body).json() for body in bodies]
    first.stop()
    for row, damage in zip(rows, damages, strict=False):
        sha256 = row["repository"].removeprefix("set/")
        damage(first.data_dir / "sets" / sha256[:2] / sha256)
    service = start_service(expect_errors=True, data_dir=first.data_dir)
    assert len(damages) == len(bodies) - 1
    with service.client() as client:
        for number, (row, body) in enumerate(zip(rows, bodies, strict=True)):
            manifest = f"/v2/{row['repository']}/manifests/{row['release']}"
            if number < len(damages):
                answer = client.get(manifest)
                assert answer.status_code == 503
                assert row["repository"].removeprefix("set/") in answer.json()["errors"][0]["message"]
                assert client.post("/v1/sets", json=body).json()["digest"] == row["digest"]
            assert client.get(manifest).status_code == 200


def links_of(answer: httpx.Response) -> list[str]:
    return [answer.headers[name] for name in ("content-location",) if name in answer.headers]


def test_a_data_directory_that_is_removed_is_filled_again_and_no_link_leads_nowhere(
    start_service: StartService, wheels: Path
) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    with service.client() as client:
        expected = {path: client.get(path) for path in (BUNDLE, LATEST)}
        row = client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).json()
        lines = {path.name: path.read_bytes() for path in (service.data_dir / "releases").glob("*/*")}
        shutil.rmtree(service.data_dir)
        for path, before in expected.items():
            answer = client.get(path)
            assert answer.content == before.content
            for link in links_of(answer):
                found, check = client.get(link), client.get(f"{link}.sha256")
                assert (found.content, found.headers["cache-control"]) == (
                    before.content,
                    IMMUTABLE,
                )
                assert check.text.split()[0] == before.headers["etag"].strip('"')
        assert client.get("/readyz").status_code == 200
        assert {path.name: path.read_bytes() for path in (service.data_dir / "releases").glob("*/*")} == lines
        assert client.get(f"/v2/{row['repository']}/tags/list").status_code in (200, 404)
        assert client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).json() == row


def test_a_release_that_could_not_be_pinned_is_pinned_when_it_can_be(start_service: StartService, wheels: Path) -> None:
    service = start_service(expect_errors=True, wheels_dir=wheels)
    ledger = service.data_dir / "temporary"
    with service.client() as client:
        ledger.rename(ledger.with_name("away"))
        ledger.touch()
        put_wheel(wheels, "2021a")
        assert links_of(until_status(client, "/v1/bundles/2021a/Asia/Tokyo.zip", 200)) == []
        assert client.get("/readyz").status_code == 503
        assert "tzdata_filter_ledger_unwritten 1.0" in client.get("/metrics").text
        ledger.unlink()
        assert client.get("/readyz").text.count("\n") == 1
        assert "tzdata_filter_ledger_unwritten 0.0" in client.get("/metrics").text
    assert decode_pin(read_note(service.data_dir / "releases/20/2021a")).release == "2021a"


def count_bytes(directory: Path) -> int:
    """Return what the files take on a disk with usual blocks."""
    return sum(-(-path.lstat().st_size // 4_096) * 4_096 for path in directory.rglob("*") if path.is_file())


@pytest.mark.parametrize("query", ["", "?prefix=p{}"], ids=["selections", "whole trees"])
def test_no_client_fills_the_disk(start_service: StartService, query: str) -> None:
    bound = 1 << 20
    service = start_service(expect_errors=True, disk_store_bytes=bound)
    links = ["none was asked for"]
    names = [f"Etc/GMT{sign}{hour}" for sign in "+-" for hour in range(1, 13)]
    pairs = [f"{one},{other}" for one in names for other in names if one < other]
    with service.client() as client:
        expected = client.get(LATEST)
        for number in range(150 if not query else 14):
            zones = "*" if query else pairs[number]
            format_ = "tar.gz" if query else "zip"
            answer = client.get(f"/v1/bundles/latest/{zones}.{format_}{query.format(number)}")
            assert answer.status_code == 200
            links = links_of(answer)
        assert links == []
        posted = client.post("/v1/bundles", json={"zones": ["Etc/UTC", "Etc/GMT+1"], "format": "zip"}).json()
        assert (
            httpx.get(posted["url"], trust_env=False).headers["etag"].strip('"') == posted["digest"].partition(":")[2]
        )
        ready, metrics = client.get("/readyz"), client.get("/metrics").text
        assert links_of(client.get(LATEST)) == links_of(expected)
        assert client.post("/v1/sets", json={"zones": ["Etc/UTC"]}).status_code == 200
    wheel = 1 << 20  # of the installed release, if it came in one; it is not the client's doing
    assert count_bytes(service.data_dir) <= bound + wheel
    assert ready.status_code == 200
    assert "TZDATA_FILTER_DISK_STORE_BYTES" in ready.text
    assert "tzdata_filter_store_full 1.0" in metrics
    assert service.log.count("cannot be kept") <= 3


def test_posted_lists_have_a_room_of_their_own(start_service: StartService) -> None:
    service = start_service(expect_errors=True, disk_set_bytes=4_096 * 5)
    with service.client() as client:
        answers = [client.post("/v1/sets", json={"zones": ["Etc/UTC", f"Etc/GMT+{hour}"]}) for hour in range(1, 12)]
        again = client.post("/v1/sets", json={"zones": ["Etc/UTC", "Etc/GMT+1"]})
        assert client.get("/v1/bundles/latest/Asia/Tokyo.zip").status_code == 200
    assert [answer.status_code for answer in answers] == [200] * 5 + [503] * 6
    assert "TZDATA_FILTER_DISK_SET_BYTES" in answers[-1].json()["detail"]
    assert again.status_code == 200
    assert len([*(service.data_dir / "sets").glob("*/*")]) == 5


_SERVE_ON_A_FULL_DISK = """
import contextlib, json, sys
from pathlib import Path
from tests.servers import running_service

root = Path(sys.argv[1])
ballast = (root / "ballast").open("wb", buffering=0)
home = root.parent / "home"
home.mkdir()
answers = {}
settings = {"data_dir": root / "data", "disk_reserve_bytes": 0, "rescan_seconds": 0.2}
with running_service(home, settings, expect_errors=True, wait_until_ready=False) as service, service.client() as client:
    while "loaded" not in service.log:
        client.get("/v1/bundles/latest/Etc/UTC.zip")
    with contextlib.suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    full = client.get("/v1/bundles/latest/Asia/*.tar")
    location = full.headers.get("content-location")
    answers["full"] = full.status_code
    answers["leads nowhere"] = location is not None and client.get(location).status_code != 200
    answers["ready"] = client.get("/readyz").status_code
    answers["room"] = Path(root).stat().st_size >= 0 and ballast.tell() < 1 << 16
    ballast.truncate(0)
    ballast.seek(0)
    client.get("/readyz")
    answers["lines"] = len([*(root / "data" / "releases").glob("*/*")])
print(json.dumps(answers))
"""


def test_on_a_full_disk_bundles_are_served_without_links_and_the_ledger_is_written_later(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    answers = json.loads(run_on_full_disk(_SERVE_ON_A_FULL_DISK, disk))
    assert answers["full"] == 200
    assert not answers["leads nowhere"]
    assert answers["ready"] == 503
    assert answers["lines"] == 1


@pytest.mark.parametrize("what", ["link", "fifo", "file"])
def test_a_place_to_write_that_is_something_else_stops_the_start_with_one_line(tmp_path: Path, what: str) -> None:
    (tmp_path / "data").mkdir()
    temporary = tmp_path / "data" / "temporary"
    if what == "link":
        (tmp_path / "outside").mkdir()
        temporary.symlink_to(tmp_path / "outside")
    elif what == "fifo":
        os.mkfifo(temporary)
    else:
        temporary.touch()
    process = start_process({"port": free_port(), "data_dir": tmp_path / "data"}, tmp_path / "log")
    assert process.wait(30) == 5
    (line,) = (tmp_path / "log").read_text().splitlines()
    assert line.startswith("tzdata-filter: the store in ")


def test_a_directory_in_the_place_of_a_value_is_one_line_in_the_log(start_service: StartService) -> None:
    service = start_service(expect_errors=True, hot_bytes=0)
    with service.client() as client:
        client.get(LATEST)
        for folder in ("blobs", "records", "origins"):
            for path in (service.data_dir / folder).glob("*/*"):
                remove(path)
                (path / "inside").mkdir(parents=True)
        answers = [client.get(LATEST) for _ in range(20)]
        assert 'tzdata_filter_builds_total{outcome="unkept"} 20.0' in client.get("/metrics").text
    assert {answer.status_code for answer in answers} == {200}
    assert all(links_of(answer) == [] for answer in answers)
    assert service.log.count("cannot be kept") == 1
    assert find_strange_lines(service.log, expect_errors=True) == []
