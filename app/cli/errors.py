"""How errors leave the command line: one exit code for each family, one readable line each.

The errors that only a command line can have (outputs, verdicts) are defined here as well.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass

import click

from app.errors import (
    InvalidContent,
    InvalidName,
    InvalidRequest,
    NotFound,
    Overloaded,
    SourceUnreachable,
    StoreUnavailable,
    TzdataFilterError,
    UntrustedIndex,
    UntrustedRelease,
)
from app.settings import InvalidSettings
from app.text import quote

PROGRAM = "tzdata-filter"
_MAX_LINES = 20
"""How many suggestions or problems are listed under an error."""


class OutputExists(InvalidRequest):
    """The output exists already, holds something else, and may not be replaced."""

    code = "output-exists"
    title = "The output exists"


class OutputUnavailable(TzdataFilterError):
    """The output cannot be written (no permission, disk full, no hard links there)."""

    code = "output-unavailable"
    title = "The output cannot be written"


class PortUnavailable(TzdataFilterError):
    """The service cannot listen at the address it was given (in use, no permission, no such address)."""

    code = "port-unavailable"
    title = "The port is not available"


class DoesNotVerify(TzdataFilterError):
    """A bundle is not what it should be; ``facts['problems']`` lists everything that was found."""

    code = "does-not-verify"
    title = "The bundle does not verify"


@dataclass(frozen=True, slots=True)
class ExitCode:
    """One exit code, what it means, and the families of errors that end with it."""

    number: int
    meaning: str
    families: tuple[type[Exception], ...] = ()


UNEXPECTED, BY_SIGNAL = 1, 128
HUNG_UP, INTERRUPTED, READER_LEFT, TERMINATED = (
    BY_SIGNAL + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)
)
EXIT_CODES = (
    ExitCode(0, "success"),
    ExitCode(UNEXPECTED, "unexpected error, a bug in this program; diff: the zones are affected"),
    ExitCode(2, "wrong usage, a malformed request or setting", (click.UsageError, InvalidRequest, InvalidSettings)),
    ExitCode(3, "the release, zone, table or artifact does not exist", (NotFound,)),
    ExitCode(4, "something does not verify", (UntrustedRelease, UntrustedIndex, InvalidContent, DoesNotVerify)),
    ExitCode(
        5,
        "a source, the store, the output or the port is not available",
        (SourceUnreachable, StoreUnavailable, OutputUnavailable, PortUnavailable, Overloaded),
    ),
    ExitCode(HUNG_UP, "the terminal was closed (SIGHUP)"),
    ExitCode(INTERRUPTED, "interrupted (SIGINT, Ctrl-C)"),
    ExitCode(READER_LEFT, "the reader of the output closed it (SIGPIPE)"),
    ExitCode(TERMINATED, "asked to end (SIGTERM)"),
)
"""Every exit code, for ``--help`` and for the program itself. The last four are 128 and the number of a signal."""


def exit_code(error: Exception) -> int:
    """Return the exit code of an error's family."""
    return next((known.number for known in EXIT_CODES if isinstance(error, known.families)), UNEXPECTED)


def message_lines(error: Exception) -> list[str]:
    """Return the lines in which an error is shown: one that says it, then what may help, indented."""
    first, more = _describe(error)
    return [f"{PROGRAM}: {first}", *(f"  {line}" for line in more)]


def _describe(error: Exception) -> tuple[str, list[str]]:
    match error:
        case InvalidSettings() if len(error.problems) == 1:
            return error.problems[0], []
        case InvalidSettings():
            return f"{len(error.problems)} settings cannot be used", error.problems
        case TzdataFilterError():
            return error.detail, list(_cut(list(_more(error))))
        case click.UsageError() if error.ctx is not None:
            return _one_line(error.format_message()), [f"see {error.ctx.command_path} --help"]
        case click.UsageError():
            return _one_line(error.format_message()), []
        case _:
            return f"{type(error).__name__}: {error}", []


def _more(error: TzdataFilterError) -> Iterator[str]:
    """Yield the facts that the line about the error has no room for."""
    match error.facts:
        case {"problems": list() as problems}:
            yield from map(str, problems)
        case {"suggestions": dict() as suggestions} if len(suggestions) > 1:
            for asked, close in suggestions.items():
                yield f"{asked}: did you mean {' or '.join(close)}?" if close else f"{asked}: no name is similar"
        case {"zones": list() as zones} if isinstance(error, InvalidName) and len(zones) > 1:
            yield from map(quote, zones)
        case _:
            pass


def _cut(lines: list[str]) -> Iterator[str]:
    yield from lines[:_MAX_LINES]
    if len(lines) > _MAX_LINES:
        yield f"and {len(lines) - _MAX_LINES} more"


def _one_line(text: str) -> str:
    return " ".join(text.split())
