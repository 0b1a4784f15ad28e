"""The contract of a store, and the rule for keys that all stores share. No store lives here."""

import re
from typing import NewType, Protocol

NoteKind = NewType("NoteKind", str)
"""A short word in lower case, but neither ``blob`` nor ``temporary``. The owner of the notes declares their kind.

There are ``record`` and ``origin`` (``builder/artifacts``), ``release`` (``releases/ledger``), ``image`` and ``set``
(``builder/images``). ``record``, ``origin`` and ``image`` can be made again from the others; ``release`` and ``set``
are memory: once lost, nothing brings them back."""

_NOTE_KEY = re.compile(r"[0-9a-z]{1,64}")


def check_note_key(key: str) -> None:
    """Check that ``key`` can name a note and a file. Raises: ValueError if it cannot."""
    if not _NOTE_KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not 1 to 64 of 0-9a-z")


class Store(Protocol):
    """Blobs and notes. Methods block; callers run them in a thread.

    Values never change once written: writing the same key again is harmless, and two processes may share one place.
    A reader sees a whole value or none, at any moment and after any crash. A value that does not verify when it is read
    counts as absent, and a later write replaces it.
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

    def write_blob(self, sha256: str, content: bytes) -> None:
        """Keep ``content`` under its sha256; on return it is durable.

        Raises:
            ValueError: ``sha256`` is not the sha256 of ``content``.
            StoreUnavailable: It cannot be written (disk full, no permission); nothing is left behind.
        """
        ...

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """Return the note, or ``None``. Raises: StoreUnavailable if the place itself cannot be read."""
        ...

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """Keep a note under ``key``; on return it is durable.

        Args:
            key: 1 to 64 of ``0-9a-z``.

        Raises:
            ValueError: It is another key.
            StoreUnavailable: The note cannot be written.
        """
        ...

    def note_keys(self, kind: NoteKind) -> list[str]:
        """Return the keys of all notes of a kind, sorted; some may turn out not to verify.

        Raises:
            StoreUnavailable: The place itself cannot be read.
        """
        ...

    def check(self) -> None:
        """Check that a write would succeed now. Raises: StoreUnavailable, with the reason, if not."""
        ...
