"""Writing files so that at any moment, and after any crash, there is the old one or the new one.

Which files, and whose, is not known here; errors are the system's.
"""

import contextlib
import os
from pathlib import Path


def write_file(final: Path, content: bytes, *, aside: Path, mode: int | None = None) -> None:
    """Write ``content`` to ``aside``, flush it, and rename that to ``final``; on return it is durable.

    Args:
        aside: A name on the same file system that nothing has; nothing is left there, whatever happens.
        mode: The permissions, whatever the umask; without it the umask decides.

    Raises:
        OSError: ``final`` is then as it was.
    """
    try:
        write_new(aside, content, mode=mode)
        aside.replace(final)
        flush_directory(final.parent)
    finally:
        remove(aside)


def write_new(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file that is not there yet, and flush it; its name becomes durable with its directory.

    Raises:
        OSError: Part of it may be there then.
    """
    with path.open("xb") as file:
        file.write(content)
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def make_directory(path: Path) -> None:
    """Make a directory and those above it, as durable as what will lie in them."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    flush_directory(path.parent)


def flush_directory(path: Path) -> None:
    """Make a new name durable: it lives in the directory, not in the file. Source: fsync(2)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, if it is there and that is allowed."""
    with contextlib.suppress(OSError):
        path.unlink()
