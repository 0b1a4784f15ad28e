"""Nobody waits long for a source, and what is wrong with one, whatever it is, does not touch the others."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.errors import (
    InvalidTzif,
    SourceUnreachable,
    TzdataFilterError,
    UnknownRelease,
    UntrustedIndex,
    UntrustedRelease,
)
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.releases.listing import release_list
from app.store.memory import MemoryStore
from app.work.pools import make_pools
from tests.releases.sources import LONG, Wayward

pytestmark = pytest.mark.anyio

WAIT = 0.2
HERE, NEW = "2099a", "2099b"

STRANGE: list[Exception] = [
    ValueError("Invalid IPv6 URL"),
    RecursionError("maximum recursion depth exceeded"),
    MemoryError(),
    OSError(5, "Input/output error"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    KeyError("files"),
    TypeError("'int' object is not iterable"),
    AssertionError(),
    StopIteration(),
    TimeoutError(),
]
KNOWN: list[TzdataFilterError] = [
    SourceUnreachable("the line is down"),
    UntrustedIndex("a login page"),
    UntrustedRelease("a hash is wrong"),
    InvalidTzif("no magic"),
    UnknownRelease("gone"),
]


@pytest.fixture
def index() -> Iterator[Wayward]:
    index = Wayward(NEW)
    yield index
    index.door.set()


@pytest.fixture
def here() -> Wayward:
    return Wayward(HERE, name="wheels", remote=False)


def library_of(*sources: Wayward, wait: float | None = WAIT, channels: dict[str, str] | None = None) -> Library:
    return Library(
        sources,
        ledger=Ledger(MemoryStore()),
        channels=channels,
        pools=make_pools(max_wait_seconds=wait),
        max_wait_seconds=wait,
    )


@dataclass
class Raising:
    """What raises an error whenever it is called."""

    error: Exception

    def __call__(self, *_: str) -> None:
        raise self.error


async def loaded(library: Library) -> list[str]:
    return [row.version for row in await library.listed() if row.release is not None]


async def becomes(library: Library, choice: str, version: str) -> bool:
    ends = time.monotonic() + LONG
    while time.monotonic() < ends:
        if (await library.release(choice)).version == version:
            return True
        await asyncio.sleep(0.02)
    return False


class TestSlowSources:
    async def test_whoever_waited_long_enough_is_told_when_to_come_back_and_the_load_goes_on(
        self, here: Wayward, index: Wayward
    ) -> None:
        index.loading = index.hang
        library = library_of(here, index)
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(SourceUnreachable, match="is still being loaded") as caught:
                await library.release(NEW)
            assert caught.value.facts["retry_after"] == 5
            assert time.monotonic() - started < LONG
        assert index.loads == [NEW]
        index.door.set()
        async with asyncio.timeout(LONG):
            while NEW not in await loaded(library):
                pass
        assert index.loads == [NEW]
        assert (await library.release(NEW)).version == NEW

    async def test_readiness_needs_no_network_when_a_release_is_here(self, here: Wayward, index: Wayward) -> None:
        index.offering = index.hang
        assert (await library_of(here, index, wait=None).ready()).version == HERE

    async def test_readiness_passes_over_a_release_here_that_does_not_load(self, here: Wayward, index: Wayward) -> None:
        here.versions = [HERE, "2099c"]
        here.loading = lambda version: here.fail() if version == "2099c" else None
        assert (await library_of(here, index).ready()).version == HERE

    async def test_without_a_release_here_readiness_says_no_in_time(self, index: Wayward) -> None:
        index.offering = index.hang
        with pytest.raises(SourceUnreachable, match="the source index has not answered yet"):
            await library_of(index).ready()

    async def test_a_first_look_that_hangs_holds_up_latest_and_the_list_but_once(
        self, here: Wayward, index: Wayward
    ) -> None:
        index.offering = index.hang
        library = library_of(here, index)
        for _ in range(3):
            assert (await library.release("latest")).version == HERE
            assert [row.version for row in await library.listed()] == [HERE]
        assert library.stale_seconds() == float("inf")
        generation = library.generation
        index.door.set()
        assert await becomes(library, "latest", NEW)
        assert library.generation > generation
        assert library.stale_seconds() is None

    async def test_a_source_here_that_hangs_does_not_hold_up_the_others(self, here: Wayward, index: Wayward) -> None:
        stuck = Wayward("2099c", name="stuck", remote=False)
        stuck.offering = stuck.hang
        library = library_of(stuck, here, index)
        assert (await library.release("latest")).version == NEW
        assert (await library.release(HERE)).version == HERE
        with pytest.raises(SourceUnreachable, match="the source stuck has not answered yet"):
            await library.release("2099c")
        stuck.door.set()

    async def test_releases_for_a_feed_are_waited_for_together(self, here: Wayward, index: Wayward) -> None:
        index.versions = ["2098a", "2098b", "2098c"]
        index.loading = index.hang
        library = library_of(here, index)
        await library.refresh()
        with pytest.raises(SourceUnreachable, match="is still being loaded"):
            await library.newest(4)
        assert sorted(index.loads) == index.versions
        index.door.set()
        async with asyncio.timeout(LONG):
            while True:
                try:
                    found = await library.newest(4)
                    break
                except SourceUnreachable:
                    continue
        assert [release.version for release in found] == [HERE, "2098c", "2098b", "2098a"]


class TestWhateverASourceRaises:
    @pytest.mark.parametrize("error", [*STRANGE, *KNOWN[:2]], ids=lambda error: type(error).__name__)
    async def test_a_look_that_fails_is_that_sources_trouble_alone(
        self, here: Wayward, index: Wayward, error: Exception
    ) -> None:
        index.offering = Raising(error)
        library = library_of(here, index)
        assert (await library.release("latest")).version == HERE
        assert [row.version for row in await library.listed()] == [HERE]
        assert [*library.catalogue.troubles()] == ["index"]
        with pytest.raises((SourceUnreachable, UntrustedIndex)):
            await library.release(NEW)
        index.offering = lambda: None
        await library.refresh()
        assert (await library.release("latest")).version == NEW

    @pytest.mark.parametrize("error", [*STRANGE, *KNOWN], ids=lambda error: type(error).__name__)
    async def test_a_release_that_cannot_be_loaded_is_passed_over_by_channels(
        self, here: Wayward, index: Wayward, error: Exception
    ) -> None:
        index.loading = Raising(error)
        library = library_of(here, index, channels={"pinned": NEW, "previous": "latest-1", "first": "previous"})
        for _ in range(3):
            assert (await library.release("latest")).version == HERE
        for choice in (NEW, "pinned"):
            with pytest.raises((SourceUnreachable, UntrustedRelease, UntrustedIndex, UnknownRelease)):
                await library.release(choice)
        for choice in ("latest-1", "previous", "first"):
            with pytest.raises((SourceUnreachable, UnknownRelease)):
                await library.release(choice)

    async def test_what_nobody_expected_is_logged_once_with_its_trace(
        self, here: Wayward, index: Wayward, caplog: pytest.LogCaptureFixture
    ) -> None:
        index.loading = Raising(ValueError("inner"))
        library = library_of(here, index)
        for letter in "abc":
            await library.release("latest")
            with pytest.raises(SourceUnreachable):
                await library.release(NEW)
            index.versions.append(f"2098{letter}")
            await library.refresh()  # what failed gets another chance
        traces = [record for record in caplog.records if record.exc_info and NEW in record.getMessage()]
        assert [record.levelno for record in traces] == [logging.ERROR]
        assert index.loads.count(NEW) == 3

    async def test_another_source_may_give_what_one_does_not(self, here: Wayward, index: Wayward) -> None:
        for error in (*STRANGE, *KNOWN):
            broken = Wayward(NEW, name="broken", remote=False)
            broken.loading = Raising(error)
            assert (await library_of(broken, here, index).release("latest")).version == NEW

    async def test_a_fetch_that_failed_is_not_tried_again_at_once(self, here: Wayward, index: Wayward) -> None:
        index.loading = index.fail
        library = library_of(here, index)
        for _ in range(20):
            with pytest.raises(SourceUnreachable, match="the line is down"):
                await library.release(NEW)
            assert (await library.release("latest")).version == HERE
        assert index.loads == [NEW]
        with pytest.raises(SourceUnreachable) as caught:
            await library.release(NEW)
        retry_after = caught.value.facts["retry_after"]
        assert isinstance(retry_after, int)
        assert 1 <= retry_after <= 5


class TestReleaseDay:
    async def test_latest_moves_when_what_it_passed_over_can_be_loaded(
        self, here: Wayward, index: Wayward, caplog: pytest.LogCaptureFixture
    ) -> None:
        index.loading = index.hang
        library = library_of(here, index)
        assert (await library.release("latest")).version == HERE
        assert f"channels do without release {NEW} for now" in caplog.text
        age = library.stale_seconds()
        assert age is not None
        assert age < LONG
        listed = release_list(await library.listed(), library.refusals())
        assert (listed["latest"], [row["version"] for row in listed["releases"]]) == (HERE, [NEW, HERE])
        generation = library.generation
        index.door.set()
        assert await becomes(library, "latest", NEW)
        assert library.generation > generation
        assert library.stale_seconds() is None
        assert index.loads == [NEW]

    async def test_a_release_that_is_slow_to_come_holds_up_only_the_first(self, here: Wayward, index: Wayward) -> None:
        index.loading = index.hang
        library = library_of(here, index, wait=1.0)
        await library.release("latest")
        started = time.monotonic()
        for _ in range(100):
            assert (await library.release("latest")).version == HERE
        assert time.monotonic() - started < 1.0

    async def test_an_index_that_lists_all_and_has_nothing_is_not_asked_for_everything_each_time(
        self, here: Wayward, index: Wayward
    ) -> None:
        index.versions = [f"20{year}a" for year in range(99, 110)] + [f"21{year}a" for year in range(10, 40)]
        index.loading = index.fail
        library = library_of(here, index)
        for _ in range(10):
            assert (await library.release("latest")).version == HERE
        assert len(index.loads) <= len(index.versions)

    async def test_what_is_no_longer_on_offer_is_forgotten(self, here: Wayward, index: Wayward) -> None:
        index.loading = index.fail
        library = library_of(here, index)
        await library.release("latest")
        assert library.stale_seconds() is not None
        index.versions = ["2098a"]
        await library.refresh()
        assert library.stale_seconds() is None

    async def test_when_nothing_can_be_loaded_the_error_is_that_of_the_newest(self, index: Wayward) -> None:
        index.loading = index.fail
        with pytest.raises(SourceUnreachable, match="the line is down"):
            await library_of(index).release("latest")

    async def test_a_command_waits_as_long_as_it_takes(self, here: Wayward, index: Wayward) -> None:
        index.loading = lambda _: time.sleep(2 * WAIT)
        assert (await library_of(here, index, wait=None).release("latest")).version == NEW
