"""A thousand damages of the data directory: no other bytes are served, no pin is rewritten, no error is unexpected."""

import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from app.builder.builder import Builder
from app.builder.images import Images
from app.digest import sha256_hex
from app.errors import InvalidContent, TzdataFilterError
from app.releases.kept import KeptSource
from app.releases.ledger import Ledger
from app.releases.library import Library
from app.releases.pin import decode_pin
from app.sources.directory import WheelDirectory
from app.store.disk import DiskStore
from app.store.room import Bounds
from tests.builder.parts import put_wheel, spec
from tests.hostile.damages import Damage, damages_for, read_note, restore, snapshot
from tests.sources.wheels import TREE, small_package, write_wheel

pytestmark = pytest.mark.anyio

SEED = 20261125
RUNS, SHARDS = 1_000, 8
RELEASES = {"2025b": "2025.2", "2026f": "2026.6"}
BUNDLES = ((("Asia/Tokyo",), "zip"), (("*",), "tar.gz"))
REPOSITORY = "asia/tokyo"

Bundles: TypeAlias = dict[tuple[str, tuple[str, ...], str], bytes]
Indexes: TypeAlias = dict[tuple[str, str], bytes]


class House:
    """The program over a data directory and a directory of wheels, as it is after a start."""

    def __init__(self, data: Path, wheels: Path) -> None:
        self.store = DiskStore(data, Bounds(cache_bytes=1 << 30, set_bytes=1 << 20))
        self.ledger = Ledger(self.store)
        self.library = Library([KeptSource(self.ledger), WheelDirectory(wheels)], ledger=self.ledger)
        self.builder = Builder(self.library, self.store)
        self.images = Images(self.library, self.builder, self.store)


@dataclass(frozen=True, slots=True)
class Truth:
    """What an undamaged data directory holds.

    Attributes:
        data: The directory, which is only copied.
        outside: Another one, with other bytes for the same releases in its ledger and elsewhere.
        others: Wheels that offer other bytes for the same releases.
        bundles: (release, zones, format) → bytes.
        images: (repository, release) → the bytes of an index.
        repository: Of a set.
    """

    data: Path
    outside: Path
    others: Path
    bundles: Bundles
    images: Indexes
    repository: str


def put_other_wheel(directory: Path, iana: str, package: str) -> None:
    """Write a wheel that verifies, of a release that exists, with other bytes than its own."""
    files = small_package(iana=iana, package=package)
    files[f"{TREE}leapseconds"] = b"#expires 1\n"
    files[f"{TREE}Japan"] = files[f"{TREE}Asia/Tokyo"] = files[f"{TREE}UTC"]
    (directory / f"tzdata-{package}-py2.py3-none-any.whl").write_bytes(write_wheel(files))


@pytest.fixture(scope="module")
async def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    directory = tmp_path_factory.mktemp("truth")
    wheels, others = directory / "wheels", directory / "others"
    wheels.mkdir()
    others.mkdir()
    for iana, package in RELEASES.items():
        put_wheel(wheels, iana)
        put_other_wheel(others, iana, package)
    outside = directory / "outside"
    await fill(House(outside, others))
    bundles, images, repository = await fill(House(directory / "data", wheels))
    return Truth(directory / "data", outside, others, bundles, images, repository)


async def fill(house: House) -> tuple[Bundles, Indexes, str]:
    bundles: Bundles = {}
    images: Indexes = {}
    repository, _ = await house.images.keep_set(spec("UTC", "Japan", prefix="usr/share/zoneinfo", format="tar.gz"))
    for release in RELEASES:
        for zones, form in BUNDLES:
            bundles[release, zones, form] = (
                await house.builder.build(spec(*zones, release=release, format=form))
            ).content
        for name in (REPOSITORY, repository):
            image = await house.images.image(name, release)
            images[name, release] = image.index
    return bundles, images, repository


