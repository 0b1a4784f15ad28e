"""The options of a bundle, one field each: its values, its words, and which formats it goes with.

Everything that must know the options (the command line, query and body over HTTP, OpenAPI, records, lock files) goes
through ``OPTIONS``, which is made from the fields of ``Options``: to add an option, add a field.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, get_args, get_origin, get_type_hints

from app.artifact.formats import ROWS, FormatRow, LinkStyle
from app.errors import InvalidOption
from app.text import quote
from app.tzdb.selection import Aliases
from app.tzdb.tables import TABLE_NAMES, TableName

Encoding: TypeAlias = Literal["slim", "fat"]
Member: TypeAlias = str | list[str]
"""An option's value in JSON."""

MAX_PREFIX_LENGTH = 55
"""Characters. With a slash and the longest name a path then still fits USTAR's 100 bytes, link targets too."""
DEFAULT_MODULE = "tzdata"
MAX_MODULE_LENGTH = 2_000
"""Characters. The Go tool keeps a module in a directory of that name, which must fit a path of 4,096."""

_COMPONENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._+][A-Za-z0-9._+-]*"
_PREFIX = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_ELEMENT = r"[A-Za-z0-9_~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?"
_MODULE = re.compile(rf"(?!-){_ELEMENT}(?:/{_ELEMENT})*(?<!/v[0-9])(?<!/v[0-9][0-9])")


@dataclass(frozen=True, slots=True)
class OptionRow:
    """What there is to know about one option.

    Attributes:
        name: One lower-case word.
        choices: The values on offer, in the order to show them; empty for free text.
        is_list: Whether it takes several values.
        default: As text, lists comma-separated.
        words: What its field says about it.
    """

    name: str
    choices: tuple[str, ...]
    is_list: bool
    default: str
    words: "Option"


Parse: TypeAlias = Callable[[OptionRow, Mapping[str, str], FormatRow], object]
"""Makes the value of an option from the texts of all options, for a format. Raises: InvalidOption."""


def _parse_choice(row: OptionRow, texts: Mapping[str, str], _: FormatRow) -> str:
    return _choose(row.name, texts.get(row.name, row.default), row.choices)


@dataclass(frozen=True, slots=True)
class Option:
    """What a field of ``Options`` says besides its type and its default.

    Attributes:
        help: For the command line: one sentence.
        about: For the OpenAPI document; may use Markdown.
        parse: Parses its value. The default takes one of the choices of its type, whatever the format; lists and free
            texts bring their own function.
        metavar: What stands for a free text or a list in the help of the command line.
        example: A value to show, as text.
        max_length: Of a free text, in characters.
        pattern: What every free text or list matches, for documents; not everything that matches is one.
        always: Whether records and lock files have it even at its default. Only for the first options: a new one would
            change the bytes of equal requests, and is missing from what was written before.
    """

    help: str
    about: str
    parse: Parse = _parse_choice
    metavar: str = "TEXT"
    example: str = ""
    max_length: int | None = None
    pattern: str = ""
    always: bool = False


def _parse_links(row: OptionRow, texts: Mapping[str, str], format: FormatRow) -> str:
    style = texts.get(row.name, format.links[0])
    if format.links == ("copy",) and style != "copy":
        raise InvalidOption(
            f"a {format.called} holds full copies only: leave links out or write links=copy", options=[row.name]
        )
    return _choose(row.name, style, format.links)


def _parse_tables(row: OptionRow, texts: Mapping[str, str], format: FormatRow) -> tuple[str, ...]:
    text = texts.get(row.name, "")
    if not text:
        return ()
    if format.holds != "tree":
        raise InvalidOption("a Go package holds zones only: tables is for the other formats", options=[row.name])
    asked = set(text.split(","))
    unknown = sorted(asked - set(row.choices))
    if unknown:
        raise InvalidOption(
            f"{quote(unknown[0])} is not a table; the tables are {', '.join(row.choices)}", options=[row.name]
        )
    return tuple(table for table in row.choices if table in asked)


def _parse_prefix(row: OptionRow, texts: Mapping[str, str], format: FormatRow) -> str:
    text = texts.get(row.name, "")
    if not text:
        return ""
    if not format.prefix:
        offer = _listed(each.ending for each in ROWS if each.prefix)
        raise InvalidOption(f"a {format.called} has its names at the root: prefix is for {offer}", options=[row.name])
    if len(text) > MAX_PREFIX_LENGTH or not _PREFIX.fullmatch(text):
        raise InvalidOption(
            f"prefix={quote(text)} is not a relative directory of at most {MAX_PREFIX_LENGTH} letters, digits and ._+-/"
            " such as usr/share/zoneinfo",
            options=[row.name],
        )
    return text


def _parse_module(row: OptionRow, texts: Mapping[str, str], format: FormatRow) -> str:
    """Return the module path. A package below a prefix belongs to the module around it and has none."""
    text = texts.get(row.name, "")
    if format.holds == "tree" or texts.get("prefix"):
        if text:
            raise InvalidOption(f"module is for {_MODULE_FORMATS}", options=[row.name])
        return ""
    if not is_module_path(text or DEFAULT_MODULE):
        raise InvalidOption(
            f"module={quote(text)} is not a Go module path of at most {MAX_MODULE_LENGTH} characters such as"
            " example.com/tzdata; one that ends in /v2 cannot have v0 versions",
            options=[row.name],
        )
    return text or DEFAULT_MODULE


