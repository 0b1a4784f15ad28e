"""Reading and writing below one directory, without following anything out of it and without waiting for anybody.

The directory itself may be reached by symbolic links: whoever runs the program chose its path. What lies below it may
have been put there by others: no symbolic link there is followed, and only plain files are opened. What the files mean
is not known here; errors are those of the operating system.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from app.files.durable import make_directory

ASIDE_LENGTH = 32
"""How many hexadecimal digits the name of a file has that is being written."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link, which is not followed",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotPlain(OSError):
    """There is something at the path, but not a plain file that this program may take for its own."""


@dataclass(frozen=True, slots=True)
class Below:
    """The files below a directory. Methods block.

    Files of other users are not read: what is here belongs to this user, to root, or to whom the directory belongs.
    """

    root: Path

    @contextlib.contextmanager
    def opened(self, *names: str, make: bool = False) -> Iterator[int]:
        """Open a directory below the root for the context.

        Args:
            make: Whether to make what is missing on the way; new names are durable once the context begins.

        Raises:
            OSError: It is not there, or something on the way is not a directory.
        """
        if make:
            make_directory(self.root)
        descriptor = os.open(self.root, _DIRECTORY)
        try:
            for name in names:
                if make:
                    _make_inside(descriptor, name)
                inner = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def read(self, directory: int, name: str, *, max_bytes: int) -> bytes:
        """Return the bytes of a plain file.

        Raises:
            FileNotFoundError: Nothing has the name.
            NotPlain: What has it is not a plain file, is too large, or belongs to another user.
            OSError: It cannot be read.
        """
        # Looked at before it is opened: opening a device may already do something.
        self._check_plain(os.stat(name, dir_fd=directory, follow_symlinks=False), max_bytes)
        descriptor = os.open(name, _READ, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as file:
            self._check_plain(os.fstat(descriptor), max_bytes)
            content = file.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise NotPlain(errno.EFBIG, "is too large")
        return content

    def write(self, aside: int, final: int, name: str, content: bytes, *, replace: bool) -> bool:
        """Write a file in the directory ``aside``, flush it, and give it its name in ``final``, durably.

        Args:
            replace: Whether to take the place of whatever has the name; a directory that is not empty stays.

        Returns:
            Whether it was written; ``False`` only without ``replace``, if something has the name.

        Raises:
            OSError: It cannot be written; nothing has changed.
        """
        temporary = uuid4().hex
        try:
            descriptor = os.open(temporary, _WRITE_NEW, 0o666, dir_fd=aside)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            if replace:
                _replace(temporary, aside, name, final)
            elif not _add(temporary, aside, name, final):
                return False
            os.fsync(final)
            return True
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=aside)

    def _check_plain(self, found: os.stat_result, max_bytes: int) -> None:
        kind = stat.S_IFMT(found.st_mode)
        if kind != stat.S_IFREG:
            raise NotPlain(errno.EINVAL, f"is {_KINDS.get(kind, 'not a file')}")
        if found.st_size > max_bytes:
            raise NotPlain(errno.EFBIG, f"is too large: {found.st_size} bytes")
        if found.st_uid not in (0, os.geteuid()) and found.st_uid != self.root.stat().st_uid:
            raise NotPlain(errno.EPERM, f"belongs to another user, with the number {found.st_uid}")


def names_in(directory: int) -> list[str]:
    """Return the names in an open directory. Raises: OSError."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]


def _make_inside(directory: int, name: str) -> None:
    try:
        os.mkdir(name, dir_fd=directory)
    except FileExistsError:
        return
    os.fsync(directory)


def _replace(temporary: str, aside: int, name: str, final: int) -> None:
    try:
        os.replace(temporary, name, src_dir_fd=aside, dst_dir_fd=final)
    except IsADirectoryError:
        os.rmdir(name, dir_fd=final)
        os.replace(temporary, name, src_dir_fd=aside, dst_dir_fd=final)


def _add(temporary: str, aside: int, name: str, final: int) -> bool:
    try:
        os.link(temporary, name, src_dir_fd=aside, dst_dir_fd=final, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:
        # Not every file system has hard links. Between the look and the renaming, another process may come first.
        with contextlib.suppress(FileNotFoundError):
            os.stat(name, dir_fd=final, follow_symlinks=False)
            return False
        os.replace(temporary, name, src_dir_fd=aside, dst_dir_fd=final)
    return True
