"""The builder over real wheels and stores: built once, found again, and never more work than it may take on."""

import asyncio
from pathlib import Path

import pytest

from app.artifact.spec import Spec
from app.builder.builder import Builder, Outcome
from app.digest import sha256_hex
from app.errors import Overloaded, StoreUnavailable, UnknownArtifact, UnknownRelease, UnknownZones
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.sources.directory import WheelDirectory
from app.store.base import Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from app.work.pools import make_pools
from tests.builder.parts import StoreWithDoor, put_wheel, spec

pytestmark = pytest.mark.anyio

STORE_THREADS = 4


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    directory = tmp_path / "wheels"
    directory.mkdir()
    put_wheel(directory)
    return directory


class Observed:
    """A builder and the outcomes it reported."""

    def __init__(self, wheels: Path, store: Store | None = None, *, max_wait_seconds: float | None = None) -> None:
        self.outcomes: list[Outcome] = []
        self.store = store or MemoryStore()
        self.builder = Builder(
            Library([WheelDirectory(wheels)], ledger=Ledger(MemoryStore())),
            self.store,
            observe=lambda outcome, _: self.outcomes.append(outcome),
            pools=make_pools(max_wait_seconds=max_wait_seconds),
        )


class TestBuilding:
    async def test_an_artifact_is_its_bytes(self, wheels: Path) -> None:
        artifact = await Observed(wheels).builder.build(spec("Asia/Tokyo", "UTC"))
        assert artifact.sha256 == sha256_hex(artifact.content)
        assert artifact.record.row["size"] == len(artifact.content)
        assert artifact.record.row["content_key"] == artifact.plan.content_key
        assert [entry.path for entry in artifact.plan.entries] == ["Asia/Tokyo", "UTC"]

    async def test_a_second_build_is_read_from_the_store(self, wheels: Path) -> None:
        observed = Observed(wheels)
        first, second = [await observed.builder.build(spec()) for _ in range(2)]
        assert first.content == second.content
        assert observed.outcomes == ["built", "stored"]

    async def test_the_plan_of_a_later_request_is_its_own(self, wheels: Path) -> None:
        builder = Observed(wheels).builder
        await builder.build(spec("Asia/Tokyo"))
        artifact = await builder.build(spec("country:JP"))
        assert [entry.reason for entry in artifact.plan.entries] == ["in country:JP"]
        assert [row["reason"] for row in artifact.record.row["entries"]] == ["requested"]

    async def test_releases_with_equal_files_share_an_artifact(self, wheels: Path) -> None:
        put_wheel(wheels, "2026e")
        observed = Observed(wheels)
        newer, older = [await observed.builder.build(spec(release=version)) for version in ("2026f", "2026e")]
        assert newer.sha256 == older.sha256
        assert (newer.plan.release, older.plan.release) == ("2026f", "2026e")
        assert observed.outcomes == ["built", "stored"]

    async def test_a_plan_builds_nothing(self, wheels: Path) -> None:
        observed = Observed(wheels)
        plan = await observed.builder.plan(spec(release="latest"))
        assert plan.release == "2026f"
        assert observed.outcomes == []

    async def test_errors_of_the_request_rise_untouched(self, wheels: Path) -> None:
        builder = Observed(wheels).builder
        with pytest.raises(UnknownZones):
            await builder.build(spec("Europe/Atlantis"))
        with pytest.raises(UnknownRelease):
            await builder.build(spec(release="2099a"))


class TestManyAtOnce:
    async def test_two_hundred_equal_cold_requests_are_one_build(self, wheels: Path) -> None:
        observed = Observed(wheels)
        orders = [spec("Asia/Tokyo", "UTC", "Japan"), spec("UTC", "Japan", "Asia/Tokyo", "UTC")]
        artifacts = await asyncio.gather(*(observed.builder.build(order) for order in orders * 100))
        assert len({artifact.content for artifact in artifacts}) == 1
        assert observed.outcomes.count("built") == 1
        assert set(observed.outcomes) <= {"built", "stored"}

    async def test_all_who_wait_for_one_build_get_the_very_same(self, wheels: Path) -> None:
        store = StoreWithDoor()
        observed = Observed(wheels, store)
        builds = [asyncio.create_task(observed.builder.build(spec())) for _ in range(50)]
        await store.until_someone_waits()
        store.door.set()
        artifacts = await asyncio.gather(*builds)
        assert observed.outcomes.count("built") == 1
        assert len({artifact.sha256 for artifact in artifacts}) == 1

    async def test_a_caller_who_leaves_takes_no_one_along(self, wheels: Path) -> None:
        store = StoreWithDoor()
        observed = Observed(wheels, store)
        first, second, third = [asyncio.create_task(observed.builder.build(spec())) for _ in range(3)]
        await store.until_someone_waits()
        first.cancel()
        second.cancel()
        store.door.set()
        assert (await third).sha256
        assert (first.cancelled(), second.cancelled()) == (True, True)
        assert observed.outcomes.count("built") == 1

    async def test_a_build_that_everyone_left_is_kept_all_the_same(self, wheels: Path) -> None:
        store = StoreWithDoor()
        observed = Observed(wheels, store)
        lonely = asyncio.create_task(observed.builder.build(spec()))
        await store.until_someone_waits()
        lonely.cancel()
        await asyncio.wait([lonely])
        store.door.set()
        artifact = await observed.builder.build(spec())
        assert store.read_blob(artifact.sha256) == artifact.content
        assert observed.outcomes.count("built") == 1

    async def test_whoever_waits_for_the_store_in_vain_is_told_when_to_come_back(self, wheels: Path) -> None:
        store = StoreWithDoor()
        observed = Observed(wheels, store, max_wait_seconds=0.1)
        specs = [spec("Asia/Tokyo", prefix=f"p{number}") for number in range(STORE_THREADS)]
        waiting = [asyncio.create_task(observed.builder.build(each)) for each in specs]
        await store.until_someone_waits(len(specs))
        with pytest.raises(Overloaded) as caught:
            await observed.builder.build(spec("Japan"))
        assert caught.value.facts == {"retry_after": 5}
        equal = asyncio.create_task(observed.builder.build(specs[0]))
        await asyncio.sleep(0.2)
        store.door.set()
        assert (await equal).sha256 == (await waiting[0]).sha256
        await asyncio.gather(*waiting)
        assert (await observed.builder.build(spec("Japan"))).sha256

    async def test_a_build_that_was_left_before_it_began_never_begins(self, wheels: Path) -> None:
        store = StoreWithDoor()
        observed = Observed(wheels, store)
        specs = [spec("Asia/Tokyo", prefix=f"p{number}") for number in range(STORE_THREADS + 1)]
        builds = [asyncio.create_task(observed.builder.build(each)) for each in specs[:-1]]
        await store.until_someone_waits(STORE_THREADS)
        left = asyncio.create_task(observed.builder.build(specs[-1]))
        while not observed.builder.pools.store.waiting:  # noqa: ASYNC110 - a pool tells nobody who waits in it
            await asyncio.sleep(0.01)
        left.cancel()
        await asyncio.wait([left])
        store.door.set()
        await asyncio.gather(*builds)
        assert observed.outcomes.count("built") == STORE_THREADS
        assert (await observed.builder.build(specs[-1])).sha256
        assert observed.outcomes.count("built") == STORE_THREADS + 1


