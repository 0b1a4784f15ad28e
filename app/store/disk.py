"""A store in a directory: it survives restarts, and processes on one machine may share it.

Layout: ``blobs/ab/abcd…``, and a folder for each kind of note: ``records/``, ``origins/``, ``images/``, ``releases/``
and ``sets/``. A note's file starts with the sha256 of the rest. Releases (the ledger) and sets are memory, not cache:
nothing can make them again. ``temporary/`` holds what is being written; what a killed process left there is removed at
a later start, once it is old enough.
"""

import contextlib
import errno
import time
from pathlib import Path
from uuid import uuid4

from app.digest import sha256_hex
from app.errors import StoreUnavailable
from app.files.durable import make_directory, remove, write_file, write_new
from app.store.base import NoteKind, check_note_key

STALE_SECONDS = 3_600
"""Age at which a temporary file no longer belongs to anyone: a single write never takes an hour."""


class DiskStore:
    """Store: one file per value, written aside, flushed, then renamed into place."""

    name = "disk"

    def __init__(self, directory: Path) -> None:
        """Make the directories. Raises: StoreUnavailable if they cannot be made or read."""
        self._directory = directory
        self._temporary = directory / "temporary"
        try:
            make_directory(self._temporary)
            self._remove_stale()
        except OSError as error:
            raise _unavailable(error, directory) from error

    def read_blob(self, sha256: str) -> bytes | None:
        """See ``Store.read_blob``."""
        content = self._read("blobs", sha256)
        return content if content is not None and sha256_hex(content) == sha256 else None

    def write_blob(self, sha256: str, content: bytes) -> None:
        """See ``Store.write_blob``."""
        if sha256_hex(content) != sha256:
            raise ValueError(f"{sha256} is not the sha256 of the content")
        self._write("blobs", sha256, content)

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """See ``Store.read_note``."""
        stored = self._read(f"{kind}s", key)
        if stored is None:
            return None
        sum_, _, content = stored.partition(b"\n")
        return content if sum_ == sha256_hex(content).encode() else None

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """See ``Store.write_note``."""
        check_note_key(key)
        self._write(f"{kind}s", key, sha256_hex(content).encode() + b"\n" + content)

    def note_keys(self, kind: NoteKind) -> list[str]:
        """See ``Store.note_keys``."""
        try:
            return sorted(path.name for path in (self._directory / f"{kind}s").glob("*/*"))
        except OSError as error:
            raise _unavailable(error, self._directory) from error

    def check(self) -> None:
        """See ``Store.check``. It writes and removes one small file."""
        probe = self._temporary / f"probe-{uuid4().hex}"
        try:
            make_directory(self._temporary)
            write_new(probe, b"probe")
        except OSError as error:
            raise _unavailable(error, self._directory) from error
        finally:
            remove(probe)

    def _path(self, folder: str, key: str) -> Path:
        return self._directory / folder / key[:2] / key

    def _read(self, folder: str, key: str) -> bytes | None:
        try:
            check_note_key(key)
        except ValueError:
            return None
        try:
            return self._path(folder, key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EIO:
                return None  # this file's place on the disk is bad; the next write goes to another
            raise _unavailable(error, self._directory) from error

    def _write(self, folder: str, key: str, content: bytes) -> None:
        final = self._path(folder, key)
        aside = self._temporary / uuid4().hex
        try:
            make_directory(self._temporary)  # someone who empties a cache wants the service to go on
            make_directory(final.parent)
            write_file(final, content, aside=aside)
        except OSError as error:
            raise _unavailable(error, self._directory) from error

    def _remove_stale(self) -> None:
        oldest = time.time() - STALE_SECONDS
        for path in self._temporary.iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def _unavailable(error: OSError, directory: Path) -> StoreUnavailable:
    return StoreUnavailable(f"the store in {directory} is not available: {error.strerror or error}")
