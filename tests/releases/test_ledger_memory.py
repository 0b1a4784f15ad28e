"""The ledger over a store that changes, fails or is shared: what was seen once stays what it is."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import DamagedLedger, StoreUnavailable, UntrustedRelease
from app.releases.ledger import Ledger, LedgerState
from app.releases.lines import COPY, RELEASE
from app.releases.pin import encode_line
from app.store.base import NoteKind
from app.store.disk import DiskStore
from tests.data.invented_release import VERSION
from tests.releases.parts import loaded, other_tree, pin_of, without_wheel


class TestWhatIsInMemory:
    """What a process has seen counts more than what became of the store since."""

    @pytest.fixture
    def ledger(self, tmp_path: Path) -> Ledger:
        ledger = Ledger(DiskStore(tmp_path))
        ledger.keep(loaded())
        return ledger

    def line(self, tmp_path: Path) -> Path:
        return tmp_path / "releases" / VERSION[:2] / VERSION

    def test_a_line_that_vanished_is_written_again(self, ledger: Ledger, tmp_path: Path) -> None:
        whole = self.line(tmp_path).read_bytes()
        for gone in (self.line(tmp_path), tmp_path / "releases", tmp_path):
            if gone.is_dir():
                shutil.rmtree(gone)
            else:
                gone.unlink()
            ledger.look()
            assert self.line(tmp_path).read_bytes() == whole
        assert ledger.state == LedgerState()

    def test_a_line_that_was_damaged_is_left_alone_and_its_release_still_served(
        self, ledger: Ledger, tmp_path: Path
    ) -> None:
        self.line(tmp_path).write_bytes(b"damaged")
        ledger.look()
        ledger.keep(loaded())
        with pytest.raises(UntrustedRelease, match="differs from what was first seen"):
            ledger.keep(other_tree())
        assert self.line(tmp_path).read_bytes() == b"damaged"
        assert [*ledger.state.unreadable] == [VERSION]
        assert ledger.refused() == {}

    def test_a_line_that_says_something_else_now_is_not_believed(self, ledger: Ledger, tmp_path: Path) -> None:
        other = replace(pin_of(loaded()), tree_digest="sha256:" + "0" * 64)
        for kinds, reason in (((RELEASE,), "contradict each other"), ((RELEASE, COPY), "now says other bytes")):
            for kind in kinds:
                DiskStore(tmp_path).write_note(kind, VERSION, encode_line(other))
            ledger.look()
            assert ledger.pins() == {VERSION: pin_of(loaded())}
            assert reason in ledger.state.unreadable[VERSION]
            assert DiskStore(tmp_path).read_note(RELEASE, VERSION) == encode_line(other)

    def test_a_store_that_cannot_be_read_any_more_changes_nothing_that_is_known(
        self, ledger: Ledger, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        shutil.rmtree(tmp_path / "releases")
        (tmp_path / "releases").touch()
        for _ in range(3):
            ledger.look()
        ledger.keep(loaded())
        with pytest.raises(StoreUnavailable, match="release 2098a cannot be compared with it"):
            ledger.check_readable("2098a")
        assert ledger.state.trouble is not None
        assert caplog.text.count("the ledger cannot be read") == 1

    def test_a_pin_that_could_not_be_written_is_written_with_the_next_one(self, tmp_path: Path) -> None:
        ledger = Ledger(DiskStore(tmp_path))
        (tmp_path / "temporary").rmdir()
        (tmp_path / "temporary").touch()
        ledger.keep(loaded())
        assert ledger.state.unwritten == {VERSION}
        with pytest.raises(UntrustedRelease):
            ledger.keep(other_tree())
        (tmp_path / "temporary").unlink()
        other = replace(loaded(), release=replace(loaded().release, version="2098a"))
        ledger.keep(other)
        assert ledger.state.unwritten == set()
        assert Ledger(DiskStore(tmp_path)).pins().keys() == {VERSION, "2098a"}

    def test_a_wheel_that_came_later_and_could_not_be_noted_is_noted_later(self, tmp_path: Path) -> None:
        ledger = Ledger(DiskStore(tmp_path))
        ledger.keep(replace(loaded(), wheel=None, release=without_wheel(loaded())))
        (tmp_path / "temporary").rmdir()
        (tmp_path / "temporary").touch()
        ledger.keep(loaded())
        assert ledger.pins() == {VERSION: pin_of(loaded())}
        (tmp_path / "temporary").unlink()
        ledger.look()
        assert Ledger(DiskStore(tmp_path)).pins() == {VERSION: pin_of(loaded())}


class TestCopies:
    """A line that is gone was there, says its copy."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> DiskStore:
        store = DiskStore(tmp_path)
        Ledger(store).keep(loaded())
        return store

    def test_a_line_that_was_deleted_comes_back_with_a_start(self, store: DiskStore, tmp_path: Path) -> None:
        before = store.read_note(RELEASE, VERSION)
        shutil.rmtree(tmp_path / "releases")
        again = Ledger(store)
        with pytest.raises(UntrustedRelease, match="differs from what was first seen"):
            again.keep(other_tree())
        again.look()
        assert store.read_note(RELEASE, VERSION) == before

    def test_a_copy_that_was_deleted_or_damaged_is_made_again(self, store: DiskStore) -> None:
        before = store.read_note(COPY, VERSION)
        path = Path(store.place(COPY, VERSION))
        for content in (None, b"damaged"):
            path.unlink() if content is None else path.write_bytes(content)
            ledger = Ledger(store)
            ledger.look()
            assert store.read_note(COPY, VERSION) == before
            assert ledger.state == LedgerState()

    def test_without_the_line_a_damaged_copy_stops_the_release(self, store: DiskStore, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "releases")
        Path(store.place(COPY, VERSION)).write_bytes(b"damaged")
        with pytest.raises(DamagedLedger, match="pins"):
            Ledger(store).keep(other_tree())

    def test_a_line_and_a_copy_that_contradict_each_other_stop_the_release(self, store: DiskStore) -> None:
        other = replace(pin_of(loaded()), tree_digest="sha256:" + "0" * 64)
        store.write_note(COPY, VERSION, encode_line(other))
        for offered in (loaded(), other_tree()):
            with pytest.raises(DamagedLedger, match="contradict each other"):
                Ledger(store).keep(offered)

    def test_without_both_the_release_was_never_seen(self, store: DiskStore, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "releases")
        shutil.rmtree(tmp_path / "pins")
        Ledger(store).keep(other_tree())


