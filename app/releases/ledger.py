"""The ledger: what each release was when it was first seen, and the wheel it came in, both kept in the store.

A release that once had certain bytes is never served with others, whoever offers them. Nothing here loads a release.
"""

import json
import logging
import re
import threading
from dataclasses import asdict, dataclass

from app.digest import is_sha256_hex, sha256_hex
from app.errors import InvalidContent, StoreUnavailable, UntrustedRelease
from app.sources.base import Loaded, Promise
from app.store.base import NoteKind, Store
from app.tzdb.names import is_release_name
from app.tzdb.release import Release

RELEASE = NoteKind("release")
"""Release name → its line in the ledger."""

_PACKAGE_VERSION = re.compile(r"[0-9]{4}\.[0-9a-z.]{1,16}")
_SOURCE = re.compile(r"[a-z]{1,16}")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the ledger.

    Attributes:
        sha256: Of the wheel, 64 hexadecimal digits; ``None`` for a release that did not come in a wheel.
        source: Where the release was first seen.
    """

    release: str
    package_version: str | None
    sha256: str | None
    tree_digest: str
    source: str

    def agrees_with(self, promise: Promise) -> bool:
        """Return whether a source that promises this for the release can mean the same bytes."""
        if None in (self.sha256, promise.sha256) or self.package_version != promise.package_version:
            return True
        return self.sha256 == promise.sha256


def encode_pin(pin: Pin) -> bytes:
    """Return a pin as bytes, for a store or a carrier."""
    return json.dumps(asdict(pin)).encode()


def decode_pin(content: bytes) -> Pin:
    """Read what ``encode_pin`` wrote.

    Raises:
        InvalidContent: It is not a pin, or has a value that a pin cannot have.
    """
    try:
        pin = Pin(**json.loads(content))
        sound = (
            is_release_name(pin.release)
            and (pin.package_version is None or _PACKAGE_VERSION.fullmatch(pin.package_version))
            and (pin.sha256 is None or is_sha256_hex(pin.sha256))
            and is_sha256_hex(pin.tree_digest.removeprefix("sha256:"))
            and _SOURCE.fullmatch(pin.source)
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidContent("a line of the ledger is not a pin") from error
    if not sound:
        raise InvalidContent("a line of the ledger makes no sense")
    return pin


class Ledger:
    """Pins, in memory and in a store. Thread-safe; methods block.

    If the store fails, pins are not durable, but releases are still served.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._pins: dict[str, Pin] | None = None

    def pins(self) -> dict[str, Pin]:
        """Return release → pin.

        Raises:
            InvalidContent: A line is intact but not one that this program writes: what it pins must not be forgotten.
        """
        with self._lock:
            if self._pins is None:
                self._pins = self._read_all()
            return dict(self._pins)

    def keep(self, loaded: Loaded) -> None:
        """Check a release against its pin, and pin it if it has none yet; a pinned wheel that was lost is kept again.

        Raises:
            UntrustedRelease: The release had another tree when it was first seen.
        """
        release = loaded.release
        known = self.pins().get(release.version)
        if known is not None and known.tree_digest != release.tree_digest:
            raise UntrustedRelease(
                f"release {release.version} from {release.origin.source} differs from what was first seen from"
                f" {known.source}: {release.tree_digest}, not {known.tree_digest}",
                release=release.version,
            )
        if known is not None and (known.sha256 is not None or loaded.wheel is None):
            self._keep_lost(known, loaded.wheel)
            return
        pin = _pin_of(release)
        try:
            self._write(pin, loaded.wheel)
        except StoreUnavailable as error:
            _log.error("release %s cannot be pinned: %s", pin.release, error.detail)
        self._remember(pin)

    def check_agrees(self, brought: Pin) -> None:
        """Check that a pin from elsewhere does not contradict what is pinned here.

        Raises:
            UntrustedRelease: The release has another tree here, or came in another wheel.
        """
        known = self.pins().get(brought.release)
        if known is None or (known.tree_digest == brought.tree_digest and known.sha256 in (None, brought.sha256)):
            return
        raise UntrustedRelease(
            f"release {brought.release} is pinned here with other bytes than the carrier brings:"
            f" {known.tree_digest} from {known.source}, not {brought.tree_digest}",
            release=brought.release,
        )

    def admit(self, pin: Pin, wheel: bytes) -> None:
        """Keep a release that was pinned elsewhere and has been verified since; a pin that is already here stays.

        Args:
            pin: The pin of this very wheel.

        Raises:
            UntrustedRelease: As for ``check_agrees``.
            StoreUnavailable: The wheel may then be kept without its pin; it is not served from here.
        """
        self.check_agrees(pin)
        known = self.pins().get(pin.release)
        if known is not None and known.sha256 is not None:
            self._store.write_blob(known.sha256, wheel)  # the pin's own wheel may have been lost
            return
        self._write(pin, wheel)
        self._remember(pin)

    def wheel(self, pin: Pin) -> bytes | None:
        """Return the wheel behind a pin, ``None`` if it was not kept or does not verify.

        Raises:
            StoreUnavailable: The store cannot be read.
        """
        return self._store.read_blob(pin.sha256) if pin.sha256 else None

    def _keep_lost(self, pin: Pin, wheel: bytes | None) -> None:
        """Write a pin's wheel if the store has lost it; another wheel of the same tree does not take its place."""
        try:
            if wheel is not None and sha256_hex(wheel) == pin.sha256 and self.wheel(pin) is None:
                self._store.write_blob(pin.sha256, wheel)
        except StoreUnavailable as error:
            _log.error("the wheel of release %s cannot be kept: %s", pin.release, error.detail)

    def _write(self, pin: Pin, wheel: bytes | None) -> None:
        if wheel is not None:
            self._store.write_blob(sha256_hex(wheel), wheel)
        self._store.write_note(RELEASE, pin.release, encode_pin(pin))

    def _remember(self, pin: Pin) -> None:
        with self._lock:
            self._pins = {**(self._pins or {}), pin.release: pin}

    def _read_all(self) -> dict[str, Pin]:
        pins: dict[str, Pin] = {}
        try:
            for key in self._store.note_keys(RELEASE):
                note = self._store.read_note(RELEASE, key)
                if note is not None:
                    pins[key] = _decode_line(key, note)
        except StoreUnavailable as error:
            _log.error("the ledger cannot be read: %s", error.detail)
        return pins


def _decode_line(key: str, note: bytes) -> Pin:
    try:
        return decode_pin(note)
    except InvalidContent as error:
        raise InvalidContent(f"the ledger's line for release {key} cannot be read: {error.detail}") from error


def _pin_of(release: Release) -> Pin:
    origin = release.origin
    return Pin(release.version, origin.package_version, origin.sha256, release.tree_digest, origin.source)
