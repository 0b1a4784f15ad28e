"""A store whose files were changed behind its back: never served, and repaired."""

import random
from pathlib import Path

import pytest

from app.artifact.record import Record, decode_record, encode_record, make_record
from app.builder.artifacts import ORIGIN, RECORD
from app.builder.builder import Artifact, Builder, Outcome
from app.digest import sha256_hex
from app.errors import UnknownArtifact
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.sources.directory import WheelDirectory
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from tests.builder.parts import put_wheel, spec

pytestmark = pytest.mark.anyio

SEED = 20261123


class House:
    """A builder over a store on disk, what it reported, and the files of one artifact."""

    def __init__(self, directory: Path) -> None:
        self.wheels = directory / "wheels"
        self.wheels.mkdir()
        put_wheel(self.wheels)
        self.outcomes: list[Outcome] = []
        self.store = DiskStore(directory / "store")
        self.builder = self.restarted()
        self._directory = directory / "store"

    def restarted(self) -> Builder:
        """Return a builder that has read nothing yet."""
        return Builder(
            Library([WheelDirectory(self.wheels)], ledger=Ledger(MemoryStore())),
            self.store,
            observe=lambda outcome, _: self.outcomes.append(outcome),
        )

    async def build(self) -> Artifact:
        return await self.builder.build(spec("*", format="tar.gz"))

    def file(self, folder: str, artifact: Artifact) -> Path:
        key = artifact.plan.content_key if folder == "records" else artifact.sha256
        return self._directory / folder / key[:2] / key

    def change_record(self, artifact: Artifact, **members: object) -> None:
        """Put another record in the place of the artifact's, with a right sum."""
        row = {**artifact.record.row, **members}
        record = decode_record(encode_record(Record(artifact.sha256, row)))  # type: ignore[arg-type]  # wrong on purpose
        self.store.write_note(RECORD, artifact.plan.content_key, encode_record(record))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize("folder", ["blobs", "records", "origins"])
async def test_flipped_bits_are_never_served_and_are_repaired_by_the_next_build(house: House, folder: str) -> None:
    artifact = await house.build()
    path = house.file(folder, artifact)
    whole = path.read_bytes()
    source = random.Random(SEED)
    for _ in range(10):
        changed = bytearray(whole)
        changed[source.randrange(len(whole))] ^= 1 << source.randrange(8)
        path.write_bytes(changed)
        assert (await house.build()).content == artifact.content
        assert path.read_bytes() == whole
        assert (await house.builder.find(artifact.sha256)).content == artifact.content
    assert house.outcomes == ["built"] * 11


async def test_a_flipped_bit_in_a_blob_is_repaired_by_who_looks_for_it(house: House) -> None:
    artifact = await house.build()
    path = house.file("blobs", artifact)
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    assert (await house.builder.find(artifact.sha256)).content == artifact.content
    assert path.read_bytes() == artifact.content
    assert house.outcomes == ["built", "rebuilt"]


@pytest.mark.parametrize("folder", ["blobs", "records", "origins"])
async def test_lost_files_come_back_with_the_next_build(house: House, folder: str) -> None:
    artifact = await house.build()
    path = house.file(folder, artifact)
    path.unlink()
    await house.build()
    assert path.is_file()
    assert (await house.builder.find(artifact.sha256)).content == artifact.content


async def test_a_record_filed_under_another_key_is_not_believed(house: House) -> None:
    artifact = await house.build()
    other = await house.builder.build(spec("UTC"))
    house.file("records", artifact).write_bytes(house.file("records", other).read_bytes())
    assert (await house.build()).content == artifact.content
    house.file("records", artifact).write_bytes(house.file("records", other).read_bytes())
    with pytest.raises(UnknownArtifact):
        await house.builder.find(artifact.sha256)


async def test_an_origin_that_leads_to_another_artifact_is_not_believed(house: House) -> None:
    artifact = await house.build()
    other = await house.builder.build(spec("UTC"))
    house.store.write_note(ORIGIN, artifact.sha256, other.plan.content_key.encode())
    with pytest.raises(UnknownArtifact):
        await house.builder.find(artifact.sha256)
    await house.build()
    assert (await house.builder.find(artifact.sha256)).content == artifact.content


class TestLostBytesThatCannotComeBack:
    """What comes out with other bytes is not served under the digest."""

    async def lost(self, house: House) -> Artifact:
        artifact = await house.build()
        house.file("blobs", artifact).unlink()
        house.builder = house.restarted()
        return artifact

    async def test_the_recipe_is_unknown_here(self, house: House) -> None:
        artifact = await self.lost(house)
        house.change_record(artifact, recipe="tar.1+gzip.1+zlib-0.1")
        with pytest.raises(UnknownArtifact, match=r"zlib-0\.1, which cannot be followed here"):
            await house.builder.find(artifact.sha256)

    async def test_it_comes_out_unequal(self, house: House) -> None:
        artifact = await self.lost(house)
        house.change_record(artifact, request={**artifact.record.row["request"], "zones": ["UTC"]})
        with pytest.raises(UnknownArtifact, match=r"building it again gives other bytes"):
            await house.builder.find(artifact.sha256)
        assert house.outcomes[-1] == "failed"
        assert not house.file("blobs", artifact).exists()

    async def test_its_release_is_gone(self, house: House) -> None:
        artifact = await self.lost(house)
        put_wheel(house.wheels, "2026g")
        (house.wheels / "tzdata-2026.6-py2.py3-none-any.whl").unlink()
        with pytest.raises(UnknownArtifact, match=r"release 2026f is not known here"):
            await house.builder.find(artifact.sha256)

    async def test_its_release_no_longer_has_its_zones(self, house: House) -> None:
        artifact = await self.lost(house)
        house.change_record(artifact, request={**artifact.record.row["request"], "zones": ["Europe/Atlantis"]})
        with pytest.raises(UnknownArtifact, match=r"Europe/Atlantis"):
            await house.builder.find(artifact.sha256)

    async def test_its_record_still_says_what_it_was(self, house: House) -> None:
        artifact = await self.lost(house)
        assert await house.builder.record(artifact.sha256) == artifact.record


async def test_a_record_without_its_blob_is_a_miss(house: House) -> None:
    """What a crash between two stores, or a partial copy of a directory, may leave."""
    plan = await house.builder.plan(spec("UTC"))
    record = make_record(plan, b"bytes that were never stored")
    house.store.write_note(RECORD, plan.content_key, encode_record(record))
    artifact = await house.builder.build(spec("UTC"))
    assert artifact.sha256 == sha256_hex(artifact.content) != record.sha256
