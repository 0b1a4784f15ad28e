"""Artifacts in the store: which notes lead to one, in which order they are written, and when one is whole.

A record is kept under the content key; an origin leads from the artifact's sha256 to that key. Blob, origin and record
are written in this order, so that anyone who finds a record finds the rest. ``builder`` decides when to build.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.artifact.record import Record, decode_record, encode_record_note
from app.digest import format_digest
from app.errors import InvalidContent, UnknownArtifact
from app.store.base import NoteKind, Store

RECORD = NoteKind("record")
"""Content key → the record's JSON."""
ORIGIN = NoteKind("origin")
"""The sha256 of an artifact → the content key that it was built for."""


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """The bytes of an artifact and its record.

    Attributes:
        kept: Whether it can be found again; not so if it was built just now and the store could not take it.
    """

    record: Record
    content: bytes
    kept: bool = True


class StoredArtifacts:
    """The artifacts of a store. Methods block; each raises StoreUnavailable if the store fails."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, key: str) -> StoredArtifact | None:
        """Return what is stored for a content key; ``None`` unless it is whole: bytes, record, and a way by sha256."""
        record = self._record_at(key)
        content = self._store.read_blob(record.sha256) if record is not None else None
        if record is None or content is None or not self._can_be_found(record.sha256, key):
            return None
        return StoredArtifact(record, content)

    def record(self, sha256: str) -> Record:
        """Return the record of an artifact, even if its bytes are lost.

        Raises:
            UnknownArtifact: No record of it is here.
        """
        record = self._record_from(self._store.read_note(ORIGIN, sha256), sha256)
        if record is None:
            raise UnknownArtifact(f"no artifact {format_digest(sha256)} was built here", digest=format_digest(sha256))
        return record

    def content(self, sha256: str) -> bytes | None:
        """Return the bytes of an artifact, ``None`` if they are lost."""
        return self._store.read_blob(sha256)

    def keep(self, artifact: StoredArtifact) -> None:
        """Keep an artifact; it cannot be found before this is complete."""
        record = artifact.record
        key = record.row["content_key"]
        self._store.write_blob(record.sha256, artifact.content)
        self._store.write_note(ORIGIN, record.sha256, key.encode())
        self._store.write_note(RECORD, key, encode_record_note(record))

    def keep_content(self, artifact: StoredArtifact) -> None:
        """Keep the bytes of an artifact whose notes are already here."""
        self._store.write_blob(artifact.record.sha256, artifact.content)

    def all(self) -> Iterator[StoredArtifact]:
        """Yield every artifact that is whole, in the order of content keys."""
        for key in self._store.note_keys(RECORD):
            artifact = self.read(key)
            if artifact is not None:
                yield artifact

    def _can_be_found(self, sha256: str, key: str) -> bool:
        """Return whether the digest leads to a record of this artifact, through ``key`` or through another key."""
        origin = self._store.read_note(ORIGIN, sha256)
        return origin == key.encode() or self._record_from(origin, sha256) is not None

    def _record_from(self, origin: bytes | None, sha256: str) -> Record | None:
        record = self._record_at(origin.decode("ascii", "replace")) if origin is not None else None
        return record if record is not None and record.sha256 == sha256 else None

    def _record_at(self, key: str) -> Record | None:
        """Return the record of a content key; one that makes no sense, or has another key, does not count."""
        note = self._store.read_note(RECORD, key)
        if note is None:
            return None
        try:
            record = decode_record(note)
        except InvalidContent:
            return None
        return record if record.row["content_key"] == key else None
