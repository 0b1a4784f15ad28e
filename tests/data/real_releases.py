"""The real releases, each loaded once for all tests that ask.

They are asked for by the version of their package, since two packages say that they are 2021b.
"""

from functools import cache
from pathlib import Path

from app.sources.wheel import load_wheel
from app.tzdb.release import Release, TzifPool


def real_release(wheels_dir: Path, package_version: str) -> Release:
    """Return the release of a package version such as ``2026.6``; ``wheels_dir`` is the fixture."""
    return _load(wheels_dir / f"tzdata-{package_version}-py2.py3-none-any.whl")


def all_package_versions(wheels_dir: Path) -> list[str]:
    """Return the package versions of all wheels, oldest first."""
    return sorted(wheel.name.split("-")[1] for wheel in wheels_dir.glob("tzdata-*.whl"))


@cache
def _load(wheel: Path) -> Release:
    return load_wheel(wheel.read_bytes(), source="wheels", pool=_pool())


@cache
def _pool() -> TzifPool:
    return {}