class TestFinding:
    async def test_an_artifact_is_found_by_its_digest(self, wheels: Path) -> None:
        builder = Observed(wheels).builder
        artifact = await builder.build(spec())
        found = await builder.find(artifact.sha256)
        assert (found.content, found.record) == (artifact.content, artifact.record)
        assert await builder.record(artifact.sha256) == artifact.record

    @pytest.mark.parametrize("sha256", [sha256_hex(b"never built"), "", "x", "../x", "A" * 64])
    async def test_what_was_never_built_is_unknown(self, wheels: Path, sha256: str) -> None:
        builder = Observed(wheels).builder
        with pytest.raises(UnknownArtifact):
            await builder.find(sha256)
        with pytest.raises(UnknownArtifact):
            await builder.record(sha256)

    @pytest.mark.parametrize("format", ["tar", "tar.gz", "zip"])
    async def test_lost_bytes_are_built_again_and_kept(self, wheels: Path, tmp_path: Path, format: str) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        artifact = await observed.builder.build(spec("*", format=format))
        lose_blob(tmp_path, artifact.sha256)
        found = await observed.builder.find(artifact.sha256)
        assert found.content == artifact.content
        assert observed.outcomes == ["built", "rebuilt"]
        assert observed.store.read_blob(artifact.sha256) == artifact.content

    async def test_many_who_look_for_lost_bytes_share_one_build(self, wheels: Path, tmp_path: Path) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        artifact = await observed.builder.build(spec())
        lose_blob(tmp_path, artifact.sha256)
        found = await asyncio.gather(*(observed.builder.find(artifact.sha256) for _ in range(50)))
        assert {each.content for each in found} == {artifact.content}
        assert observed.outcomes.count("rebuilt") < 50

    async def test_options_are_remembered_for_building_again(self, wheels: Path, tmp_path: Path) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        asked = spec("Japan", aliases="all", links="symbolic", tables="zone.tab,tzdata.zi", prefix="usr/share/zoneinfo")
        artifact = await observed.builder.build(asked)
        lose_blob(tmp_path, artifact.sha256)
        assert (await observed.builder.find(artifact.sha256)).content == artifact.content


def lose_blob(tmp_path: Path, sha256: str) -> None:
    (tmp_path / "store" / "blobs" / sha256[:2] / sha256).unlink()


class TestStoresThatFail:
    async def test_the_caller_gets_the_bytes_when_nothing_can_be_written(self, wheels: Path, tmp_path: Path) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        (tmp_path / "store" / "temporary").rmdir()
        (tmp_path / "store" / "temporary").write_bytes(b"")
        for _ in range(2):
            artifact = await observed.builder.build(spec())
            assert sha256_hex(artifact.content) == artifact.sha256
        assert observed.outcomes == ["unkept", "unkept"]

    async def test_the_caller_gets_the_bytes_when_nothing_can_be_read(self, wheels: Path, tmp_path: Path) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        for folder in ("blobs", "records", "origins"):
            (tmp_path / "store" / folder).write_bytes(b"")
        artifact = await observed.builder.build(spec())
        assert sha256_hex(artifact.content) == artifact.sha256
        assert observed.outcomes == ["unkept"]
        with pytest.raises(StoreUnavailable):
            await observed.builder.find(artifact.sha256)

    async def test_lost_bytes_are_served_even_if_they_cannot_be_kept(self, wheels: Path, tmp_path: Path) -> None:
        observed = Observed(wheels, DiskStore(tmp_path / "store"))
        artifact = await observed.builder.build(spec())
        lose_blob(tmp_path, artifact.sha256)
        (tmp_path / "store" / "temporary").rmdir()
        (tmp_path / "store" / "temporary").write_bytes(b"")
        assert (await observed.builder.find(artifact.sha256)).content == artifact.content


async def test_specs_of_one_set_have_one_content_key(wheels: Path) -> None:
    builder = Observed(wheels).builder
    specs: list[Spec] = [spec("UTC", "Japan"), spec("Japan", "UTC"), spec("Japan", "UTC", "Japan", release="latest")]
    assert len({(await builder.plan(each)).content_key for each in specs}) == 1
