"""What is printed to standard error besides errors: reports, and the warnings that the layers below log."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from app.cli.errors import PROGRAM
from app.cli.terminal.printing import print_error
from app.tzdb.release import Release


def say(text: str) -> None:
    """Print one line to standard error."""
    print_error(f"{PROGRAM}: {text}")


def count_files(count: int) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{count} file" if count == 1 else f"{count} files"


def warn_of(release: Release, names: Iterable[str]) -> None:
    """Print the release's warnings that are about any of ``names``, or about the whole release."""
    asked = frozenset(names)
    for warning in release.warnings:
        if not warning.zones or asked & {*warning.zones}:
            say(f"warning: {warning.detail}")


def report_names(release: Release, names: Sequence[str], notes: Iterable[str] = ()) -> None:
    """Report on names that a program is built with: warnings, which are links, notes, and how many they are."""
    warn_of(release, names)
    for name in names:
        if release.kind(name) == "link":
            say(f"{name} is a link to {release.canonical(name)} in release {release.version}")
    for note in notes:
        say(note)
    count = "1 zone" if len(names) == 1 else f"{len(names)} zones"
    say(f"{count}, all in release {release.version}")


@contextmanager
def shown_log() -> Iterator[None]:
    """Print warnings that are logged meanwhile, in the form of the program's own messages."""
    logger, handler = logging.getLogger("app"), _Shown(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Shown(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # A refused release is either raised as an error too, or reported by `fetch_release`.
        if not (record.name == "app.releases.loader" and record.levelno >= logging.ERROR):
            say(f"warning: {record.getMessage()}")
