"""What is particular to the store on disk: its files, and what may be wrong with them."""

import os
import shutil
import time
from pathlib import Path

import pytest

from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.files.below import ASIDE_LENGTH
from app.store.base import NoteKind
from app.store.disk import STALE_SECONDS, DiskStore
from tests.faults.children import run
from tests.hostile.damages import STRANGER

CONTENT = b"the content of a blob"
HEX = sha256_hex(CONTENT)
RECORD, ORIGIN, RELEASE = NoteKind("record"), NoteKind("origin"), NoteKind("release")


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    store = DiskStore(tmp_path)
    store.write_blob(HEX, CONTENT)
    store.write_note(RECORD, HEX, b"note")
    return store


def test_values_lie_where_the_layout_says(store: DiskStore, tmp_path: Path) -> None:
    assert (tmp_path / "blobs" / HEX[:2] / HEX).read_bytes() == CONTENT
    assert (tmp_path / "records" / HEX[:2] / HEX).read_bytes() == sha256_hex(b"note").encode() + b"\nnote"
    store.write_note(ORIGIN, HEX, b"origin")
    assert (tmp_path / "origins" / HEX[:2] / HEX).is_file()


def test_values_survive_the_program(store: DiskStore, tmp_path: Path) -> None:
    assert store is not (again := DiskStore(tmp_path))
    assert (again.read_blob(HEX), again.read_note(RECORD, HEX)) == (CONTENT, b"note")


def test_nothing_stays_in_the_temporary_directory(store: DiskStore, tmp_path: Path) -> None:
    store.check()
    assert [*(tmp_path / "temporary").iterdir()] == []


class TestDamage:
    @pytest.mark.parametrize("folder", ["blobs", "records"])
    def test_each_flipped_bit_makes_a_value_absent(self, store: DiskStore, tmp_path: Path, folder: str) -> None:
        path = tmp_path / folder / HEX[:2] / HEX
        whole = path.read_bytes()
        for bit in range(len(whole) * 8):
            changed = bytearray(whole)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(changed)
            value = store.read_blob(HEX) if folder == "blobs" else store.read_note(RECORD, HEX)
            assert value is None

    @pytest.mark.parametrize("folder", ["blobs", "records"])
    def test_each_cut_makes_a_value_absent(self, store: DiskStore, tmp_path: Path, folder: str) -> None:
        path = tmp_path / folder / HEX[:2] / HEX
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            value = store.read_blob(HEX) if folder == "blobs" else store.read_note(RECORD, HEX)
            assert value is None

    def test_writing_again_repairs(self, store: DiskStore, tmp_path: Path) -> None:
        for folder in ("blobs", "records"):
            (tmp_path / folder / HEX[:2] / HEX).write_bytes(b"damaged")
        store.write_blob(HEX, CONTENT)
        store.write_note(RECORD, HEX, b"note")
        assert (store.read_blob(HEX), store.read_note(RECORD, HEX)) == (CONTENT, b"note")

    def test_a_dangling_link_is_absent_and_repaired(self, store: DiskStore, tmp_path: Path) -> None:
        path = tmp_path / "blobs" / HEX[:2] / HEX
        path.unlink()
        path.symlink_to("nowhere")
        assert store.read_blob(HEX) is None
        store.write_blob(HEX, CONTENT)
        assert store.read_blob(HEX) == CONTENT
        assert not path.is_symlink()

    def test_a_link_to_what_no_one_can_read_is_absent_and_repaired(self, store: DiskStore, tmp_path: Path) -> None:
        path = tmp_path / "blobs" / HEX[:2] / HEX
        path.unlink()
        path.symlink_to("/proc/self/mem")  # opens, and fails with an input/output error
        assert store.read_blob(HEX) is None
        store.write_blob(HEX, CONTENT)
        assert store.read_blob(HEX) == CONTENT


