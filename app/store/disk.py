"""A store in a directory: it survives restarts, and processes on one machine may share it.

Layout: ``blobs/ab/abcd…``, and a folder for each kind of note: ``records/``, ``origins/``, ``images/``, ``releases/``
and ``sets/``. A note's file starts with the sha256 of the rest. Releases (the ledger) and sets are memory, not cache:
nothing can make them again. ``temporary/`` holds what is being written; what a killed process left there is removed at
a later start, once it is old enough.
"""

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from app.digest import sha256_hex
from app.errors import DamagedNote, StoreUnavailable
from app.files.below import ASIDE_LENGTH, Below, NotPlain, names_in
from app.store.base import LASTING, MAX_VALUE_BYTES, NoteKind, Usage, check_note_key
from app.store.room import Bounds, Room

STALE_SECONDS = 3_600
"""Age at which a temporary file no longer belongs to anyone: a single write never takes an hour."""

_ASIDE = re.compile(rf"[0-9a-f]{{{ASIDE_LENGTH}}}")
_SHARD = re.compile(r"[0-9a-z]{1,2}")
_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that say nothing about the file: a moment later it can be read."""


class DiskStore:
    """Store: one file per value, written aside, flushed, then renamed into place. No link in it is followed."""

    name = "disk"

    def __init__(self, directory: Path, bounds: Bounds | None = None) -> None:
        """Make the directories. Raises: StoreUnavailable if they cannot be made or read."""
        self._directory = directory
        self._files = Below(directory)
        self._room = Room(directory, bounds or Bounds())
        with self._available("temporary"), self._files.opened("temporary", make=True) as temporary:
            _remove_stale(temporary)

    def read_blob(self, sha256: str) -> bytes | None:
        """See ``Store.read_blob``."""
        try:
            content = self._read("blobs", sha256)
        except _Damaged:
            return None
        return content if content is not None and sha256_hex(content) == sha256 else None

    def write_blob(self, sha256: str, content: bytes, *, lasting: bool = False) -> None:
        """See ``Store.write_blob``."""
        if sha256_hex(content) != sha256:
            raise ValueError(f"{sha256} is not the sha256 of the content")
        self._write("blobs", sha256, content, lasting=lasting)

    def read_note(self, kind: NoteKind, key: str) -> bytes | None:
        """See ``Store.read_note``."""
        try:
            stored = self._read(f"{kind}s", key)
            if stored is None:
                return None
            sum_, _, content = stored.partition(b"\n")
            if sum_ != sha256_hex(content).encode():
                raise _Damaged("is not as it was written")
        except _Damaged as damage:
            if kind not in LASTING:
                return None
            raise DamagedNote(f"{self.place(kind, key)} {damage}") from damage
        return content

    def write_note(self, kind: NoteKind, key: str, content: bytes) -> None:
        """See ``Store.write_note``."""
        check_note_key(key)
        self._write(f"{kind}s", key, _with_sum(content))

    def add_note(self, kind: NoteKind, key: str, content: bytes) -> bool:
        """See ``Store.add_note``."""
        check_note_key(key)
        return self._write(f"{kind}s", key, _with_sum(content), replace=False)

    def note_keys(self, kind: NoteKind) -> list[str]:
        """See ``Store.note_keys``. Names that no note can have are passed over."""
        keys: list[str] = []
        with self._available(f"{kind}s"), contextlib.suppress(FileNotFoundError):
            with self._files.opened(f"{kind}s") as folder:
                shards = [name for name in names_in(folder) if _SHARD.fullmatch(name)]
            for shard in shards:
                with contextlib.suppress(FileNotFoundError), self._files.opened(f"{kind}s", shard) as directory:
                    keys += (name for name in names_in(directory) if name[:2] == shard and _is_key(name))
        return sorted(keys)

    def place(self, kind: NoteKind, key: str) -> str:
        """See ``Store.place``."""
        return str(self._directory / f"{kind}s" / key[:2] / key)

    def check(self) -> None:
        """See ``Store.check``. It writes and removes one small file."""
        with self._available("temporary"), self._files.opened("temporary", make=True) as temporary:
            probe = uuid4().hex
            self._files.write(temporary, temporary, probe, b"probe", replace=True)
            os.unlink(probe, dir_fd=temporary)
        self._room.look()

    def usage(self) -> Usage:
        """See ``Store.usage``."""
        return self._room.usage()

    def _read(self, folder: str, key: str) -> bytes | None:
        """Return the content of a value's file. Raises: _Damaged, StoreUnavailable."""
        if not _is_key(key):
            return None
        with (
            self._available(folder),
            contextlib.suppress(FileNotFoundError),
            self._files.opened(folder, key[:2]) as directory,
        ):
            try:
                return self._files.read(directory, key, max_bytes=MAX_VALUE_BYTES)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno in _SCARCE:
                    raise
                raise _Damaged(_reason(error)) from error
        return None

    def _write(self, folder: str, key: str, content: bytes, *, replace: bool = True, lasting: bool = False) -> bool:
        if len(content) > MAX_VALUE_BYTES:
            raise StoreUnavailable(f"a value of {len(content)} bytes is too large to keep")
        self._room.check(folder, len(content), lasting=lasting)
        with (
            self._available(folder),
            # Someone who empties a cache wants the service to go on: what is missing is made.
            self._files.opened("temporary", make=True) as aside,
            self._files.opened(folder, key[:2], make=True) as directory,
        ):
            replaced = _size_of(directory, key)
            written = self._files.write(aside, directory, key, content, replace=replace)
        if written:
            self._room.add(folder, len(content), replaced=replaced)
        return written

    @contextlib.contextmanager
    def _available(self, folder: str) -> Iterator[None]:
        """Make errors of the operating system those of the store."""
        try:
            yield
        except OSError as error:
            detail = f"the store in {self._directory} is not available: {folder}: {_reason(error)}"
            raise StoreUnavailable(detail) from error


class _Damaged(Exception):
    """A value's file is there and is not whole, or cannot be read; the text says what is wrong with it."""


def _with_sum(content: bytes) -> bytes:
    return sha256_hex(content).encode() + b"\n" + content


def _is_key(text: str) -> bool:
    try:
        check_note_key(text)
    except ValueError:
        return False
    return True


def _size_of(directory: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False).st_size
    except OSError:
        return 0


def _reason(error: OSError) -> str:
    if isinstance(error, NotPlain):
        return str(error.strerror)
    if error.errno in (errno.ENOTDIR, errno.ELOOP):
        return "something on the way to it is not a directory (symbolic links are not followed)"
    return f"{error.strerror or error}"


def _remove_stale(temporary: int) -> None:
    """Remove what killed processes of this user left; anything else is not ours."""
    oldest = time.time() - STALE_SECONDS
    for name in names_in(temporary):
        with contextlib.suppress(OSError):
            found = os.stat(name, dir_fd=temporary, follow_symlinks=False)
            ours = _ASIDE.fullmatch(name) and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
            if ours and found.st_mtime < oldest:
                os.unlink(name, dir_fd=temporary)
