"""What the store on disk does about files and folders that are something else than it wrote."""

import os
import random
import re
from pathlib import Path

import pytest

from app.digest import sha256_hex
from app.errors import DamagedNote, StoreUnavailable
from app.store.base import LASTING, NoteKind
from app.store.disk import DiskStore
from tests.hostile.damages import STRANGER, give_away, make_socket, snapshot

CONTENT = b"the content of a blob"
HEX = sha256_hex(CONTENT)
RECORD, ORIGIN, RELEASE = NoteKind("record"), NoteKind("origin"), NoteKind("release")


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    store = DiskStore(tmp_path)
    store.write_blob(HEX, CONTENT)
    store.write_note(RECORD, HEX, b"note")
    return store


class TestFilesThatAreSomethingElse:
    @pytest.mark.parametrize("kind", sorted(LASTING))
    @pytest.mark.parametrize(
        "damage", ["flipped", "cut", "empty", "directory", "fifo", "link", "loop", "huge", "socket"]
    )
    def test_a_lasting_note_that_is_damaged_is_never_absent(
        self, store: DiskStore, tmp_path: Path, kind: NoteKind, damage: str
    ) -> None:
        store.write_note(kind, HEX, b"note")
        path = Path(store.place(kind, HEX))
        break_file(path, damage, outside=tmp_path / "outside")
        with pytest.raises(DamagedNote, match=re.escape(str(path))):
            store.read_note(kind, HEX)
        assert not store.add_note(kind, HEX, b"other")
        assert store.note_keys(kind) == [HEX]

    @pytest.mark.parametrize(
        "damage", ["flipped", "cut", "empty", "directory", "fifo", "link", "loop", "huge", "socket"]
    )
    @pytest.mark.parametrize("folder", ["blobs", "records"])
    def test_whatever_is_in_the_place_of_other_values_is_absent_and_repaired(
        self, store: DiskStore, tmp_path: Path, folder: str, damage: str
    ) -> None:
        path = tmp_path / folder / HEX[:2] / HEX
        whole = path.read_bytes()
        break_file(path, damage, outside=tmp_path / "outside")
        assert (store.read_blob(HEX) if folder == "blobs" else store.read_note(RECORD, HEX)) is None
        store.write_blob(HEX, CONTENT)
        store.write_note(RECORD, HEX, b"note")
        assert path.read_bytes() == whole
        assert not path.is_symlink()

    def test_a_directory_with_something_in_it_stays_and_the_value_is_not_kept(
        self, store: DiskStore, tmp_path: Path
    ) -> None:
        path = tmp_path / "blobs" / HEX[:2] / HEX
        path.unlink()
        (path / "inside").mkdir(parents=True)
        with pytest.raises(StoreUnavailable, match="Directory not empty"):
            store.write_blob(HEX, CONTENT)
        assert store.read_blob(HEX) is None
        assert [*(tmp_path / "temporary").iterdir()] == []

    def test_a_file_of_another_user_is_not_read_unless_the_directory_is_theirs(
        self, store: DiskStore, tmp_path: Path
    ) -> None:
        """Who is not root can give nothing away, and takes the permissions away instead."""
        path = tmp_path / "blobs" / HEX[:2] / HEX
        give_away(path, random.Random(0), tmp_path)
        assert store.read_blob(HEX) is None
        if os.geteuid() == 0:
            os.chown(tmp_path, STRANGER, -1)
        else:
            path.chmod(0o600)
        assert store.read_blob(HEX) == CONTENT


def break_file(path: Path, damage: str, *, outside: Path) -> None:
    """Put something else in the place of a file."""
    whole = path.read_bytes()
    outside.write_bytes(whole)
    path.unlink()
    match damage:
        case "flipped":
            path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        case "cut":
            path.write_bytes(whole[:-1])
        case "empty":
            path.touch()
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(outside)
        case "loop":
            path.symlink_to(path.name)
        case "huge":
            path.touch()
            os.truncate(path, 1 << 40)
        case _:
            make_socket(path, random.Random(0), outside)


