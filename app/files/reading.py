"""Reading files that somebody named: bounded, and without ever waiting for a pipe that nobody writes to.

What the files are, and what their owner calls an error, is not known here; errors are those of the operating system.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path

_PIECE_BYTES = 1 << 20


def read_at_most(path: Path, size: int, *, follow: bool = True) -> bytes:
    """Return the first ``size`` bytes of a file, or of a pipe that is being written.

    Args:
        follow: Whether ``path`` may be a symbolic link.

    Raises:
        OSError: It cannot be read; it is a directory, a device, or a pipe that nobody writes to.
    """
    # Looked at before it is opened: to open a device may already do something.
    _check_kind(path.stat() if follow else path.lstat())
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    try:
        status = os.fstat(descriptor)
        _check_kind(status)
        content = bytearray()
        with contextlib.suppress(BlockingIOError):  # there is a writer, which has not written yet
            content += os.read(descriptor, min(size, _PIECE_BYTES))
            if not content and stat.S_ISFIFO(status.st_mode):
                raise OSError(errno.EINVAL, "it is a pipe that nobody writes to")
        os.set_blocking(descriptor, True)
        while len(content) < size:
            piece = os.read(descriptor, min(size - len(content), _PIECE_BYTES))
            if not piece:
                break
            content += piece
    finally:
        os.close(descriptor)
    return bytes(content)


def _check_kind(status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(errno.EISDIR, "it is a directory")
    is_null = kind == stat.S_IFCHR and status.st_rdev == Path(os.devnull).stat().st_rdev
    if kind not in (stat.S_IFREG, stat.S_IFIFO) and not is_null:
        raise OSError(errno.EINVAL, "it is a device, a socket or a link, not a file")
