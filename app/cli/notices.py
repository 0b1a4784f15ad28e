"""What is said on standard error besides errors: remarks on the work, and what the layers below log as they go."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click

from app.cli.errors import PROGRAM
from app.tzdb.release import Release


def say(text: str) -> None:
    """Print one line to standard error."""
    click.echo(f"{PROGRAM}: {text}", err=True)


def count_files(count: int) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{count} file" if count == 1 else f"{count} files"


def warn_of(release: Release, names: Iterable[str]) -> None:
    """Print the release's warnings that are about any of ``names``, or about all of it."""
    asked = frozenset(names)
    for warning in release.warnings:
        if not warning.zones or asked & {*warning.zones}:
            say(f"warning: {warning.detail}")


def report_names(release: Release, names: Sequence[str], notes: Iterable[str] = ()) -> None:
    """Print what there is to say of names that a program is built with: warnings, links, notes, and their number."""
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
    """Show warnings that are logged meanwhile as lines of the program's own."""
    logger, handler = logging.getLogger("app"), _Shown(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Shown(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # A refused release is either raised as an error too, or told by `fetch_release`.
        if not (record.name == "app.releases.library" and record.levelno >= logging.ERROR):
            say(f"warning: {record.getMessage()}")
