"""A package index that is slow, broken or strange stops what depends on it, and nothing else."""

import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.servers import Service, StartService
from tests.sources.loopback_index import LoopbackIndex, Mood, loopback_index
from tests.sources.wheels import small_package, write_wheel

NEWEST = "2099b"
NEW_WHEEL = "tzdata-2099.2-py2.py3-none-any.whl"
MISSING = tuple(f"20{year:02}a" for year in range(16))
"""Releases that only the index has."""
QUICK_SECONDS = 3.0
"""What is not held up is answered in milliseconds; this is for a busy machine."""
LATE_SECONDS = 8.0
"""Whoever waits for a source is answered after 5 s; the rest is for a busy machine."""

BUNDLE = "/v1/bundles/{}/Asia/Shanghai,Etc/UTC.tar?prefix={}"
LOCAL = (
    "/readyz",
    "/healthz",
    "/v1/releases",
    "/v1/bundles/latest/Etc/UTC.zip",
    "/v1/bundles/latest/Asia/Shanghai.json",
    "/v2/asia/shanghai/tags/list",
    "/v2/asia/shanghai/manifests/latest",
    "/go/tz.internal/etc/utc/@latest",
    "/go/tz.internal/etc/utc/@v/list",
    "/v1/releases/latest/zones?q=berlin",
    "/v1/releases/latest/zones/Europe/Berlin",
)
"""What a release that is here is enough for."""


def wheel_of(iana: str) -> bytes:
    year, letter = int(iana[:4]), ord(iana[4]) - ord("a") + 1
    return write_wheel(small_package(iana=iana, package=f"{year}.{letter}"))


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    wheels = {f"tzdata-{version[:4]}.1-py2.py3-none-any.whl": wheel_of(version) for version in MISSING}
    with loopback_index(wheels) as running:
        yield running


