"""The ledger: what a release was at first sight is what it stays."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import DamagedLedger, InvalidContent, UnknownRelease, UntrustedRelease
from app.releases.kept import KeptSource
from app.releases.ledger import RELEASE, Ledger
from app.releases.pin import Pin, decode_pin, encode_pin
from app.sources.base import Loaded, Promise
from app.sources.wheel import load_wheel
from app.store.base import Store
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from app.tzdb.release import Release
from tests.data.invented_release import VERSION, package_files, write_wheel


def loaded(*, changed: bool = False) -> Loaded:
    files = package_files()
    if changed:
        files["tzdata/zoneinfo/leapseconds"] = b"# another text\n"
    wheel = write_wheel(files)
    return Loaded(load_wheel(wheel, source="index", pool={}), wheel)


def other_tree() -> Loaded:
    first = loaded()
    return replace(first, release=replace(first.release, tree_digest="sha256:" + "0" * 64))


def repackaged() -> Loaded:
    """Return the same release as it comes in another package."""
    wheel = write_wheel(package_files(package_version="2099.1.post0"), package_version="2099.1.post0")
    return Loaded(load_wheel(wheel, source="index", pool={}), wheel)


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
    ledger.keep(replace(loaded(), wheel=None, release=_without_wheel(loaded())))
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


def pin_of(first: Loaded) -> Pin:
    ledger = Ledger(MemoryStore())
    ledger.keep(first)
    return ledger.pins()[VERSION]


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
        ledger.keep(replace(loaded(), wheel=None, release=_without_wheel(loaded())))
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
        assert decode_pin(encode_pin(pin)) == pin

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

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b'"pin"'])
    def test_other_bytes_are_refused(self, content: bytes) -> None:
        with pytest.raises(InvalidContent):
            decode_pin(content)


def _without_wheel(first: Loaded) -> Release:
    return replace(first.release, origin=replace(first.release.origin, sha256=None))
