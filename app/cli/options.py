"""The options that say what goes into a bundle, the same for every command that takes a list of zones."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypedDict, TypeVar, get_args

import click

from app.artifact.spec import FORMATS, Encoding, LinkStyle, Spec, parse_spec
from app.cli.opening import Places, place_options, release_option, tree_option
from app.errors import LimitExceeded
from app.tzdb.selection import Aliases
from app.tzdb.tables import TABLE_NAMES

P = ParamSpec("P")
R = TypeVar("R")

MAX_ZONES_FILE_BYTES = 1 << 20


class Bundle(TypedDict):
    """What the options of ``bundle_options`` say, as click hands it to a command."""

    zones: tuple[str, ...]
    zones_file: BinaryIO | None
    release: str
    format: str | None
    aliases: str | None
    links: str | None
    encoding: str | None
    tables: tuple[str, ...]
    prefix: str | None
    module: str | None


class Selection(Bundle, Places):
    """What the options of ``selection_options`` say."""

    tree: Path | None


def selection_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Selection``."""
    return bundle_options(tree_option(place_options(command)))


def bundle_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Bundle``."""
    options = (
        click.argument("zones", nargs=-1, metavar="ZONES..."),
        click.option(
            "--zones-file",
            type=click.File("rb"),
            metavar="FILE",
            help="More zones, one a line, # starts a comment; - is standard input.",
        ),
        release_option,
        click.option("--format", type=click.Choice(FORMATS), help="Form of a file, if its name does not say it."),
        click.option(
            "--aliases",
            type=click.Choice(get_args(Aliases)),
            help="Only what was asked (the default), or the zone behind each alias too, or all aliases of each zone.",
        ),
        click.option(
            "--links",
            type=click.Choice(get_args(LinkStyle)),
            help="How an alias beside its zone is written; hard by default, copy in a zip.",
        ),
        click.option(
            "--encoding",
            type=click.Choice(get_args(Encoding)),
            help="slim (the default), or fat for pytz and its like.",
        ),
        click.option(
            "--tables", multiple=True, metavar="LIST", help=f"Tables cut to the zones: {', '.join(TABLE_NAMES)}."
        ),
        click.option("--prefix", metavar="PATH", help="Put everything below a path such as usr/share/zoneinfo."),
        click.option("--module", metavar="PATH", help="The module path of a Go package; tzdata by default."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def parse_selection(selection: Bundle, *, format: str) -> Spec:
    """Read the options. Errors: those of ``parse_spec``; UsageError for a zones file that is no text."""
    file = selection["zones_file"]
    zones = [*split_zones(selection["zones"]), *(read_zones_file(file) if file is not None else ())]
    texts = {
        "aliases": selection["aliases"],
        "links": selection["links"],
        "encoding": selection["encoding"],
        "tables": ",".join(selection["tables"]) or None,
        "prefix": selection["prefix"],
        "module": selection["module"],
    }
    options = {name: text for name, text in texts.items() if text is not None}
    return parse_spec(selection["release"], zones, format=format, options=options)


def split_zones(arguments: Iterable[str]) -> Iterator[str]:
    """Yield the selectors of arguments that hold one or more, apart by spaces or commas.

    An empty one between commas is passed on, to be refused with the others: it may stand for a variable that was unset.
    """
    for argument in arguments:
        for part in argument.split(","):
            yield from part.split() or [""]


def read_zones_file(file: BinaryIO) -> Iterator[str]:
    """Yield the selectors of a file, one a line. Errors: UsageError if it is no UTF-8, LimitExceeded."""
    content = file.read(MAX_ZONES_FILE_BYTES + 1)
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