@contextmanager
def silent_index() -> Iterator[str]:
    """An index that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"


@contextmanager
def dripping_index(head: bytes) -> Iterator[str]:
    """An index that sends ``head`` and then a header field a byte at a time, for as long as the test lasts."""
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, _ignoring_resets():
            connection.sendall(head)
            while not ended.wait(0.3):
                connection.sendall(b"x")

    def accept(listener: socket.socket) -> None:
        while not ended.is_set():
            with _ignoring_resets():
                connection, _ = listener.accept()
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.settimeout(0.2)
        accepting = threading.Thread(target=accept, args=(listener,))
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/simple"
        finally:
            ended.set()
            accepting.join()


@contextmanager
def _ignoring_resets() -> Iterator[None]:
    try:
        yield
    except OSError:
        return


def start(start_service: StartService, url: str, **settings: object) -> Service:
    quicker = {"index_timeout_seconds": 2, "max_wait_seconds": 1.5}
    given = {"offline": False, "index_url": url, **quicker, **settings}
    return start_service(expect_errors=True, **given)  # type: ignore[arg-type]


def timed(service: Service, path: str) -> tuple[httpx.Response, float]:
    with service.client() as client:
        started = time.monotonic()
        answer = client.get(path)
    return answer, time.monotonic() - started


def check_local_is_quick(service: Service, *, mark: str = "a") -> None:
    """Everything that needs only what is here is answered well, and soon."""
    for path in (*LOCAL, BUNDLE.format("2026f", mark), BUNDLE.format("latest", mark)):
        answer, seconds = timed(service, path)
        assert (answer.status_code, seconds < QUICK_SECONDS) == (200, True), f"{path}: {answer.status_code}, {seconds}"


def check_honest(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 60


def becomes(check: Callable[[], bool]) -> bool:
    """Tell whether something becomes true within a while."""
    for _ in range(200):
        if check():
            return True
        time.sleep(0.1)
    return False


class TestSlowFiles:
    """The list comes, and the files drip."""

    def test_sixteen_who_wait_for_them_hold_up_nobody_else(
        self, start_service: StartService, index: LoopbackIndex
    ) -> None:
        index.file_mood = "drips"
        service = start(start_service, index.url, max_wait_seconds=5)
        with ThreadPoolExecutor(len(MISSING)) as pool:
            waiting: list[Future[tuple[httpx.Response, float]]] = [
                pool.submit(timed, service, BUNDLE.format(version, "a")) for version in MISSING
            ]
            time.sleep(0.5)
            check_local_is_quick(service)
            for each in waiting:
                answer, seconds = each.result()
                check_honest(answer)
                assert seconds < LATE_SECONDS
        check_local_is_quick(service, mark="b")

    def test_a_release_that_was_waited_for_in_vain_is_there_later(
        self, start_service: StartService, index: LoopbackIndex
    ) -> None:
        index.file_mood = "hangs"
        service = start(start_service, index.url, max_wait_seconds=0.5)
        first, seconds = timed(service, BUNDLE.format(MISSING[0], "a"))
        check_honest(first)
        assert seconds < QUICK_SECONDS
        index.file_mood = "well"
        assert becomes(lambda: timed(service, f"/v1/bundles/{MISSING[0]}/Asia/Tokyo.zip")[0].status_code == 200)

    def test_asking_over_and_over_fetches_once(self, start_service: StartService, index: LoopbackIndex) -> None:
        index.file_mood = "drips"
        service = start(start_service, index.url, max_wait_seconds=0.3)
        with ThreadPoolExecutor(16) as pool:
            answers = [*pool.map(lambda _: timed(service, BUNDLE.format(MISSING[0], "a"))[0], range(48))]
        for answer in answers:
            check_honest(answer)
        assert index.count("tzdata-2000") <= 2  # one attempt may be made twice

    def test_it_stops_in_time_while_they_drip(self, start_service: StartService, index: LoopbackIndex) -> None:
        index.file_mood = "hangs"
        service = start(start_service, index.url, shutdown_seconds=1, max_wait_seconds=0.5)
        with ThreadPoolExecutor(8) as pool:
            [*pool.map(lambda version: timed(service, BUNDLE.format(version, "a")), MISSING[:8])]
        started = time.monotonic()
        assert service.stop() in (0, -signal.SIGTERM)
        assert time.monotonic() - started < QUICK_SECONDS


class TestSilentIndex:
    """Nobody answers, or not to the end, from the start on."""

    @pytest.mark.parametrize("said", [None, b"", b"HTTP/1.1 200 OK\r\nX-Drip: ", b"HTTP/1.1 200 OK\r\n"])
    def test_what_is_here_is_served_and_what_is_not_is_a_503(
        self, start_service: StartService, said: bytes | None
    ) -> None:
        with silent_index() if said is None else dripping_index(said) as url:
            started = time.monotonic()
            service = start(start_service, url)
            assert time.monotonic() - started < LATE_SECONDS
            check_local_is_quick(service)
            answer, seconds = timed(service, BUNDLE.format(MISSING[0], "a"))
            check_honest(answer)
            assert seconds < LATE_SECONDS
            latest, _ = timed(service, BUNDLE.format("latest", "c"))
            assert latest.headers["tzdata-release-age"] == "unknown"


class TestReleaseDay:
    """A release that is listed and cannot be fetched."""

    @pytest.mark.parametrize("mood", ["fails", "refuses", "hangs", "truncates", "drips", "flips a bit", "endless"])
    def test_latest_goes_on_with_the_one_before_and_moves_once_it_can(
        self, start_service: StartService, index: LoopbackIndex, mood: Mood
    ) -> None:
        service = start(start_service, index.url, rescan_seconds=0.3, index_refresh_seconds=0.3)
        url = BUNDLE.format("latest", "a").replace("Asia/Shanghai", "Asia/Tokyo")
        with service.client() as client:
            before = client.get(url)
            assert (before.status_code, before.headers["tzdata-release"]) == (200, "2026f")
            index.file_mood = mood
            index.wheels[NEW_WHEEL] = wheel_of(NEWEST)
            assert becomes(lambda: NEWEST in client.get("/v1/releases").text)
            for _ in range(20):
                started = time.monotonic()
                during, ready, listed = client.get(url), client.get("/readyz"), client.get("/v1/releases")
                assert time.monotonic() - started < QUICK_SECONDS
                assert (during.status_code, during.content) == (200, before.content)
                assert ready.status_code == listed.status_code == 200
                time.sleep(0.05)
            assert client.get("/v1/releases").json()["latest"] == "2026f"
            index.file_mood = "well"
            if mood in ("fails", "refuses", "hangs", "truncates"):  # the others are left alone for a while
                assert becomes(lambda: client.get(url).headers["tzdata-release"] == NEWEST)
                assert "tzdata-release-age" not in client.get(url).headers
        assert NEWEST in service.log
        assert not re.search(r" 500 \d+ B ", service.log)

    def test_whoever_asks_for_it_by_name_gets_an_error_that_says_so(
        self, start_service: StartService, index: LoopbackIndex
    ) -> None:
        index.file_mood = "fails"
        service = start(start_service, index.url, channels=f"pinned={MISSING[0]}")
        for choice in (MISSING[0], "pinned"):
            check_honest(timed(service, BUNDLE.format(choice, "a"))[0])
        count = index.count("tzdata-2000")
        for _ in range(10):
            check_honest(timed(service, BUNDLE.format(MISSING[0], "b"))[0])
        assert index.count("tzdata-2000") == count

    def test_when_no_file_of_the_index_can_be_fetched_the_installed_release_is_latest(
        self, start_service: StartService, index: LoopbackIndex
    ) -> None:
        index.file_mood = "fails"
        index.wheels |= {f"tzdata-{year}.1-py2.py3-none-any.whl": wheel_of(f"{year}a") for year in range(2060, 2090)}
        service = start(start_service, index.url)
        answer, seconds = timed(service, BUNDLE.format("latest", "a"))
        assert (answer.status_code, answer.headers["tzdata-release"]) == (200, "2026f")
        assert seconds < QUICK_SECONDS
        assert "tzdata-release-age" in answer.headers