class TestTwoProcesses:
    """Ledgers over one directory."""

    @pytest.fixture
    def ledgers(self, tmp_path: Path) -> tuple[Ledger, Ledger]:
        ledgers = Ledger(DiskStore(tmp_path)), Ledger(DiskStore(tmp_path))
        for ledger in ledgers:
            assert ledger.pins() == {}
        return ledgers

    def test_what_one_has_pinned_binds_the_other_at_once(self, ledgers: tuple[Ledger, Ledger]) -> None:
        one, other = ledgers
        one.keep(loaded())
        with pytest.raises(UntrustedRelease, match="differs from what was first seen"):
            other.keep(other_tree())
        assert other.pins() == one.pins()

    def test_a_line_that_appears_while_it_is_written_is_not_replaced(self, tmp_path: Path) -> None:
        line = encode_line(replace(pin_of(loaded()), tree_digest="sha256:" + "0" * 64))

        class Late(DiskStore):
            """A store where another process is a moment faster."""

            def add_note(self, kind: NoteKind, key: str, content: bytes) -> bool:
                DiskStore(tmp_path).add_note(kind, key, line)
                return super().add_note(kind, key, content)

        ledger = Ledger(Late(tmp_path))
        with pytest.raises(UntrustedRelease, match="differs from what was first seen"):
            ledger.keep(loaded())
        assert DiskStore(tmp_path).read_note(RELEASE, VERSION) == line

    def test_both_may_learn_of_a_wheel(self, ledgers: tuple[Ledger, Ledger]) -> None:
        one, other = ledgers
        for ledger in ledgers:
            ledger.keep(replace(loaded(), wheel=None, release=without_wheel(loaded())))
        one.keep(loaded())
        other.look()
        assert other.pins() == one.pins() == {VERSION: pin_of(loaded())}
