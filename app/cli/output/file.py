"""Writing one file that was asked for, in place of what is there; that it appears whole is ``files/durable``'s."""

import os
import stat
from pathlib import Path
from typing import Literal
from uuid import uuid4

from app.cli.errors import OutputExists, OutputUnavailable
from app.cli.output.tree import FILE_MODE
from app.files import durable


def write_file(path: Path, content: bytes) -> Literal["wrote"]:
    """Write ``content`` to ``path``, in place of a file that is there; parents are made.

    Shape: mode 0644 whatever the umask; a symbolic link stays, what it leads to is written.
    Errors: OutputExists for anything that is not a file; OutputUnavailable, and then nothing is left behind.
    """
    path = Path(os.path.realpath(path))
    aside = path.parent / f".{path.name}.{uuid4().hex}"
    try:
        _check_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write_file(path, content, aside=aside, mode=FILE_MODE)
    except OSError as error:
        raise unavailable(path, error) from error
    return "wrote"


def unavailable(path: Path, error: OSError) -> OutputUnavailable:
    """Return the error for an output that the system would not let be written."""
    culprit = f" ({error.filename})" if error.filename and str(error.filename) != str(path) else ""
    return OutputUnavailable(f"{path} cannot be written: {error.strerror or error}{culprit}")


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise OutputExists(f"{path} is {kind}; use - for standard output")
