"""What every source promises, sentence by sentence of ``Source``."""

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.base import Source
from app.sources.directory import WheelDirectory
from app.sources.installed import InstalledSource
from app.sources.tree import TreeSource
from app.tzdb.release import TzifPool
from tests.sources.wheels import RECORD, TREE, encode_record, small_package, unpack_package, write_wheel

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """A source and how to put a package where it looks: the files, and those that its RECORD promises."""

    source: Source
    put: Callable[[Files, Files], None]


def wheels_place(directory: Path) -> Place:
    wheel = directory / "tzdata-2026.6-py2.py3-none-any.whl"
    return Place(
        WheelDirectory(directory),
        lambda files, promised: _ignore(wheel.write_bytes(write_wheel(files, record=encode_record(promised)))),
    )


def tree_place(directory: Path) -> Place:
    (directory / "tzdata" / "zoneinfo").mkdir(parents=True)
    return Place(TreeSource(directory), lambda files, _: _ignore(unpack_package(files, directory)))


def installed_place(directory: Path) -> Place:
    def put(files: Files, promised: Files) -> None:
        unpack_package({**files, RECORD: encode_record(promised)}, directory)

    return Place(InstalledSource(), put)


def _ignore(_: object) -> None:
    return None


@pytest.fixture(params=["wheels", "tree", "installed"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "wheels":
        return wheels_place(tmp_path)
    if request.param == "tree":
        return tree_place(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return installed_place(tmp_path)


@pytest.fixture
def source(place: Place) -> Source:
    """A source that has the small package."""
    place.put(small_package(), small_package())
    return place.source


def test_its_name_is_one_short_word(source: Source) -> None:
    assert source.name.isalpha()
    assert source.name.islower()


def test_it_offers_the_iana_name_of_what_is_there(source: Source) -> None:
    offers = source.offers()
    assert (offers.releases, offers.refused) == (frozenset({"2026f"}), {})
    assert source.offers() == offers


def test_what_is_offered_loads_whole_and_says_where_it_is_from(source: Source) -> None:
    release = source.load("2026f", {}).release
    assert release.version == "2026f"
    assert [*release.files] == ["Asia/Tokyo", "Etc/UTC", "Japan", "UTC"]
    assert release.links == {"Japan": "Asia/Tokyo", "UTC": "Etc/UTC"}
    assert release.origin.source == source.name
    assert release.origin.verified


def test_it_loads_without_being_asked_for_offers_first(place: Place) -> None:
    place.put(small_package(), small_package())
    assert place.source.load("2026f", {}).release.version == "2026f"


def test_equal_files_are_shared_through_the_pool(source: Source) -> None:
    pool: TzifPool = {}
    first, second = source.load("2026f", pool).release, source.load("2026f", pool).release
    assert len(pool) == 2
    assert all(first.files[name] is second.files[name] for name in first.files)


def test_loads_in_many_threads_are_equal(source: Source) -> None:
    pool: TzifPool = {}
    digests: list[str] = []
    threads = [
        threading.Thread(target=lambda: digests.append(source.load("2026f", pool).release.tree_digest))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 8
    assert len(set(digests)) == 1


@pytest.mark.parametrize("version", ["2026e", "1999a", "latest", "", "../2026f", "2026f/", "2026F"])
def test_what_is_not_offered_is_unknown(source: Source, version: str) -> None:
    with pytest.raises(UnknownRelease) as caught:
        source.load(version, {})
    assert caught.value.facts["release"] == version


def test_content_that_does_not_verify_is_refused_with_a_reason(place: Place) -> None:
    """The one place where sources differ: a tree has no sums, but every source finds a Link unlike its Zone."""
    files = small_package()
    place.put({**files, f"{TREE}Japan": files[f"{TREE}UTC"]}, files)
    assert place.source.offers().releases == {"2026f"}
    with pytest.raises(UntrustedRelease) as caught:
        place.source.load("2026f", {})
    assert "Japan" in caught.value.detail


def test_a_zone_that_is_none_is_refused_though_promised(place: Place) -> None:
    files = {**small_package(), f"{TREE}Asia/Tokyo": b"TZif2 and no more"}
    place.put(files, files)
    with pytest.raises(UntrustedRelease, match=r"Asia/Tokyo"):
        place.source.load("2026f", {})


def test_a_place_without_any_release_offers_none(place: Place) -> None:
    if place.source.name == "installed":  # what lies behind this directory on the import path is really installed
        assert len(place.source.offers().releases) == 1
        return
    assert place.source.offers().releases == frozenset()


def test_only_errors_of_the_contract_are_raised_where_nothing_is_as_it_should(place: Place, tmp_path: Path) -> None:
    place.put(small_package(), small_package())
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        if path.is_file():
            path.write_bytes(b"\xff\0damaged")
            _use(place.source)
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
            path.mkdir()
            _use(place.source)


def _use(source: Source) -> None:
    with contextlib.suppress(SourceUnreachable):
        source.offers()
    with contextlib.suppress(UnknownRelease, UntrustedRelease, SourceUnreachable):
        source.load("2026f", {})
