"""Writing one file, in place of what is there, or standard output; that a file appears whole is ``files/durable``'s."""

import os
import stat
from pathlib import Path
from typing import Literal
from uuid import uuid4

import click

from app.artifact.formats import STABLE_FORMAT, Format, parse_format, split_ending
from app.cli.errors import OutputExists, OutputUnavailable
from app.cli.output.tree import FILE_MODE
from app.cli.terminal.printing import standard_output
from app.files import durable

STANDARD_OUTPUT = "-"


def output_format(output: str, asked: str | None) -> Format | None:
    """Return the format to write to ``output``; ``None`` is a directory.

    Raises:
        UsageError: The name of the file says another format than ``asked``.
    """
    _, ending = split_ending(output)
    if asked is not None and ending not in (None, asked):
        raise click.UsageError(f"--format {asked} does not fit the name {output}")
    if asked is not None:
        return parse_format(asked)
    return STABLE_FORMAT if output == STANDARD_OUTPUT else ending


def write_bytes(output: str, content: bytes) -> Literal["wrote"]:
    """Write to standard output or to a file.

    Raises:
        OutputExists, OutputUnavailable: As in ``write_file``.
        OSError: Standard output cannot be written, or whoever read it went away.
    """
    if output != STANDARD_OUTPUT:
        return write_file(Path(output), content)
    stream, rest = standard_output().buffer, memoryview(content)
    while rest:
        # With PYTHONUNBUFFERED this is a raw file, which may write less than it was given.
        rest = rest[stream.write(rest) :]
    stream.flush()
    return "wrote"


def write_file(path: Path, content: bytes) -> Literal["wrote"]:
    """Write ``content`` to ``path``, in place of a file that is there; parents are made.

    Its mode is 0644 whatever the umask. A symbolic link stays, and what it leads to is written.

    Raises:
        OutputExists: What is there is not a file.
        OutputUnavailable: It cannot be written; nothing is left behind.
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
