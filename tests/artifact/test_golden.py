"""Digests written down: whoever changes a writer by one byte learns it here, and gives the recipe a new name.

Also how seldom bundles change: releases that give the same files give the same artifact.
"""

import gzip
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.digest import sha256_hex
from tests.artifact.plans import bundle
from tests.data.real_releases import all_package_versions, real_release

ZLIB = "1.2.13"
"""The runtime that the digests of ``tar.gz`` are of. Another one compresses in another way, under another recipe."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A request for 2026f and the sha256 of what it gives; ``zip`` is empty where the options do not fit a zip."""

    zones: tuple[str, ...]
    tar: str
    tar_gz: str
    zip: str = ""
    options: dict[str, str] = field(default_factory=dict)


GOLDEN = {
    "two zones": Golden(
        zones=("Asia/Shanghai", "Etc/UTC"),
        tar="255db8b5897e2a587f353ddb983ce35acf655e880f53248d69db3f99724885b0",
        tar_gz="bff155009c04880b85121131f61938981e2c83699f954c9a40f5f00b2c77eb4b",
        zip="b1bdcd8cdb9fa049fc2d6a0fb6d3262a7ed9d45a04bda6f5d9e2ea5891e88201",
    ),
    "prefix": Golden(
        zones=("Asia/Shanghai", "Etc/UTC"),
        options={"prefix": "usr/share/zoneinfo"},
        tar="b80b7f80bed4bea5d6b6203506a0770a578847a12b2f02a82869bb53cbb9b307",
        tar_gz="2a5f471414d63b4f9f008c2ea0d7b088e57fb52d938ffb47bb3e427a82cbd58f",
    ),
    "hard links": Golden(
        zones=("Europe/*", "country:IN"),
        options={"aliases": "all"},
        tar="0654ab20d97a6ae9f56e953ae80a8fb9dbe7161bba5a31348c16e500cad7aba6",
        tar_gz="79112cb5000bd8469abd3b1af9c1a523699a02381d21706ee5cf563afb784e37",
        zip="083731338ea5cbd3f120ddcad74d51fc985afdffa54befcb5dbd2158b4cc96ac",
    ),
    "symbolic links": Golden(
        zones=("Europe/*", "country:IN"),
        options={"aliases": "all", "links": "symbolic"},
        tar="f79b298204a68f20529d6daa72cb33d01aeb41ce0379ac5abd195d58ff7555f8",
        tar_gz="7e3a1b965633e782f8b6489308127635cc2d205316639fcb0580917304be62c3",
    ),
    "tables": Golden(
        zones=("Europe/Stockholm", "US/Pacific"),
        options={"aliases": "target", "tables": "iso3166.tab,leapseconds,tzdata.zi,zone.tab,zone1970.tab"},
        tar="f67bc9b9964a4f22b55dbdc04bbc3b986ede69ca439e9ca1e48c710bde45d0ce",
        tar_gz="318dc409f32616a937a48d147afb9bfa40609f1540b0bd50e83a01637fd1318b",
        zip="a08ddb29ed0d42a04c6848f1ee1b9344857a1be59fddc65b8c366102fa5b9fbe",
    ),
    "fat": Golden(
        zones=("Asia/Shanghai", "Etc/UTC"),
        options={"encoding": "fat"},
        tar="50cde7b5e38ab2b9462e8eab005e2a102caaab8a49390a77a165c30868df3b4b",
        tar_gz="4894e3ad0924ce2ad7756f9200373912e63ba0b3c800515b42925d31a8babd2c",
        zip="6f1791235525b3ab5b8487a7d8119bb407ebc77dec4859ca2a947046bdb3cdd4",
    ),
    "everything": Golden(
        zones=("*",),
        tar="7617ebf7d1be2c7f206dcb7e9e583f83b9c9419189198efdf9ae7a6e5ecfa823",
        tar_gz="8c4a9b5e32779b413ac787dbd963b09556d88b89e105bc4383c0a29a991149c2",
        zip="49348504509f840c9fa0c4ea24249b0feedc8e3ee701cdb78c130a5d27482d45",
    ),
}


@pytest.fixture(params=GOLDEN)
def golden(request: pytest.FixtureRequest) -> Golden:
    return GOLDEN[str(request.param)]


def written(golden: Golden, wheels_dir: Path, format: str) -> bytes:
    return bundle(golden.zones, real_release(wheels_dir, "2026.6"), format=format, **golden.options)


def test_a_tar_is_what_it_was(golden: Golden, wheels_dir: Path) -> None:
    assert sha256_hex(written(golden, wheels_dir, "tar")) == golden.tar


def test_a_tar_gz_is_what_it_was(golden: Golden, wheels_dir: Path) -> None:
    compressed = written(golden, wheels_dir, "tar.gz")
    assert sha256_hex(gzip.decompress(compressed)) == golden.tar
    if zlib.ZLIB_RUNTIME_VERSION == ZLIB:
        assert sha256_hex(compressed) == golden.tar_gz


@pytest.mark.parametrize("name", [name for name, golden in GOLDEN.items() if golden.zip])
def test_a_zip_is_what_it_was(name: str, wheels_dir: Path) -> None:
    assert sha256_hex(written(GOLDEN[name], wheels_dir, "zip")) == GOLDEN[name].zip


@pytest.mark.parametrize("format", ["tar", "zip"])
@pytest.mark.parametrize(
    ("zones", "artifacts"),
    [
        (["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"], 1),
        (["Africa/Cairo", "UTC"], 2),
        (["America/Mexico_City", "UTC"], 4),
        (["*"], 31),
    ],
    ids=["quiet", "cairo", "mexico", "everything"],
)
def test_over_33_releases_a_bundle_changes_only_when_its_zones_do(
    wheels_dir: Path, format: str, zones: list[str], artifacts: int
) -> None:
    versions = all_package_versions(wheels_dir)
    assert len(versions) == 33
    bundles = (bundle(zones, real_release(wheels_dir, version), format=format) for version in versions)
    assert len({sha256_hex(content) for content in bundles}) == artifacts
