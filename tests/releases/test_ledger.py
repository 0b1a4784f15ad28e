"""The ledger: what a release was at first sight is what it stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import UnknownRelease, UntrustedRelease
from app.releases.ledger import KeptSource, Ledger, Pin
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


def _without_wheel(first: Loaded) -> Release:
    return replace(first.release, origin=replace(first.release.origin, sha256=None))
