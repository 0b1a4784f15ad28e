"""The ledger: what each release was when it was first seen, and the wheel it came in, both kept in the store.

A release that once had certain bytes is never served with others, whoever offers them. A line that cannot be read
stops its release, and nothing else; it is never taken for a release that was not seen yet. Nothing here loads a
release.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.digest import sha256_hex
from app.errors import DamagedLedger, InvalidContent, StoreUnavailable, UntrustedRelease
from app.releases.lines import Line, Lines
from app.releases.pin import Pin, better_of, check_same_tree, pin_of
from app.sources.base import Loaded
from app.store.base import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What is wrong with the ledger.

    Attributes:
        unreadable: Release → why its line cannot be read, or contradicts what is known.
        unwritten: The releases whose pins are only in memory.
        trouble: Why the ledger as a whole cannot be read; ``None`` if it can.
    """

    unreadable: Mapping[str, str] = field(default_factory=dict)
    unwritten: frozenset[str] = frozenset()
    trouble: str | None = None


class Ledger:
    """Pins, in memory and in a store. Thread-safe; methods block, except where they say otherwise.

    What is in memory counts more than the store: a line that vanished is written again, at the next look or the next
    pin. If the store cannot be written, releases are pinned in memory and still served.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines = Lines(store)
        self._work = threading.Lock()
        """Held by who reads or writes the store."""
        self._pins: dict[str, Pin] | None = None
        self._state = LedgerState()

    @property
    def state(self) -> LedgerState:
        """What is wrong with the ledger, as far as anyone has noticed. It does not block."""
        return self._state

    def pins(self) -> dict[str, Pin]:
        """Return release → pin: what is known here. Only the first call blocks."""
        if self._pins is None:
            self.look()
        return dict(self._pins or {})

    def refused(self) -> dict[str, str]:
        """Return the releases that are not served because of their lines, and why. It does not block."""
        known = self._pins or {}
        return {version: why for version, why in self._state.unreadable.items() if version not in known}

    def look(self) -> None:
        """Read the lines that others wrote or mended, and write again those that are missing."""
        with self._work:
            self._look()

    def check_readable(self, version: str) -> None:
        """Check that it is known what a release must be, or that it was never seen.

        Raises:
            DamagedLedger: The release has a line, which cannot be read.
            StoreUnavailable: The ledger as a whole cannot be read.
        """
        self._find(version)

    def keep(self, loaded: Loaded) -> None:
        """Check a release against its pin, and pin it if it has none yet; a pinned wheel that was lost is kept again.

        Raises:
            UntrustedRelease: The release had another tree when it was first seen.
            DamagedLedger, StoreUnavailable: As for ``check_readable``.
        """
        release = loaded.release
        known = self._find(release.version)
        if known is not None:
            check_same_tree(known, pin_of(release))
            if known.sha256 is not None or loaded.wheel is None:
                self._keep_lost(known, loaded.wheel)
                return
        if loaded.wheel is not None:
            try:
                self._store.write_blob(sha256_hex(loaded.wheel), loaded.wheel, lasting=True)
            except StoreUnavailable as error:
                _log.error("the wheel of release %s cannot be kept: %s", release.version, error.detail)
        self._pin(pin_of(release), known=known)

    def check_agrees(self, brought: Pin) -> None:
        """Check that a pin from elsewhere does not contradict what is pinned here.

        Raises:
            UntrustedRelease: The release has another tree here, or came in another wheel.
            DamagedLedger, StoreUnavailable: As for ``check_readable``.
        """
        known = self._find(brought.release)
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
            UntrustedRelease, DamagedLedger: As for ``check_agrees``.
            StoreUnavailable: The wheel may then be kept without its pin; it is not served from here.
        """
        self.check_agrees(pin)
        known = self._find(pin.release)
        if known is not None and known.sha256 is not None:
            self._store.write_blob(known.sha256, wheel, lasting=True)  # the pin's own wheel may have been lost
            return
        self._store.write_blob(sha256_hex(wheel), wheel, lasting=True)
        self._pin(pin, known=known)
        if pin.release in self._state.unwritten:
            raise StoreUnavailable(f"the line of release {pin.release} cannot be written into the ledger")

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
                self._store.write_blob(pin.sha256, wheel, lasting=True)
        except StoreUnavailable as error:
            _log.error("the wheel of release %s cannot be kept: %s", pin.release, error.detail)

    def _find(self, version: str) -> Pin | None:
        """Return the pin of a release; another process may have written it a moment ago."""
        known = self.pins().get(version)
        if known is not None:
            return known
        with self._work:
            line = self._read(version)
            if line is not None:
                self._remember(line.pin)
            if version in self._state.unreadable:
                others = {other: why for other, why in self._state.unreadable.items() if other != version}
                self._set_state(unreadable=others, trouble=self._state.trouble)
            return line.pin if line is not None else None

    def _pin(self, pin: Pin, *, known: Pin | None) -> None:
        """Write a line, in memory if it must be. Raises: UntrustedRelease if another process was first, with others."""
        with self._work:
            try:
                written = self._write(pin, known)
            except StoreUnavailable as error:
                _log.error("release %s is pinned in memory only: %s", pin.release, error.detail)
                self._remember(pin)
                self._set_state(unwritten=self._state.unwritten | {pin.release}, trouble=self._state.trouble)
                return
            self._remember(written)
            if self._state.unwritten:
                self._look()

    def _write(self, pin: Pin, known: Pin | None) -> Pin:
        """Write a line, and return the one that is there then."""
        if self._lines.add(pin):
            return pin
        there = self._read(pin.release)
        if there is None:  # removed since
            raise StoreUnavailable("its line vanished while it was written")
        check_same_tree(there.pin, pin)
        if known is None or there.pin.sha256 is not None:
            return there.pin
        self._lines.mend(pin, there)  # the same tree, and now there is a wheel of it
        return pin

    def _read(self, version: str) -> Line | None:
        """Return a line of the store.

        Raises:
            DamagedLedger: It is there, but cannot be read; that is remembered.
            StoreUnavailable: The store cannot be read.
        """
        try:
            return self._lines.read(version)
        except InvalidContent as error:
            unreadable = {**self._state.unreadable, version: error.detail}
            self._set_state(unreadable=unreadable, trouble=self._state.trouble)
            raise DamagedLedger(
                f"release {version} was seen before, but what it was cannot be read: {error.detail}; restore that file"
                " from a backup, or remove it, so that its copy takes its place",
                release=version,
            ) from error
        except StoreUnavailable as error:
            detail = f"the ledger cannot be read, so release {version} cannot be compared with it: {error.detail}"
            raise StoreUnavailable(detail, release=version) from error

    def _look(self) -> None:
        known, lines, unreadable = self._pins or {}, dict[str, Line](), dict[str, str]()
        try:
            for version in self._lines.versions():
                try:
                    line = self._lines.read(version)
                except InvalidContent as error:
                    unreadable[version] = error.detail
                    continue
                if line is not None:
                    lines[version] = line
        except StoreUnavailable as error:
            self._pins = known
            self._set_state(trouble=error.detail)
            return
        for version in lines.keys() & known.keys():
            if lines[version].pin.tree_digest != known[version].tree_digest:
                unreadable[version] = (
                    "its line in the ledger now says other bytes than it did when this program read it"
                )
        self._pins = {**known, **{version: better_of(known.get(version), line.pin) for version, line in lines.items()}}
        self._set_state(unreadable=unreadable, unwritten=self._write_missing(lines, unreadable), trouble=None)

    def _write_missing(self, lines: Mapping[str, Line], unreadable: Mapping[str, str]) -> frozenset[str]:
        """Write what the store lacks of the lines; return those that could not be written."""
        unwritten = set()
        for version, pin in (self._pins or {}).items():
            line = lines.get(version)
            right = better_of(line.pin, pin) if line is not None else pin
            if version in unreadable or (line is not None and line.is_whole and line.pin == right):
                continue
            try:
                self._lines.mend(right, line)
                _log.warning("the line of release %s was not whole in the ledger and is written again", version)
            except StoreUnavailable:
                unwritten.add(version)
        return frozenset(unwritten)

    def _remember(self, pin: Pin) -> None:
        self._pins = {**(self._pins or {}), pin.release: pin}

    def _set_state(
        self,
        *,
        unreadable: Mapping[str, str] | None = None,
        unwritten: frozenset[str] | None = None,
        trouble: str | None = None,
    ) -> None:
        """Change what is wrong with the ledger; what is new is logged once."""
        before = self._state
        unreadable = before.unreadable if unreadable is None else unreadable
        self._state = LedgerState(unreadable, before.unwritten if unwritten is None else unwritten, trouble)
        for version, reason in unreadable.items():
            if before.unreadable.get(version) != reason:
                _log.error("the ledger's line of release %s cannot be read: %s", version, reason)
        if trouble is not None and trouble != before.trouble:
            _log.error("the ledger cannot be read: %s", trouble)
