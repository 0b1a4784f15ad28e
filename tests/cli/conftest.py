"""A package index on loopback with three releases, and a store with two of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import invoke
from tests.sources.loopback_index import LoopbackIndex, loopback_index

WHEELS = tuple(f"tzdata-{version}-py2.py3-none-any.whl" for version in ("2026.6", "2024.1", "2022.7"))


@pytest.fixture
def index(wheels_dir: Path) -> Iterator[LoopbackIndex]:
    with loopback_index({name: (wheels_dir / name).read_bytes() for name in WHEELS}) as running:
        yield running


@pytest.fixture
def data_dir(wheels_dir: Path, tmp_path: Path) -> Path:
    """Return a store with two releases, and an artifact of each in every format."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in WHEELS[1:]:
        shutil.copy(wheels_dir / name, wheels)
    data = tmp_path / "data"
    for release, ending in (("2024a", "tar"), ("2024a", "tar.gz"), ("2022g", "zip")):
        options = ("--release", release, "--wheels-dir", wheels, "--data-dir", data)
        assert invoke("extract", "Africa/Cairo", *options, "-o", tmp_path / f"x.{ending}").exit_code == 0
    return data
