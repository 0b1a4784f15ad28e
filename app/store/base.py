"""The contract of a store, and the rule for keys that all stores share. No store lives here."""

import re
from dataclasses import dataclass
from typing import NewType, Protocol

NoteKind = NewType("NoteKind", str)
"""A short word in lower case, but neither ``blob`` nor ``temporary``. The owner of the notes declares their kind.

There are ``record`` and ``origin`` (``builder/artifacts``), ``release`` and ``pin`` (``releases/lines``), ``image``
(``builder/images``) and ``set`` (``builder/sets``). ``record``, ``origin`` and ``image`` can be made again from the
others."""

LASTING = frozenset({NoteKind("release"), NoteKind("pin"), NoteKind("set")})
"""The kinds that are memory: once lost, nothing brings them back. A note of these is never taken for absent while
something is in its place, and has room when the cache has none."""

MAX_VALUE_BYTES = 64 << 20
"""The largest value that a store takes, and that it reads from a place where others may have written."""

_NOTE_KEY = re.compile(r"[0-9a-z]{1,64}")


def check_note_key(key: str) -> None:
    """Check that ``key`` can name a note and a file. Raises: ValueError if it cannot."""
    if not _NOTE_KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not 1 to 64 of 0-9a-z")


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a store is.

    Attributes:
        cache_bytes: What blobs and the notes that can be made again take.
        set_bytes: What sets take.
        shortage: Why something would not be kept now; ``None`` if there is room.
    """

    cache_bytes: int
    set_bytes: int
    shortage: str | None


class Store(Protocol):
    """Blobs and notes. Methods block; callers run them in a thread.

    Values never change once written: writing the same key again is harmless, and two processes may share one place.
    A reader sees a whole value or none, at any moment and after any crash. A value that does not verify when it is read
    counts as absent, and a later write replaces it; but a lasting note (``LASTING``) that is there and cannot be read
    is an error of its own, and only ``write_note`` replaces it.
    """

    @property
    def name(self) -> str:
        """A short constant word for logs and metrics: ``memory``, ``disk``."""
        ...

    def read_blob(self, sha256: str) -> bytes | None:
        """Return the bytes whose sha256 is ``sha256``, or ``None``. The sum is computed again on every read.

        Raises:
            StoreUnavailable: The place itself cannot be read.
        """
        ...

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        """Keep ``content`` under its sha256; on return it is durable.

        Args:
            lasting: Whether it may take room that the cache may not; for what clients cannot make more of.

        Raises:
            ValueError: ``sha256`` is not the sha256 of ``content``.
            StoreUnavailable: It cannot be written (disk full, no permission, no room by the settings); nothing is left
                behind.
        """
        ...

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """Return the note, or ``None``.

        Raises:
            DamagedNote: The kind is lasting, and what is there is not a whole note, or cannot be read.
            StoreUnavailable: The place itself cannot be read.
        """
        ...

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """Keep a note under ``key``, in place of whatever was there; on return it is durable.

        Args:
            key: 1 to 64 of ``0-9a-z``.

        Raises:
            ValueError: It is another key.
            StoreUnavailable: The note cannot be written.
        """
        ...

    def add_note(self, kind: NoteKind, key: str, content: bytes) -> bool:
        """Keep a note unless anything is in its place, readable or not; on return it is durable.

        Of two processes that add the same note at once, one gets ``True``.

        Returns:
            Whether it was kept.

        Raises:
            ValueError, StoreUnavailable: As for ``write_note``.
        """
        ...

    def note_keys(self, kind: NoteKind) -> list[str]:
        """Return the keys of all notes of a kind, sorted; some may turn out not to verify.

        Raises:
            StoreUnavailable: The place itself cannot be read.
        """
        ...

    def place(self, kind: NoteKind, key: str) -> str:
        """Return where a note is, for messages to whoever runs the program."""
        ...

    def check(self) -> None:
        """Check that a write would succeed now. Raises: StoreUnavailable, with the reason, if not."""
        ...

    def usage(self) -> Usage:
        """Return how full the store is. Cost: nothing is read for it."""
        ...
