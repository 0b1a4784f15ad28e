"""The contract of a store. No store lives here."""

from typing import Literal, Protocol

NoteKind = Literal["record", "origin"]
"""``record``: content key → the record's JSON. ``origin``: hex of a blob → the content key it was built for."""


class Store(Protocol):
    """Blobs and notes. Methods block; callers run them in a thread.

    Values never change once written: writing the same key again is harmless, and two processes may share one place.
    A reader sees a whole value or none, at any moment and after any crash. A value that does not verify on reading
    counts as absent, and a later write replaces it.
    """

    @property
    def name(self) -> str:
        """A short constant word for logs and metrics: ``memory``, ``disk``."""
        ...

    def read_blob(self, hex_: str) -> bytes | None:
        """Return the bytes whose sha256 is ``hex_``, or ``None``. The sum is computed anew on every read.

        Errors: StoreUnavailable if the place itself cannot be read.
        """
        ...

    def write_blob(self, hex_: str, content: bytes) -> None:
        """Keep ``content`` under its sha256; on return it is durable.

        Errors: ValueError if ``hex_`` is not the sha256 of ``content``; StoreUnavailable (disk full, no permission),
        nothing is left behind then.
        """
        ...

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """Return the note, or ``None``. Errors: StoreUnavailable."""
        ...

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """Keep a note under ``key``, 64 hex digits; on return it is durable. Errors: ValueError, StoreUnavailable."""
        ...

    def check(self) -> None:
        """Check that a write would succeed just now. Errors: StoreUnavailable with the reason."""
        ...
