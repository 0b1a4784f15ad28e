"""Writing files so that at any moment, and after any crash, either the old file or the new one is there.

Which files they are, and who owns them, is not known here; errors are those of the operating system.
"""

import contextlib
import os
from pathlib import Path


def write_file(final: Path, content: bytes, *, aside: Path, mode: int | None = None) -> None:
    """Write ``content`` to ``aside``, flush it, and rename it to ``final``; on return it is durable.

    Args:
        aside: An unused name on the same file system; nothing is left there, whatever happens.
        mode: The permissions, whatever the umask is; without it the umask decides.

    Raises:
        OSError: ``final`` is then as it was before.
    """
    try:
        write_new(aside, content, mode=mode)
        aside.replace(final)
        flush_directory(final.parent)
    finally:
        remove(aside)


def write_new(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file that does not exist yet, and flush it; its name becomes durable when its directory is flushed.

    Raises:
        OSError: Part of the file may then be there.
    """
    with path.open("xb") as file:
        file.write(content)
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def make_directory(path: Path) -> None:
    """Make a directory and those above it; their names are durable on return."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    flush_directory(path.parent)


def flush_directory(path: Path) -> None:
    """Make a new name in a directory durable: names live in the directory, not in the file. Source: fsync(2)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file if it exists and may be removed."""
    with contextlib.suppress(OSError):
        path.unlink()
