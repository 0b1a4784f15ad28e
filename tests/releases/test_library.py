"""The library over real wheels: what is offered, what is loaded once, what is refused and when again."""

import asyncio
import itertools
from pathlib import Path

import anyio
import pytest

from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.releases.loader import Refusal
from app.sources.base import Source
from app.sources.directory import WheelDirectory
from app.sources.installed import InstalledSource
from app.store.memory import MemoryStore
from tests.builder.parts import CountedSource, put_wheel

pytestmark = pytest.mark.anyio

BROKEN = "tzdata-2026.6-py2.py3-none-any.whl: 'tzdata/zoneinfo/Japan' differs from its sha256 in RECORD"


def library_of(*sources: Source | Path) -> Library:
    places = [WheelDirectory(source) if isinstance(source, Path) else source for source in sources]
    return Library(places, ledger=Ledger(MemoryStore()))


class TestLatest:
    async def test_it_is_the_newest(self, tmp_path: Path) -> None:
        for iana in ("2025b", "2026f", "2026e"):
            put_wheel(tmp_path, iana)
        library = library_of(tmp_path)
        assert (await library.release("latest")).version == "2026f"
        assert library.versions() == ["2026f", "2026e", "2025b"]

    async def test_it_falls_to_the_next_when_the_newest_does_not_verify(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, "2026f", broken=True)
        put_wheel(tmp_path, "2026e")
        library = library_of(tmp_path)
        assert (await library.release("latest")).version == "2026e"
        assert library.refusals() == [Refusal("wheels", "2026f", BROKEN)]

    async def test_a_refused_release_is_not_served_under_its_name_either(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, broken=True)
        put_wheel(tmp_path, "2026e")
        library = library_of(tmp_path)
        for _ in range(2):
            with pytest.raises(UntrustedRelease) as caught:
                await library.release("2026f")
            assert caught.value.detail == BROKEN

    async def test_without_any_release_it_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownRelease, match=r"there is no release at all"):
            await library_of(tmp_path).release("latest")
        put_wheel(tmp_path, broken=True)
        with pytest.raises(UnknownRelease, match=r"there is no release at all"):
            await library_of(tmp_path).release("latest")


class TestUnknownReleases:
    async def test_the_nearest_are_named(self, tmp_path: Path) -> None:
        for iana in ("2020a", "2024b", "2026a", "2026e", "2026f"):
            put_wheel(tmp_path, iana)
        with pytest.raises(UnknownRelease) as caught:
            await library_of(tmp_path).release("2026g")
        assert caught.value.facts == {"release": "2026g", "suggestions": ["2026f", "2026e", "2026a"]}
        assert caught.value.detail == "release 2026g is not known here; the nearest are 2026f, 2026e, 2026a"

    async def test_the_nearest_are_counted_in_releases_also_after_z(self, tmp_path: Path) -> None:
        for iana, package in (("2026a", "2026.1"), ("2026y", "2026.25"), ("2026z", "2026.26"), ("2026za", "2026.27")):
            put_wheel(tmp_path, iana, package=package)
        with pytest.raises(UnknownRelease) as caught:
            await library_of(tmp_path).release("2026zb")
        assert caught.value.facts["suggestions"] == ["2026za", "2026z", "2026y"]

    async def test_with_none_at_all_none_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownRelease) as caught:
            await library_of(tmp_path).release("2026g")
        assert caught.value.facts["suggestions"] == []

    async def test_a_wheel_that_came_meanwhile_is_found_by_asking_for_it(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, "2026e")
        library = library_of(tmp_path)
        await library.refresh()
        put_wheel(tmp_path, "2026f")
        with anyio.fail_after(30):
            while True:
                try:
                    assert (await library.release("2026f")).version == "2026f"
                    break
                except UnknownRelease:
                    await asyncio.sleep(0.1)

    async def test_asking_over_and_over_does_not_look_each_time(self, tmp_path: Path) -> None:
        put_wheel(tmp_path)
        source = CountedSource(WheelDirectory(tmp_path))
        library = library_of(source)
        for _ in range(200):
            with pytest.raises(UnknownRelease):
                await library.release("2099a")
        assert source.looks < 100
        assert source.loads == []


class TestLoadingOnce:
    async def test_however_many_ask_one_load_runs(self, tmp_path: Path) -> None:
        put_wheel(tmp_path)
        source = CountedSource(WheelDirectory(tmp_path))
        library = library_of(source)
        releases = await asyncio.gather(*(library.release(choice) for choice in ["2026f", "latest"] * 100))
        assert {id(release) for release in releases} == {id(releases[0])}
        assert source.loads == ["2026f"]
        assert source.looks == 1

    async def test_however_many_ask_a_broken_one_is_read_once(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, broken=True)
        source = CountedSource(WheelDirectory(tmp_path))
        library = library_of(source)
        results = await asyncio.gather(*(library.release("2026f") for _ in range(100)), return_exceptions=True)
        assert {type(result) for result in results} == {UntrustedRelease}
        assert source.loads == ["2026f"]

    async def test_releases_share_equal_files(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, "2026e")
        put_wheel(tmp_path, "2026f")
        newer, older = await library_of(tmp_path).newest(9)
        assert (newer.version, older.version) == ("2026f", "2026e")
        assert newer.files["Japan"] is older.files["Asia/Tokyo"]

    async def test_all_releases_leaves_out_what_is_refused(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, "2026e")
        put_wheel(tmp_path, "2026f", broken=True)
        library = library_of(tmp_path)
        assert [release.version for release in await library.newest(9)] == ["2026e"]
        assert [refusal.release for refusal in library.refusals()] == ["2026f"]