class TestLeftovers:
    def leave(self, tmp_path: Path, *, age: float, name: str = "0" * ASIDE_LENGTH) -> Path:
        path = tmp_path / "temporary" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half of a blob")
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def test_old_ones_are_removed_at_the_start(self, tmp_path: Path) -> None:
        path = self.leave(tmp_path, age=STALE_SECONDS + 60)
        DiskStore(tmp_path)
        assert not path.exists()

    def test_young_ones_may_be_another_processs_work(self, tmp_path: Path) -> None:
        path = self.leave(tmp_path, age=STALE_SECONDS - 60)
        DiskStore(tmp_path)
        assert path.exists()

    @pytest.mark.parametrize("what", ["name", "link", "fifo", "owner"])
    def test_what_this_program_did_not_leave_stays(self, tmp_path: Path, what: str) -> None:
        outside = tmp_path / "outside"
        outside.write_bytes(b"outside")
        os.utime(outside, (0, 0))
        path = self.leave(tmp_path, age=0, name="notes.txt" if what == "name" else "0" * ASIDE_LENGTH)
        if what in ("link", "fifo"):
            path.unlink()
            os.mkfifo(path) if what == "fifo" else path.symlink_to(outside)
        elif what == "owner" and os.geteuid() == 0:
            os.chown(path, STRANGER, -1)
        os.utime(path, (0, 0) if what != "owner" or os.geteuid() == 0 else None, follow_symlinks=False)
        DiskStore(tmp_path)
        assert path.is_symlink() or path.exists()
        assert outside.exists()

    def test_what_cannot_be_removed_keeps_no_one_from_starting(self, tmp_path: Path) -> None:
        path = self.leave(tmp_path, age=0)
        path.unlink()
        path.mkdir()
        os.utime(path, (0, 0))
        DiskStore(tmp_path).check()


class TestPlacesThatCannotBeUsed:
    """A file in the place of a directory stops even root, whom no permission stops."""

    def test_a_file_in_the_place_of_the_store(self, tmp_path: Path) -> None:
        (tmp_path / "store").write_bytes(b"")
        with pytest.raises(StoreUnavailable):
            DiskStore(tmp_path / "store")

    def test_a_file_in_the_place_of_the_temporary_directory(self, store: DiskStore, tmp_path: Path) -> None:
        (tmp_path / "temporary").rmdir()
        (tmp_path / "temporary").write_bytes(b"")
        for write in (
            store.check,
            lambda: store.write_blob(HEX, CONTENT),
            lambda: store.write_note(RECORD, HEX, b""),
        ):
            with pytest.raises(StoreUnavailable):
                write()
        assert store.read_blob(HEX) == CONTENT

    def test_a_file_in_the_place_of_a_folder(self, tmp_path: Path) -> None:
        store = DiskStore(tmp_path)
        (tmp_path / "blobs").write_bytes(b"")
        with pytest.raises(StoreUnavailable):
            store.write_blob(HEX, CONTENT)
        with pytest.raises(StoreUnavailable):
            store.read_blob(HEX)
        assert [*(tmp_path / "temporary").iterdir()] == []

    def test_a_store_that_was_emptied_under_the_program_is_made_again(self, store: DiskStore, tmp_path: Path) -> None:
        for path in tmp_path.iterdir():
            shutil.rmtree(path)
        store.check()
        store.write_blob(HEX, CONTENT)
        assert store.read_blob(HEX) == CONTENT


_PRINT_FLUSHED = """
import os, sys
from pathlib import Path
from app.digest import sha256_hex
from app.store.disk import DiskStore
root = Path(sys.argv[1])
flush = os.fsync
os.fsync = lambda descriptor: (print(os.readlink(f"/proc/self/fd/{descriptor}")), flush(descriptor))
DiskStore(root / "store").write_blob(sha256_hex(b"blob"), b"blob")
"""


def test_each_new_directory_is_flushed_into_the_one_above(tmp_path: Path) -> None:
    """A file whose directory is forgotten by a crash is as lost as one that was never written."""
    flushed = run(_PRINT_FLUSHED, tmp_path)
    shard = tmp_path / "store" / "blobs" / sha256_hex(b"blob")[:2]
    made = {tmp_path, tmp_path / "store", tmp_path / "store" / "blobs", shard}
    assert set(map(str, made)) <= set(flushed.splitlines())
