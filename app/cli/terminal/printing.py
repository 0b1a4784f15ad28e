"""The one gate through which the command line prints: nothing that a stranger wrote moves a cursor or hides a line.

What goes to standard output as bytes (a bundle, a list) does not pass here, and stays exact: ``output/file``.
"""

import errno
import os
import sys
from typing import TextIO

import click

from app.cli.errors import OutputUnavailable
from app.text import cut, format_json, one_line

_MAX_LINE_LENGTH = 4_000
_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def print_lines(*lines: str) -> None:
    """Print each text as one line on standard output; what is not printable in it is escaped.

    Raises:
        OSError: Standard output cannot be written; ``output_error`` says what that means.
    """
    for line in lines:
        click.echo(_shown(line, standard_output()))


def print_json(value: object) -> None:
    """Print a value as JSON on standard output, for programs and for people. Raises: as ``print_lines``."""
    click.echo(format_json(value, indent=2), standard_output())


def print_error(*lines: str) -> None:
    """Print each text as one line on standard error, as ``print_lines`` does, if anything can be printed there."""
    try:
        for line in lines:
            click.echo(_shown(line, sys.stderr), err=True)
    except OSError:
        _silence(sys.stderr)


def standard_output() -> TextIO:
    """Return standard output. Raises: OSError if the program was started without one."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdout


def output_error(error: Exception) -> OutputUnavailable | None:
    """Return the error that it is when standard output cannot be written, ``None`` for any other error."""
    # What is wrong with a file has the file's name; a stream has none.
    if not isinstance(error, OSError) or error.filename is not None or error.errno not in _WRITING:
        return None
    close_standard_output()
    return OutputUnavailable(f"standard output cannot be written: {error.strerror}")


def close_standard_output() -> None:
    """Let nobody write to standard output any more."""
    if sys.stdout is not None:
        _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    # What is left in its buffer would fail again when Python ends, which would then be the exit status.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _shown(text: str, stream: TextIO | None) -> str:
    """Return ``text`` as one line of bounded length, with escapes for what is not printable in its encoding."""
    encoding = stream.encoding if stream is not None else None
    text = cut(one_line(text), _MAX_LINE_LENGTH)
    return text.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii")
