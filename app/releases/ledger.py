"""The ledger: what each release was when it was first seen, and the wheel it came in, kept in the store.

A release that once had these bytes is never served with others, whoever offers them.
"""

import json
import logging
import threading
from dataclasses import asdict, dataclass

from app.digest import sha256_hex
from app.errors import StoreUnavailable, UnknownRelease, UntrustedRelease
from app.sources.base import Loaded, Offers, Promise
from app.sources.wheel import load_wheel
from app.store.base import Store
from app.tzdb.release import Release, TzifPool

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the ledger.

    Shape: ``sha256`` of the wheel, a hex; ``None`` for a release that came in no wheel. ``source`` where it was first
    seen.
    """

    release: str
    package_version: str | None
    sha256: str | None
    tree_digest: str
    source: str

    def agrees_with(self, promise: Promise) -> bool:
        """Tell whether a source that promises this for the release can mean the same bytes."""
        if None in (self.sha256, promise.sha256) or self.package_version != promise.package_version:
            return True
        return self.sha256 == promise.sha256


def encode_pin(pin: Pin) -> bytes:
    """Return a pin as bytes, for a store or a carrier."""
    return json.dumps(asdict(pin)).encode()


class Ledger:
    """Pins, in memory and in a store. Thread-safe; methods block. A store that fails costs durability, not service."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._pins: dict[str, Pin] | None = None

    def pins(self) -> dict[str, Pin]:
        """Return release → pin."""
        with self._lock:
            if self._pins is None:
                self._pins = self._read_all()
            return dict(self._pins)

    def keep(self, loaded: Loaded) -> None:
        """Check a release against its pin, and pin it if it has none yet.

        Errors: UntrustedRelease if it was another tree when it was first seen.
        """
        release = loaded.release
        pin = self.pins().get(release.version)
        if pin is not None and pin.tree_digest != release.tree_digest:
            raise UntrustedRelease(
                f"release {release.version} from {release.origin.source} differs from what was first seen from"
                f" {pin.source}: {release.tree_digest}, not {pin.tree_digest}",
                release=release.version,
            )
        if pin is None or (pin.sha256 is None and loaded.wheel is not None):
            self._write(_pin_of(release), loaded.wheel)

    def wheel(self, pin: Pin) -> bytes | None:
        """Return the wheel behind a pin, ``None`` if it was not kept or does not verify. Errors: StoreUnavailable."""
        return self._store.read_blob(pin.sha256) if pin.sha256 else None

    def _write(self, pin: Pin, wheel: bytes | None) -> None:
        try:
            if wheel is not None:
                self._store.write_blob(sha256_hex(wheel), wheel)
            self._store.write_note("release", pin.release, encode_pin(pin))
        except StoreUnavailable as error:
            _log.error("release %s cannot be pinned: %s", pin.release, error.detail)
        with self._lock:
            self._pins = {**(self._pins or {}), pin.release: pin}

    def _read_all(self) -> dict[str, Pin]:
        pins: dict[str, Pin] = {}
        try:
            for key in self._store.note_keys("release"):
                note = self._store.read_note("release", key)
                if note is not None:
                    pins[key] = Pin(**json.loads(note))
        except StoreUnavailable as error:
            _log.error("the ledger cannot be read: %s", error.detail)
        return pins


class KeptSource:
    """Source: the wheels that the ledger kept. Asked first, so that what was once fetched needs nobody any more."""

    name = "kept"
    remote = False

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``."""
        return Offers(frozenset(version for version, pin in self._ledger.pins().items() if pin.sha256), {})

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``. A wheel that was lost or damaged is UnknownRelease: another source may have it."""
        pin = self._ledger.pins().get(version)
        wheel = self._ledger.wheel(pin) if pin else None
        if pin is None or wheel is None:
            raise UnknownRelease(f"the wheel of release {version} was not kept", release=version)
        return Loaded(load_wheel(wheel, source=pin.source, pool=pool), wheel)


def _pin_of(release: Release) -> Pin:
    origin = release.origin
    return Pin(release.version, origin.package_version, origin.sha256, release.tree_digest, origin.source)
