"""The lines of the ledger in a store. Each is kept twice, so that one that was deleted is not a release never seen.

The line counts; its copy only takes the place of one that is gone. What a line means for a release is up to ``ledger``.
"""

import contextlib
from dataclasses import dataclass

from app.errors import DamagedNote, InvalidContent
from app.releases.pin import Pin, decode_pin, encode_line
from app.store.base import NoteKind, Store
from app.tzdb.names import is_release_name

RELEASE = NoteKind("release")
"""Release name → its line in the ledger."""
COPY = NoteKind("pin")
"""Release name → the same line again."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a store says of a release.

    Attributes:
        is_there: Whether the line itself is, and not only its copy.
        is_whole: Whether line and copy are both there, and equal.
    """

    pin: Pin
    is_there: bool
    is_whole: bool


class Lines:
    """The lines in a store. Methods block; each raises StoreUnavailable if the store fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def versions(self) -> list[str]:
        """Return the releases that have a line or a copy of one, readable or not."""
        keys = {*self._store.note_keys(RELEASE), *self._store.note_keys(COPY)}
        return sorted(filter(is_release_name, keys))

    def read(self, version: str) -> Line | None:
        """Return the line of a release.

        Raises:
            InvalidContent: It is there and cannot be read, or contradicts its copy.
        """
        pin = self._read(RELEASE, version)
        if pin is None:
            copy = self._read(COPY, version)
            return Line(copy, is_there=False, is_whole=False) if copy is not None else None
        copy = None
        with contextlib.suppress(InvalidContent):  # it is written again
            copy = self._read(COPY, version)
        if copy is not None and copy.tree_digest != pin.tree_digest:
            places = " and ".join(self._store.place(kind, version) for kind in (RELEASE, COPY))
            raise InvalidContent(f"{places} contradict each other")
        return Line(pin, is_there=True, is_whole=copy == pin)

    def add(self, pin: Pin) -> bool:
        """Write a line unless there is one, readable or not; return whether it was written."""
        added = self._store.add_note(RELEASE, pin.release, encode_line(pin))
        if added:
            self._store.write_note(COPY, pin.release, encode_line(pin))
        return added

    def mend(self, pin: Pin, line: Line | None) -> None:
        """Write what is missing of a line, or says less than the pin of the same tree.

        Args:
            line: What was read a moment ago; a line that has come since is left alone.
        """
        content = encode_line(pin)
        if line is None or not line.is_there:
            if not self._store.add_note(RELEASE, pin.release, content):
                return
        elif line.pin != pin:
            self._store.write_note(RELEASE, pin.release, content)
        self._store.write_note(COPY, pin.release, content)

    def _read(self, kind: NoteKind, version: str) -> Pin | None:
        try:
            note = self._store.read_note(kind, version)
        except DamagedNote as error:
            raise InvalidContent(error.detail) from error
        if note is None:
            return None
        try:
            pin = decode_pin(note)
            if pin.release != version:
                raise InvalidContent(f"the line is that of release {pin.release}")
        except InvalidContent as error:
            raise InvalidContent(f"{self._store.place(kind, version)}: {error.detail}") from error
        return pin
