"""The options that say what goes into a bundle, the same for every command that takes a list of zones."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import ParamSpec, TypedDict, TypeVar

import click

from app.artifact.formats import FORMATS
from app.artifact.options import OPTIONS, OptionRow
from app.artifact.spec import Spec, parse_spec
from app.cli.opening import Places, place_options, release_option, tree_option
from app.errors import LimitExceeded
from app.files.reading import read_at_most

P = ParamSpec("P")
R = TypeVar("R")

MAX_ZONES_FILE_BYTES = 1 << 20
ZONES_FILE = click.Path(exists=True, dir_okay=False, readable=False, allow_dash=True, path_type=Path)
_STANDARD_INPUT = Path("-")


class Zones(TypedDict):
    """The zones that a command is given, as click hands them over.

    Attributes:
        zones: Texts, each with one selector or more.
        zones_file: A file with one selector a line; ``-`` is standard input.
    """

    zones: tuple[str, ...]
    zones_file: Path | None


class Bundle(Zones):
    """What the options of ``bundle_options`` say, as click hands it to a command; besides, each of ``OPTIONS``."""

    release: str
    format: str | None


class Names(Zones, Places):
    """What the options of ``names_options`` say."""

    release: str


class Selection(Bundle, Places):
    """What the options of ``selection_options`` say."""

    tree: Path | None


def selection_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Selection``."""
    return bundle_options(tree_option(place_options(command)))


def names_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Names``; its zones are all given by options."""
    include = click.option(
        "--include", "zones", multiple=True, metavar="LIST", help="Names, globs or countries, separated by commas."
    )
    return include(zones_file_option(release_option(place_options(command))))


def bundle_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Bundle``."""
    options: tuple[Callable[[Callable[P, R]], Callable[P, R]], ...] = (
        zones_options,
        release_option,
        click.option(
            "--format", type=click.Choice(list(FORMATS)), help="The format, if the name of the output does not say it."
        ),
        *map(_make_option, OPTIONS.values()),
    )
    for option in reversed(options):
        command = option(command)
    return command


def zones_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the zones as arguments, and ``--zones-file``."""
    return click.argument("zones", nargs=-1, metavar="ZONES...")(zones_file_option(command))


def zones_file_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--zones-file``."""
    return click.option(
        "--zones-file",
        type=ZONES_FILE,
        metavar="FILE",
        help="A file with more zones, one a line; # starts a comment, - is standard input.",
    )(command)


def _make_option(row: OptionRow) -> Callable[[Callable[P, R]], Callable[P, R]]:
    words, flag = row.words, f"--{row.name}"
    if row.is_list:
        return click.option(flag, multiple=True, metavar=words.metavar, help=words.help)
    if row.choices:
        return click.option(flag, type=click.Choice(row.choices), help=words.help)
    return click.option(flag, metavar=words.metavar, help=words.help)


def _given(selection: Mapping[str, object], row: OptionRow) -> str | None:
    """Return the text that was given for an option; a list may be given in parts."""
    value = selection[row.name]
    if isinstance(value, tuple):
        return ",".join(value) or None
    return None if value is None else str(value)


def parse_selection(selection: Bundle, *, format: str) -> Spec:
    """Read the options.

    Raises:
        InvalidRequest: As in ``parse_spec``.
        UsageError: If the file of zones is not text.
    """
    options = {name: text for name, row in OPTIONS.items() if (text := _given(selection, row)) is not None}
    return parse_spec(selection["release"], read_zones(selection), format=format, options=options)


def given_options(selection: Bundle) -> Iterator[str]:
    """Yield the names of the options of a bundle, and ``format``, that were given."""
    if selection["format"] is not None:
        yield "format"
    yield from (name for name, row in OPTIONS.items() if _given(selection, row) is not None)


def read_zones(given: Zones) -> list[str]:
    """Return the selectors of the arguments, then those of the file.

    Raises:
        UsageError, LimitExceeded: As in ``read_zones_file``.
    """
    file = given["zones_file"]
    return [*split_zones(given["zones"]), *(read_zones_file(file) if file is not None else ())]


def split_zones(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the selectors of arguments, each of which holds one or more, separated by spaces or commas.

    An empty one between commas is passed on, to be refused with the others: it may stand for an unset variable.
    """
    for argument in arguments:
        for part in argument.split(","):
            yield from part.split() or [""]


def read_zones_file(file: Path) -> Iterator[str]:
    """Yield the selectors of a file, one a line.

    Raises:
        UsageError: If it cannot be read, or is not UTF-8.
        LimitExceeded: If it is too large.
    """
    try:
        most = MAX_ZONES_FILE_BYTES + 1
        content = sys.stdin.buffer.read(most) if file == _STANDARD_INPUT else read_at_most(file, most)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error
    if len(content) > MAX_ZONES_FILE_BYTES:
        raise LimitExceeded(
            f"the file of zones is larger than {MAX_ZONES_FILE_BYTES} bytes", limit=MAX_ZONES_FILE_BYTES
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"the file of zones is not UTF-8 text at byte {error.start}") from error
    for line in text.splitlines():
        selector = line.partition("#")[0].strip()
        if selector:
            yield selector