def _listed(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _choose(name: str, text: str, choices: Collection[str]) -> str:
    if text not in choices:
        raise InvalidOption(f"{name}={quote(text)} is not on offer; use one of {', '.join(choices)}", options=[name])
    return text


_TREES = _listed(row.ending for row in ROWS if row.holds == "tree" and row.prefix)
_PACKAGES = _listed(row.ending for row in ROWS if row.holds == "go-package")
_MODULES = _listed(row.ending for row in ROWS if row.holds == "go-module")
_TABLE = "({})".format("|".join(re.escape(table) for table in TABLE_NAMES))
_MODULE_FORMATS = f"{_MODULES}, and for {_PACKAGES} without prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a request can choose besides release, zones and format.

    Attributes:
        aliases: Which names come with those asked for.
        links: How a Link beside its Zone is written.
        encoding: How much of its transitions a file spells out.
        tables: Sorted.
        prefix: A relative directory without slashes at its ends, or empty.
        module: A Go module's path, empty for what holds no Go module.
    """

    aliases: Annotated[
        Aliases,
        Option(
            help="Only what was asked for (the default), the zone behind each alias too, or all aliases of each zone.",
            about="`exact`: only what was asked for. `target`: plus the Zone behind each Link. `all`: plus every"
            " Link of each Zone.",
            always=True,
        ),
    ] = "exact"
    links: Annotated[
        LinkStyle,
        Option(
            help="How an alias beside its zone is written; hard by default, copy in a zip.",
            about="How a Link is written if its Zone is in the bundle too. A zip holds copies only.",
            parse=_parse_links,
            always=True,
        ),
    ] = "hard"
    encoding: Annotated[
        Encoding,
        Option(
            help="slim (the default), or fat for pytz and its like.",
            about="`slim`: the release's own bytes. `fat`: transitions written out to 2037 and the 32-bit data"
            " filled, for readers that take slim files for UTC (pytz, dateutil 2.9).",
            always=True,
        ),
    ] = "slim"
    tables: Annotated[
        tuple[TableName, ...],
        Option(
            help=f"Tables cut to the zones: {', '.join(TABLE_NAMES)}.",
            about=f"Tables to add, cut to the selection, comma-separated: {', '.join(TABLE_NAMES)}.",
            parse=_parse_tables,
            metavar="LIST",
            example="zone1970.tab,iso3166.tab",
            pattern=rf"^({_TABLE}(,{_TABLE})*)?$",
            always=True,
        ),
    ] = ()
    prefix: Annotated[
        str,
        Option(
            help="Put everything below a path such as usr/share/zoneinfo.",
            about=f"A directory to put the tree under; for {_TREES}, and for {_PACKAGES}, which then has no go.mod.",
            parse=_parse_prefix,
            metavar="PATH",
            example="usr/share/zoneinfo",
            max_length=MAX_PREFIX_LENGTH,
            pattern=r"^([A-Za-z0-9._+][A-Za-z0-9._+-]*(/[A-Za-z0-9._+][A-Za-z0-9._+-]*)*)?$",
            always=True,
        ),
    ] = ""
    module: Annotated[
        str,
        Option(
            help=f"The module path of a Go package; {DEFAULT_MODULE} by default.",
            about=f"The module path in go.mod; for {_MODULE_FORMATS}. Without it: {DEFAULT_MODULE}.",
            parse=_parse_module,
            metavar="PATH",
            max_length=MAX_MODULE_LENGTH,
            pattern=r"^([A-Za-z0-9_~][A-Za-z0-9._~/-]*)?$",
        ),
    ] = ""


def _make_rows() -> Mapping[str, OptionRow]:
    hints = get_type_hints(Options, include_extras=True)
    rows = {}
    for name, hint in hints.items():
        kind, words = get_args(hint)
        is_list = get_origin(kind) is tuple
        choices = get_args(get_args(kind)[0] if is_list else kind)
        value = getattr(Options(), name)
        rows[name] = OptionRow(name, choices, is_list, ",".join(value) if is_list else value, words)
    return rows


OPTIONS: Mapping[str, OptionRow] = _make_rows()


def check_option_names(options: Collection[str], *, known: Collection[str]) -> None:
    """Check that every option is one of ``known``.

    Raises:
        InvalidOption: Some are not; the error names them.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        shown = ", ".join(map(quote, unknown[:5]))
        offer = f"the options are {', '.join(known)}" if known else "there are none here"
        raise InvalidOption(f"unknown option {shown}; {offer}", options=[name[:64] for name in unknown[:5]])


def parse_options(texts: Mapping[str, str], format: FormatRow) -> Mapping[str, object]:
    """Return the values of all options, by name, for a format.

    Raises:
        InvalidOption: An option has no such value, or does not go with the format or with another option.
    """
    return {name: row.words.parse(row, texts, format) for name, row in OPTIONS.items()}


def option_members(options: Options) -> dict[str, Member]:
    """Return options as members of JSON and of lock files; those that may be missing are left out at their defaults."""
    members: dict[str, Member] = {}
    for name, row in OPTIONS.items():
        value = getattr(options, name)
        text = ",".join(value) if row.is_list else value
        if row.words.always or text != row.default:
            members[name] = list(value) if row.is_list else value
    return members


def is_module_path(text: str) -> bool:
    """Tell whether ``text`` could be the path of a Go module. Source: golang.org/x/mod/module, *CheckPath*."""
    return len(text) <= MAX_MODULE_LENGTH and _MODULE.fullmatch(text) is not None
