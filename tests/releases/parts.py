"""What the tests of the ledger share: the invented release as it may come, and its pin."""

from dataclasses import replace

from app.releases.ledger import Ledger
from app.releases.pin import Pin
from app.sources.base import Loaded
from app.sources.wheel import load_wheel
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


def pin_of(first: Loaded) -> Pin:
    ledger = Ledger(MemoryStore())
    ledger.keep(first)
    return ledger.pins()[VERSION]


def without_wheel(first: Loaded) -> Release:
    return replace(first.release, origin=replace(first.release.origin, sha256=None))