class TestChanges:
    async def test_a_loaded_release_stays_as_it_was(self, tmp_path: Path) -> None:
        path = put_wheel(tmp_path)
        library = library_of(tmp_path)
        before = await library.release("2026f")
        put_wheel(tmp_path, broken=True)
        await library.refresh()
        assert await library.release("2026f") is before
        path.unlink()
        await library.refresh()
        assert await library.release("2026f") is before
        assert library.versions() == ["2026f"]

    async def test_a_refused_release_gets_another_chance_once_its_file_changed(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, broken=True)
        put_wheel(tmp_path, "2026e")
        library = library_of(tmp_path)
        assert (await library.release("latest")).version == "2026e"
        put_wheel(tmp_path)
        generation = library.generation
        await library.refresh()
        assert library.generation > generation
        assert (await library.release("latest")).version == "2026f"
        assert library.refusals() == []

    async def test_a_refused_release_is_not_read_again_while_nothing_changed(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, broken=True)
        source = CountedSource(WheelDirectory(tmp_path))
        library = library_of(source)
        for _ in range(3):
            await library.refresh()
            with pytest.raises(UntrustedRelease):
                await library.release("2026f")
        assert source.loads == ["2026f"]

    async def test_the_generation_grows_with_changes_and_only_with_them(self, tmp_path: Path) -> None:
        library = library_of(tmp_path)
        generations = [library.generation]

        async def look() -> None:
            await library.refresh()
            await library.refresh()
            generations.append(library.generation)

        put_wheel(tmp_path, "2026e")
        await look()
        await look()
        path = put_wheel(tmp_path, "2026f", broken=True)
        await look()
        assert (await library.release("latest")).version == "2026e"
        generations.append(library.generation)
        path.unlink()
        await look()
        (tmp_path / "tzdata-half.whl").write_bytes(b"half")
        await look()
        steps = [after - before for before, after in itertools.pairwise(generations)]
        assert steps == [1, 0, 1, 1, 1, 1]

    async def test_what_cannot_be_named_is_listed_with_its_reason(self, tmp_path: Path) -> None:
        (tmp_path / "tzdata-half.whl").write_bytes(b"half")
        library = library_of(tmp_path)
        await library.refresh()
        (refusal,) = library.refusals()
        assert (refusal.source, refusal.release) == ("wheels", "tzdata-half.whl")
        assert "not a readable wheel" in refusal.reason


class TestSourcesThatGoAway:
    async def test_what_they_offered_stays_known(self, tmp_path: Path) -> None:
        directory = tmp_path / "wheels"
        directory.mkdir()
        put_wheel(directory, "2026e")
        put_wheel(directory, "2026f")
        (directory / "tzdata-half.whl").write_bytes(b"half")
        library = library_of(directory)
        loaded = await library.release("2026f")
        generation, refusals = library.generation, library.refusals()
        directory.rename(tmp_path / "away")
        await library.refresh()
        assert library.versions() == ["2026f", "2026e"]
        assert library.refusals() == refusals
        # Answers about channels now tell how old the list is.
        assert library.generation == generation + 1
        assert await library.release("2026f") is loaded
        with pytest.raises(SourceUnreachable):
            await library.release("2026e")
        (tmp_path / "away").rename(directory)
        assert (await library.release("2026e")).version == "2026e"

    async def test_the_others_go_on(self, tmp_path: Path) -> None:
        put_wheel(tmp_path)
        library = library_of(tmp_path / "nowhere", tmp_path)
        assert (await library.release("latest")).version == "2026f"


class TestSeveralSources:
    async def test_the_earlier_counts(self, tmp_path: Path) -> None:
        for name, package in (("one", "2026.6"), ("two", "2026.6.1")):
            (tmp_path / name).mkdir()
            put_wheel(tmp_path / name, package=package)
        release = await library_of(tmp_path / "one", tmp_path / "two").release("2026f")
        assert release.origin.package_version == "2026.6"

    async def test_their_releases_come_together(self, tmp_path: Path) -> None:
        put_wheel(tmp_path, "2001a")
        library = library_of(tmp_path, InstalledSource())
        sources = [release.origin.source for release in await library.newest(9)]
        assert sources == ["installed", "wheels"]