class Witness:
    """Asks a house for everything, and remembers what came back that should not have."""

    def __init__(self, house: House, truth: Truth) -> None:
        self._house = house
        self._truth = truth
        self.wrong: list[str] = []
        self.refused = 0
        self.served = 0

    async def ask_everything(self) -> None:
        house, truth = self._house, self._truth
        for (release, zones, form), content in truth.bundles.items():
            await self._ask(content, self._bundle(release, zones, form))
        for content in truth.bundles.values():
            await self._ask(content, self._artifact(sha256_hex(content)))
        for (repository, release), index in truth.images.items():
            await self._ask(index, self._index(repository, release))
            await self._ask(index, self._manifest(repository, sha256_hex(index)))
        for look in (house.library.listed, house.library.refresh):
            await self._ask(None, look)
        await self._ask(None, self._check)

    async def _ask(self, expected: bytes | None, ask: Callable[[], Awaitable[object]]) -> None:
        try:
            content = await ask()
        except TzdataFilterError:
            self.refused += 1
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            self.wrong.append(repr(error))
        else:
            self.served += 1
            if expected is not None and content != expected:
                self.wrong.append("other bytes")

    def _bundle(self, release: str, zones: tuple[str, ...], form: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> bytes:
            return (await self._house.builder.build(spec(*zones, release=release, format=form))).content

        return ask

    def _artifact(self, sha256: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> bytes:
            await self._house.builder.record(sha256)
            return (await self._house.builder.find(sha256)).content

        return ask

    def _index(self, repository: str, release: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> bytes:
            return (await self._house.images.image(repository, release)).index

        return ask

    def _manifest(self, repository: str, sha256: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> bytes:
            return (await self._house.images.manifest(repository, sha256))[1]

        return ask

    async def _check(self) -> None:
        self._house.library.refusals()
        self._house.store.check()


def trees(data: Path) -> dict[str, str]:
    """Return release → tree digest of all lines that can be read."""
    found = {}
    for directory, _, names in os.walk(data):  # which follows no link
        for path in (Path(directory, name) for name in names):
            is_line = path.relative_to(data).parts[0] in ("releases", "pins")
            if not is_line or path.is_symlink() or not path.is_file() or path.stat().st_size > 1 << 20:
                continue
            content = path.read_bytes()
            whole = content.startswith(sha256_hex(read_note(path)).encode() + b"\n")
            try:
                pin = decode_pin(read_note(path))
            except InvalidContent:
                continue
            if whole and pin.release == path.name:
                found[path.name] = pin.tree_digest
    return found


def choose(data: Path, source: random.Random) -> tuple[Path, str, Damage]:
    """Choose a path and what happens to it; the few lines of the ledger and the folders as often as all else."""
    everything = sorted(path for path in data.rglob("*") if path.name != "inside")
    lines = [path for path in everything if path.relative_to(data).parts[0] in ("releases", "pins")]
    folders = [path for path in everything if path.is_dir()]
    path = source.choice(source.choice([everything, lines, folders]))
    name, damage = source.choice(sorted(damages_for(path, data).items()))
    return path, name, damage


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_no_damage_lets_other_bytes_out_or_rewrites_a_pin(truth: Truth, tmp_path: Path, shard: int) -> None:
    right = trees(truth.data)
    outside = snapshot(truth.outside)
    faults: list[str] = []
    served = 0
    data = tmp_path / "data"
    data.mkdir()
    for run in range(shard, RUNS, SHARDS):
        source = random.Random(SEED + run)
        restore(data, truth.data)
        path, name, damage = choose(data, source)
        house = House(data, truth.others) if source.random() < 0.5 else None
        if house is not None:
            house.ledger.look()
        damage(path, source, truth.outside)
        what = f"{run}: {name} of {path.relative_to(data)}, {'running' if house else 'at the start'}"
        try:
            house = house or House(data, truth.others)
        except TzdataFilterError:
            continue  # it does not start, and says why
        witness = Witness(house, truth)
        await witness.ask_everything()
        served += witness.served
        faults += [f"{what}: {fault}" for fault in witness.wrong]
        if any(tree != right[release] for release, tree in trees(data).items()):
            faults.append(f"{what}: a pin was rewritten")
    assert faults == []
    assert snapshot(truth.outside) == outside, "something was followed out of the data directory and changed"
    assert served > RUNS // SHARDS * 10
