"""The newest real wheel, read once."""

from pathlib import Path

import pytest

NEWEST = "tzdata-2026.6-py2.py3-none-any.whl"


@pytest.fixture(scope="session")
def newest_wheel(wheels_dir: Path) -> Path:
    return wheels_dir / NEWEST
