"""A store in memory: for tests, for the command line, and for a service that may forget everything on restart."""

import threading
from collections import OrderedDict

from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.store.base import LASTING, MAX_VALUE_BYTES, NoteKind, Usage, check_note_key

OVERHEAD_BYTES = 256
"""What a value takes besides its bytes: its key, and the objects around it."""

_SET = NoteKind("set")
_LEDGER = LASTING - {_SET}


class MemoryStore:
    """Store: if ``max_bytes`` is set and exceeded, what was unused for longest is dropped.

    Sets are dropped only when nothing else is left, and the ledger never: clients cannot make releases.
    """

    name = "memory"

    def __init__(self, max_bytes: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._held = 0
        self._cache: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._sets: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._ledger: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read_blob(self, sha256: str) -> bytes | None:
        """See ``Store.read_blob``."""
        content = self._read("blob", sha256)
        return content if content is not None and sha256_hex(content) == sha256 else None

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:  # noqa: ARG002 - all in one room
        """See ``Store.write_blob``."""
        if sha256_hex(content) != sha256:
            raise ValueError(f"{sha256} is not the sha256 of the content")
        self._write("blob", sha256, content)

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """See ``Store.read_note``."""
        return self._read(kind, key)

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """See ``Store.write_note``."""
        check_note_key(key)
        self._write(kind, key, content)

    def add_note(self, kind: NoteKind, key: str, content: bytes) -> bool:
        """See ``Store.add_note``."""
        check_note_key(key)
        return self._write(kind, key, content, replace=False)

    def note_keys(self, kind: NoteKind) -> list[str]:
        """See ``Store.note_keys``."""
        with self._lock:
            return sorted(key for held_kind, key in self._shelf(kind) if held_kind == kind)

    def place(self, kind: NoteKind, key: str) -> str:
        """See ``Store.place``."""
        return f"{kind} {key} in memory"

    def check(self) -> None:
        """See ``Store.check``. Memory is always available."""

    def usage(self) -> Usage:
        """See ``Store.usage``. There is always room: something else is forgotten."""
        return Usage(self._held, 0, None)

    def _shelf(self, kind: str) -> OrderedDict[tuple[str, str], bytes]:
        if kind in _LEDGER:
            return self._ledger
        return self._sets if kind == _SET else self._cache

    def _read(self, kind: str, key: str) -> bytes | None:
        with self._lock:
            shelf = self._shelf(kind)
            content = shelf.get((kind, key))
            if content is not None:
                shelf.move_to_end((kind, key))
            return content

    def _write(self, kind: str, key: str, content: bytes, *, replace: bool = True) -> bool:
        if len(content) > MAX_VALUE_BYTES:
            raise StoreUnavailable(f"a value of {len(content)} bytes is too large to keep")
        with self._lock:
            shelf = self._shelf(kind)
            if not replace and (kind, key) in shelf:
                return False
            self._held -= _weight(shelf.pop((kind, key), None))
            shelf[kind, key] = content
            self._held += _weight(content)
            self._make_room()
            return True

    def _make_room(self) -> None:
        while self._max_bytes is not None and self._held > self._max_bytes:
            shelf = self._cache if len(self._cache) > 1 else self._sets
            if len(shelf) <= 1:
                return  # what was written last stays, however large it is
            _, dropped = shelf.popitem(last=False)
            self._held -= _weight(dropped)


def _weight(content: bytes | None) -> int:
    return len(content) + OVERHEAD_BYTES if content is not None else 0
