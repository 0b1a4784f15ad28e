"""Thousands of single flipped bits: no wheel loads with other content, and none raises anything unforeseen."""

import random
from collections.abc import Iterator
from pathlib import Path

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


def random_bits(size: int, count: int, *, start: int = 0) -> Iterator[int]:
    source = random.Random(SEED)
    return (source.randrange(start * 8, size * 8) for _ in range(count))


def test_no_flipped_bit_of_a_real_wheel_changes_what_loads(newest_wheel: Path) -> None:
    content = newest_wheel.read_bytes()
    pool: TzifPool = {}
    original = load_wheel(content, source="test", pool=pool)
    directory = content.index(b"PK\1\2")
    bits = [*random_bits(len(content), 1_000), *random_bits(len(content), 1_000, start=directory)]
    results = [loads(flip(content, bit), pool) for bit in bits]
    survived = [release for release in results if release is not None]
    assert {release.tree_digest for release in survived} <= {original.tree_digest}
    assert {release.version for release in survived} <= {original.version}
    assert {release.tables["tzdata.zi"] for release in survived} <= {original.tables["tzdata.zi"]}
    assert len(survived) < len(results) / 2


def test_no_flipped_bit_of_a_small_wheel_changes_what_loads() -> None:
    for method in (STORED, DEFLATED):
        content = write_wheel(small_package(), method=method)
        pool: TzifPool = {}
        original = load_wheel(content, source="test", pool=pool)
        for bit in random_bits(len(content), 4_000):
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
