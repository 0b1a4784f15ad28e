"""The room on a disk: counted, bounded, and some of it kept free."""

import time
from pathlib import Path

import pytest

from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.store.base import NoteKind
from app.store.disk import DiskStore
from app.store.room import BLOCK_BYTES, Bounds, count_files
from tests.faults.children import run_on_full_disk

RECORD, RELEASE, SET = NoteKind("record"), NoteKind("release"), NoteKind("set")
ENDLESS = 1 << 60


def keep(store: DiskStore, number: int, *, lasting: bool = False) -> None:
    content = b"%d" % number
    store.write_blob(sha256_hex(content), content, lasting=lasting)


def until_counted(store: DiskStore, cache_bytes: int) -> None:
    """Wait until the store has counted what lies in its directory."""
    deadline = time.monotonic() + 10
    while store.usage().cache_bytes != cache_bytes:
        assert time.monotonic() < deadline, store.usage()
        time.sleep(0.01)


def test_at_the_bound_nothing_more_is_kept_and_the_setting_is_named(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, Bounds(cache_bytes=3 * BLOCK_BYTES, set_bytes=BLOCK_BYTES))
    for number in range(3):
        keep(store, number)
    assert store.usage().shortage is None
    with pytest.raises(StoreUnavailable, match="TZDATA_FILTER_DISK_STORE_BYTES"):
        keep(store, 3)
    with pytest.raises(StoreUnavailable, match="TZDATA_FILTER_DISK_STORE_BYTES"):
        store.write_note(RECORD, "a", b"note")
    assert "TZDATA_FILTER_DISK_STORE_BYTES" in (store.usage().shortage or "")
    store.write_note(SET, "a", b"set")
    with pytest.raises(StoreUnavailable, match="TZDATA_FILTER_DISK_SET_BYTES"):
        store.write_note(SET, "b", b"set")
    assert (store.usage().cache_bytes, store.usage().set_bytes) == (3 * BLOCK_BYTES, BLOCK_BYTES)
    store.check()


def test_releases_and_their_wheels_always_find_room(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, Bounds(cache_bytes=0, set_bytes=0, reserve_bytes=ENDLESS))
    store.write_note(RELEASE, "2026f", b"line")
    assert store.add_note(RELEASE, "2026e", b"line")
    keep(store, 1, lasting=True)
    with pytest.raises(StoreUnavailable):
        keep(store, 2)


def test_what_others_must_have_free_is_looked_at_before_a_write(tmp_path: Path) -> None:
    """No disk here has less than an eighth of it free, or the test would say so."""
    free = DiskStore(tmp_path, Bounds(cache_bytes=ENDLESS, reserve_bytes=1))
    keep(free, 1)
    assert free.usage().shortage is None


def test_what_is_written_again_takes_its_room_once(tmp_path: Path) -> None:
    store = DiskStore(tmp_path, Bounds(cache_bytes=ENDLESS))
    for size in (1, BLOCK_BYTES + 1, 1):
        store.write_note(RECORD, "a", bytes(size))
    until_counted(store, BLOCK_BYTES)


def test_what_lies_in_the_directory_is_counted_after_a_start(tmp_path: Path) -> None:
    before = DiskStore(tmp_path)
    for number in range(5):
        keep(before, number)
    store = DiskStore(tmp_path, Bounds(cache_bytes=5 * BLOCK_BYTES))
    store.check()
    until_counted(store, 5 * BLOCK_BYTES)
    with pytest.raises(StoreUnavailable):
        keep(store, 5)


def test_counting_follows_no_link_and_minds_no_hole(tmp_path: Path) -> None:
    (tmp_path / "blobs").symlink_to("/usr")
    assert count_files(tmp_path) == {}
    assert count_files(tmp_path / "nothing") == {}


_FILL_WITH_A_RESERVE = """
import os, sys
from pathlib import Path
from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.store.disk import DiskStore
from app.store.room import Bounds

store = DiskStore(Path(sys.argv[1]), Bounds(reserve_bytes=1 << 30))
for number in range(200):
    content = os.urandom(900 + 50 * number)
    try:
        store.write_blob(sha256_hex(content), content)
    except StoreUnavailable as error:
        print(error.detail)
        break
store.add_note("release", "2026f", b"line")
store.check()
"""


def test_the_cache_leaves_the_reserve_to_others_and_to_releases(tmp_path: Path) -> None:
    said = run_on_full_disk(_FILL_WITH_A_RESERVE, tmp_path)
    # Where nobody may mount a small disk, files may not grow instead, which no look at the disk foretells.
    assert "TZDATA_FILTER_DISK_RESERVE_BYTES keeps free" in said or "File too large" in said