class TestFoldersThatAreSomethingElse:
    """Whatever is in the place of a folder is neither followed nor waited for, and what is elsewhere goes on."""

    @pytest.fixture(params=["link", "fifo", "file", "loop"])
    def in_the_way(self, request: pytest.FixtureRequest, store: DiskStore, tmp_path: Path) -> str:
        store.write_note(ORIGIN, HEX, b"origin")
        store.write_note(RELEASE, "2026f", b"line")
        (tmp_path / "outside").mkdir()
        return str(request.param)

    def replace(self, tmp_path: Path, folder: str, what: str) -> None:
        (tmp_path / folder).rename(tmp_path / "outside" / "moved")
        if what == "link":
            (tmp_path / folder).symlink_to(tmp_path / "outside" / "moved")
        elif what == "fifo":
            os.mkfifo(tmp_path / folder)
        elif what == "loop":
            (tmp_path / folder).symlink_to(folder)
        else:
            (tmp_path / folder).touch()

    @pytest.mark.parametrize("folder", ["blobs", f"blobs/{HEX[:2]}"])
    def test_of_blobs(self, store: DiskStore, tmp_path: Path, in_the_way: str, folder: str) -> None:
        self.replace(tmp_path, folder, in_the_way)
        outside = snapshot(tmp_path / "outside")
        with pytest.raises(StoreUnavailable):
            store.write_blob(HEX, CONTENT)
        with pytest.raises(StoreUnavailable):
            store.read_blob(HEX)
        assert store.read_note(ORIGIN, HEX) == b"origin"
        assert snapshot(tmp_path / "outside") == outside
        store.check()

    @pytest.mark.parametrize("folder", ["releases", "releases/20"])
    def test_of_the_ledger(self, store: DiskStore, tmp_path: Path, in_the_way: str, folder: str) -> None:
        self.replace(tmp_path, folder, in_the_way)
        for read in (lambda: store.note_keys(RELEASE), lambda: store.read_note(RELEASE, "2020a")):
            with pytest.raises(StoreUnavailable, match="is not a directory"):
                read()
        with pytest.raises(StoreUnavailable):
            store.add_note(RELEASE, "2020a", b"line")

    def test_of_what_is_being_written(self, store: DiskStore, tmp_path: Path, in_the_way: str) -> None:
        self.replace(tmp_path, "temporary", in_the_way)
        for write in (store.check, lambda: store.write_note(RECORD, HEX, b"other")):
            with pytest.raises(StoreUnavailable):
                write()
        with pytest.raises(StoreUnavailable):
            DiskStore(tmp_path)
        assert [*(tmp_path / "outside" / "moved").iterdir()] == []
        assert store.read_blob(HEX) == CONTENT

    def test_the_data_directory_itself_may_be_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link").symlink_to("real")
        DiskStore(tmp_path / "link").write_blob(HEX, CONTENT)
        assert DiskStore(tmp_path / "real").read_blob(HEX) == CONTENT

    def test_names_that_no_note_has_are_passed_over(self, store: DiskStore, tmp_path: Path) -> None:
        store.write_note(RELEASE, "2026f", b"line")
        (tmp_path / "releases" / "README").touch()
        (tmp_path / "releases" / "lost+found").mkdir()
        for name in ("2026f~", ".2026f.swp", "1999a", "UPPER"):
            (tmp_path / "releases" / "20" / name).touch()
        assert store.note_keys(RELEASE) == ["2026f"]

    def test_the_directory_may_go_away_and_come_back(self, store: DiskStore, tmp_path: Path) -> None:
        tmp_path.rename(tmp_path.with_name("away"))
        assert store.read_blob(HEX) is None
        assert store.note_keys(RELEASE) == []
        tmp_path.with_name("away").rename(tmp_path)
        assert store.read_blob(HEX) == CONTENT
