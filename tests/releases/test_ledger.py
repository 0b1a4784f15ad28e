"""The ledger: what a release was at first sight is what it stays."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import (
    DamagedLedger,
    InvalidContent,
    SourceUnreachable,
    StoreUnavailable,
    UnknownRelease,
    UntrustedRelease,
)
from app.releases.kept import KeptSource
from app.releases.ledger import Ledger, LedgerState
from app.releases.lines import RELEASE
from app.releases.pin import Pin, decode_pin, encode_line, encode_pin
from app.sources.base import Promise
from app.store.base import Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from tests.data.invented_release import VERSION
from tests.hostile.damages import ODD_NOTES
from tests.releases.parts import loaded, other_tree, pin_of, repackaged, without_wheel


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DiskStore(tmp_path)


def test_a_release_is_pinned_at_first_sight_with_its_wheel(store: Store) -> None:
    first = loaded()
    Ledger(store).keep(first)
    pin = Ledger(store).pins()[VERSION]
    assert pin.tree_digest == first.release.tree_digest
    assert pin.sha256 == first.release.origin.sha256
    assert pin.source == "index"
    assert Ledger(store).wheel(pin) == first.wheel


def test_the_same_tree_is_kept_again_without_a_word(store: Store) -> None:
    ledger = Ledger(store)
    ledger.keep(loaded())
    ledger.keep(loaded())


def test_another_tree_for_a_pinned_release_is_refused_and_both_are_named(store: Store) -> None:
    ledger = Ledger(store)
    ledger.keep(loaded())
    with pytest.raises(UntrustedRelease, match=f"release {VERSION} from index differs .* sha256:0000"):
        ledger.keep(other_tree())
    assert ledger.pins()[VERSION].tree_digest == loaded().release.tree_digest


def test_a_release_that_came_in_no_wheel_gets_its_wheel_later(store: Store) -> None:
    ledger = Ledger(store)
    ledger.keep(replace(loaded(), wheel=None, release=without_wheel(loaded())))
    assert KeptSource(ledger).offers().releases == frozenset()
    ledger.keep(loaded())
    assert KeptSource(ledger).offers().releases == {VERSION}


def test_a_kept_release_loads_from_the_store_alone_and_remembers_where_it_came_from(store: Store) -> None:
    Ledger(store).keep(loaded())
    kept = KeptSource(Ledger(store)).load(VERSION, {})
    assert kept.release.tree_digest == loaded().release.tree_digest
    assert kept.release.origin.source == "index"


def test_a_kept_wheel_that_was_damaged_counts_as_not_kept(tmp_path: Path) -> None:
    ledger = Ledger(DiskStore(tmp_path))
    ledger.keep(loaded())
    blob = next(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    content = bytearray(blob.read_bytes())
    content[100] ^= 1
    blob.write_bytes(content)
    with pytest.raises(UnknownRelease, match="was not kept"):
        KeptSource(ledger).load(VERSION, {})


@pytest.mark.parametrize("loss", ["deleted", "damaged"])
def test_a_lost_wheel_is_kept_again_once_it_has_been_fetched_again(tmp_path: Path, loss: str) -> None:
    ledger = Ledger(DiskStore(tmp_path))
    ledger.keep(loaded())
    pin = ledger.pins()[VERSION]
    (blob,) = (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    if loss == "deleted":
        blob.unlink()
    else:
        blob.write_bytes(blob.read_bytes()[:-1])
    ledger.keep(loaded())
    assert ledger.wheel(pin) == loaded().wheel
    assert Ledger(DiskStore(tmp_path)).pins() == {VERSION: pin}


def test_a_wheel_that_is_still_kept_is_not_written_again(tmp_path: Path) -> None:
    ledger = Ledger(DiskStore(tmp_path))
    ledger.keep(loaded())
    (blob,) = (path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    before = blob.stat()
    ledger.keep(loaded())
    assert (blob.stat().st_ino, blob.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_wheel_of_the_same_tree_does_not_take_the_place_of_a_lost_one(tmp_path: Path) -> None:
    ledger = Ledger(DiskStore(tmp_path))
    ledger.keep(loaded())
    shutil.rmtree(tmp_path / "blobs")
    ledger.keep(repackaged())
    assert ledger.pins() == {VERSION: pin_of(loaded())}
    assert ledger.wheel(pin_of(loaded())) is None
    assert not (tmp_path / "blobs").exists()


def test_a_release_whose_lost_wheel_cannot_be_kept_again_is_served_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger(DiskStore(tmp_path))
    ledger.keep(loaded())
    shutil.rmtree(tmp_path / "blobs")
    (tmp_path / "blobs").write_bytes(b"in the way")
    ledger.keep(loaded())
    assert f"the wheel of release {VERSION} cannot be kept" in caplog.text


@pytest.mark.parametrize(
    ("promise", "agrees"),
    [
        (Promise("2099.1", "a" * 64), True),
        (Promise("2099.1", "b" * 64), False),
        (Promise("2099.1.post0", "b" * 64), True),
        (Promise("2099.1", None), True),
    ],
    ids=["same bytes", "other bytes", "another package of the release", "no promise"],
)
def test_a_promise_of_other_bytes_for_the_same_package_is_noticed(promise: Promise, *, agrees: bool) -> None:
    pin = Pin(VERSION, "2099.1", "a" * 64, "sha256:" + "c" * 64, "index")
    assert pin.agrees_with(promise) is agrees


def test_a_line_that_cannot_be_read_is_not_forgotten_in_silence(store: Store) -> None:
    store.write_note(RELEASE, VERSION, b"{}")
    ledger = Ledger(store)
    with pytest.raises(DamagedLedger, match=f"release {VERSION} was seen before, but what it was cannot be read"):
        ledger.keep(loaded())
    assert store.read_note(RELEASE, VERSION) == b"{}"


def test_a_release_whose_wheel_finds_no_room_is_pinned_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = DiskStore(tmp_path)
    (tmp_path / "blobs").touch()
    Ledger(store).keep(loaded())
    assert Ledger(store).pins() == {VERSION: pin_of(loaded())}
    assert f"the wheel of release {VERSION} cannot be kept" in caplog.text
    with pytest.raises(SourceUnreachable, match="cannot be read"):
        KeptSource(Ledger(store)).load(VERSION, {})


def test_the_line_of_another_release_is_none_of_this_one(store: Store) -> None:
    store.write_note(RELEASE, "2098a", encode_line(pin_of(loaded())))
    ledger = Ledger(store)
    with pytest.raises(DamagedLedger, match=f"the line is that of release {VERSION}"):
        ledger.check_readable("2098a")
    assert [*ledger.refused()] == ["2098a"]
    assert ledger.pins() == {}


def test_what_is_not_named_as_a_release_is_no_line(store: Store) -> None:
    store.write_note(RELEASE, "20zz", b"whatever")
    ledger = Ledger(store)
    assert ledger.pins() == {}
    assert ledger.state == LedgerState()


class TestAdmission:
    """What was pinned elsewhere comes in as what was fetched here."""

    def test_a_release_comes_in_with_its_pin_and_its_wheel(self, store: Store) -> None:
        ledger, pin = Ledger(store), pin_of(loaded())
        ledger.admit(pin, loaded().wheel or b"")
        for each in (ledger, Ledger(store)):
            assert each.pins() == {VERSION: pin}
            assert each.wheel(pin) == loaded().wheel

    def test_one_that_was_pinned_without_a_wheel_gets_it(self, store: Store) -> None:
        ledger = Ledger(store)
        ledger.keep(replace(loaded(), wheel=None, release=without_wheel(loaded())))
        ledger.admit(pin_of(loaded()), loaded().wheel or b"")
        assert Ledger(store).pins() == {VERSION: pin_of(loaded())}

    def test_a_pin_that_is_here_stays_and_its_lost_wheel_comes_back(self, tmp_path: Path) -> None:
        ledger = Ledger(DiskStore(tmp_path))
        ledger.keep(loaded())
        shutil.rmtree(tmp_path / "blobs")
        ledger.admit(replace(pin_of(loaded()), source="elsewhere"), loaded().wheel or b"")
        pin = Ledger(DiskStore(tmp_path)).pins()[VERSION]
        assert pin.source == "index"
        assert ledger.wheel(pin) == loaded().wheel

    def test_one_that_cannot_be_pinned_is_not_let_in(self, tmp_path: Path) -> None:
        ledger = Ledger(DiskStore(tmp_path))
        (tmp_path / "releases").mkdir()
        (tmp_path / "releases" / VERSION[:2]).mkdir()
        assert ledger.pins() == {}
        (tmp_path / "temporary").rmdir()
        (tmp_path / "temporary").touch()
        with pytest.raises(StoreUnavailable):
            ledger.admit(pin_of(loaded()), loaded().wheel or b"")

    def test_one_whose_line_here_cannot_be_read_is_refused(self, store: Store) -> None:
        store.write_note(RELEASE, VERSION, b"[]")
        with pytest.raises(DamagedLedger):
            Ledger(store).admit(pin_of(loaded()), loaded().wheel or b"")
        assert store.read_note(RELEASE, VERSION) == b"[]"

    @pytest.mark.parametrize("member", ["tree_digest", "sha256"])
    def test_one_that_is_pinned_here_with_other_bytes_is_refused(self, store: Store, member: str) -> None:
        ledger = Ledger(store)
        ledger.keep(loaded())
        pin = pin_of(loaded())
        zeros = "0" * 64
        other = replace(pin, tree_digest=f"sha256:{zeros}") if member == "tree_digest" else replace(pin, sha256=zeros)
        with pytest.raises(UntrustedRelease, match="is pinned here with other bytes"):
            ledger.admit(other, b"other bytes")
        assert ledger.pins() == {VERSION: pin}


class TestLines:
    """A pin as bytes."""

    @pytest.mark.parametrize(
        "pin",
        [
            Pin(VERSION, "2099.1", "a" * 64, "sha256:" + "c" * 64, "index"),
            Pin(VERSION, None, None, "sha256:" + "c" * 64, "tree"),
        ],
    )
    def test_it_comes_back(self, pin: Pin) -> None:
        assert decode_pin(encode_pin(pin)) == decode_pin(encode_line(pin)) == pin

    def test_a_line_has_a_version_and_what_a_carrier_brings_has_not(self) -> None:
        pin = Pin(VERSION, None, None, "sha256:" + "c" * 64, "tree")
        assert json.loads(encode_line(pin))["v"] == 1
        assert "v" not in json.loads(encode_pin(pin))

    def test_members_that_are_unknown_are_ignored(self) -> None:
        pin = Pin(VERSION, "2099.1", "a" * 64, "sha256:" + "c" * 64, "index")
        members = json.loads(encode_line(pin))
        for more in (1, None, {"a": [1]}, "\ud800"):
            assert decode_pin(json.dumps({**members, "more": more}).encode()) == pin

    @pytest.mark.parametrize(("version", "reason"), [(2, "a newer program"), (0, "no sense"), ("1", "no sense")])
    def test_a_version_that_is_unknown_is_refused(self, version: object, reason: str) -> None:
        members = json.loads(encode_line(Pin(VERSION, None, None, "sha256:" + "c" * 64, "tree")))
        with pytest.raises(InvalidContent, match=reason):
            decode_pin(json.dumps({**members, "v": version}).encode())

    @pytest.mark.parametrize(
        "changed",
        [
            {"release": "2099"},
            {"release": 7},
            {"package_version": "latest"},
            {"package_version": 2099},
            {"sha256": "a"},
            {"sha256": ["a"]},
            {"tree_digest": None},
            {"tree_digest": "sha256:"},
            {"source": "../etc"},
        ],
    )
    def test_what_no_pin_can_be_is_refused(self, changed: dict[str, object]) -> None:
        members = json.loads(encode_pin(Pin(VERSION, "2099.1", "a" * 64, "sha256:" + "c" * 64, "index")))
        with pytest.raises(InvalidContent):
            decode_pin(json.dumps({**members, **changed}).encode())

    @pytest.mark.parametrize("content", [*ODD_NOTES, b'"pin"'])
    def test_other_bytes_are_refused(self, content: bytes) -> None:
        with pytest.raises(InvalidContent):
            decode_pin(content)
