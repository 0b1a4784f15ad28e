"""Thousands of single flipped bits: no wheel loads with other content, and none raises anything unforeseen."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from app.errors import UntrustedRelease
from app.sources.wheel import load_wheel
from app.tzdb.release import Release, TzifPool
from tests.sources.wheels import DEFLATED, STORED, TREE, small_package, write_wheel

SEED = 20261123


def flip(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def loads(content: bytes, pool: TzifPool) -> Release | None:
    """Return the release, or ``None`` if it is refused; any other error is the test's failure."""
    try:
        return load_wheel(content, source="test", pool=pool)
    except UntrustedRelease:
        return None


def a_bit_of_each(places: Iterable[int]) -> Iterator[int]:
    """Yield one bit of each of the bytes at ``places``, another from byte to byte."""
    return (at * 8 + at % 8 for at in places)


def structure_of_a_member(content: bytes) -> Iterator[int]:
    """Yield every place of the headers of the archive's last member, here and in the directory, and of the end record.

    The last member is RECORD; the others have headers that are made and read like its own.
    """
    header, entry, end = (content.rindex(magic) for magic in (b"PK\3\4", b"PK\1\2", b"PK\5\6"))
    yield from range(header, header + 30 + int.from_bytes(content[header + 26 : header + 28], "little"))
    yield from range(entry, end)
    yield from range(end, len(content))


def test_no_flipped_bit_of_a_real_wheel_changes_what_loads(newest_wheel: Path) -> None:
    content = newest_wheel.read_bytes()
    pool: TzifPool = {}
    original = load_wheel(content, source="test", pool=pool)
    directory = content.index(b"PK\1\2")
    places = {
        *structure_of_a_member(content),
        *range(0, directory, directory // 100),
        *range(directory, len(content), (len(content) - directory) // 40),
    }
    results = [loads(flip(content, bit), pool) for bit in a_bit_of_each(sorted(places))]
    survived = [release for release in results if release is not None]
    assert {release.tree_digest for release in survived} <= {original.tree_digest}
    assert {release.version for release in survived} <= {original.version}
    assert {release.tables["tzdata.zi"] for release in survived} <= {original.tables["tzdata.zi"]}
    assert 0 < len(survived) < len(results) / 2


@pytest.mark.parametrize("method", [STORED, DEFLATED], ids=["stored", "deflated"])
def test_no_flipped_byte_of_a_small_wheel_changes_what_loads(method: int) -> None:
    content = write_wheel(small_package(), method=method)
    pool: TzifPool = {}
    original = load_wheel(content, source="test", pool=pool)
    for bit in a_bit_of_each(range(len(content))):
        release = loads(flip(content, bit), pool)
        assert release is None or release.tree_digest == original.tree_digest


def test_a_flipped_bit_under_a_right_record_raises_nothing_unforeseen() -> None:
    """With RECORD made again to match, content gets as far as the parsers: they refuse or accept, and never stumble."""
    files = small_package()
    paths = [path for path in files if not path.endswith("__init__.py") or path.count("/") == 1]
    source = random.Random(SEED)
    refused = 0
    for _ in range(3_000):
        path = source.choice(paths)
        if not files[path]:
            continue
        changed = flip(files[path], source.randrange(len(files[path]) * 8))
        refused += loads(write_wheel({**files, path: changed}), {}) is None
    assert refused > 1_000
    assert TREE + "Asia/Tokyo" in paths
