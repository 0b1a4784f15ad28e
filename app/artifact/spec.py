"""What the caller asked for, read and checked, before any release is known.

All rules about options live here: their names, their values, which go with which format. Every gate (HTTP path, JSON
body, command line) makes its ``Spec`` through ``parse_spec``, so they cannot disagree.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from app.errors import InvalidName, InvalidOption, LimitExceeded, UnknownFormat
from app.tzdb.names import is_channel_name, is_release_name, quote
from app.tzdb.selection import Aliases, Selector, parse_selectors
from app.tzdb.tables import TABLE_NAMES, TableName

Format = Literal["tar", "tar.gz", "zip", "go.tar.gz", "go.zip"]
LinkStyle = Literal["hard", "symbolic", "copy"]
Encoding = Literal["slim", "fat"]

ChoiceT = TypeVar("ChoiceT", bound=str)

FORMATS: tuple[Format, ...] = get_args(Format)
LATEST = "latest"
MAX_SELECTORS = 2_000
"""More than three times the names of any release."""
MAX_PREFIX_LENGTH = 55
"""Characters. With a slash and the longest name a path then still fits USTAR's 100 bytes, link targets too."""

GO_FORMATS: tuple[Format, ...] = ("go.tar.gz", "go.zip")
"""Source code of a Go package, and the same as a module's zip."""
DEFAULT_MODULE = "tzdata"
MAX_MODULE_LENGTH = 2_000
"""Characters. The Go tool keeps a module in a directory of that name, which must fit a path of 4,096."""

_COMPONENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._+][A-Za-z0-9._+-]*"
_PREFIX = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_ELEMENT = r"[A-Za-z0-9_~-](?:[A-Za-z0-9._~-]*[A-Za-z0-9_~-])?"
_MODULE = re.compile(rf"(?!-){_ELEMENT}(?:/{_ELEMENT})*(?<!/v[0-9])(?<!/v[0-9][0-9])")


@dataclass(frozen=True, slots=True)
class Spec:
    """One request for a bundle.

    Shape: ``release`` an IANA name or a channel such as ``latest``; ``selectors`` sorted and without duplicates;
    ``tables`` sorted; ``prefix`` a relative directory without slashes at its ends, or empty; ``module`` a Go
    module's path, empty for what holds no Go module.
    """

    release: str
    selectors: tuple[Selector, ...]
    format: Format
    aliases: Aliases = "exact"
    links: LinkStyle = "hard"
    encoding: Encoding = "slim"
    tables: tuple[TableName, ...] = ()
    prefix: str = ""
    module: str = ""


OPTION_NAMES: tuple[str, ...] = ("aliases", "links", "encoding", "tables", "prefix", "module")


def parse_spec(release: str, zones: Iterable[str], *, format: str, options: Mapping[str, str]) -> Spec:
    """Read a request from its texts.

    Shape: ``zones`` one selector each; ``options`` from ``OPTION_NAMES``, each once, lists comma-separated.
    Errors: InvalidName, InvalidOption, UnknownFormat, LimitExceeded; each names what is wrong and what would be right.
    """
    check_release_choice(release)
    known_format = parse_format(format)
    zones = [*zones]
    if len(zones) > MAX_SELECTORS:
        raise LimitExceeded(
            f"{len(zones)} zones were asked for, the limit is {MAX_SELECTORS}; globs such as Europe/* are shorter",
            limit=MAX_SELECTORS,
        )
    check_option_names(options, known=OPTION_NAMES)
    return Spec(
        release=release,
        selectors=parse_selectors(zones),
        format=known_format,
        aliases=_parse_choice("aliases", options, get_args(Aliases), default="exact"),
        links=_parse_links(options, known_format),
        encoding=_parse_choice("encoding", options, get_args(Encoding), default="slim"),
        tables=_parse_tables(options.get("tables", ""), known_format),
        prefix=_parse_prefix(options.get("prefix", ""), known_format),
        module=_parse_module(options, known_format),
    )


def check_release_choice(release: str) -> None:
    """Check that ``release`` could be asked for: ``2026f``, ``latest``, another channel. Errors: InvalidName."""
    if not is_release_name(release) and not is_channel_name(release):
        raise InvalidName(
            f"{quote(release)} is not a release; write one such as 2026f, or latest", release=release[:64]
        )


def parse_format(text: str) -> Format:
    """Read a format. Errors: UnknownFormat that lists the formats on offer."""
    for known in FORMATS:
        if text == known:
            return known
    raise UnknownFormat(f"{quote(text)} is not a format; use one of {', '.join(FORMATS)}", formats=[*FORMATS])


def check_option_names(options: Collection[str], *, known: Collection[str]) -> None:
    """Check that every option is one of ``known``. Errors: InvalidOption that names all others."""
    unknown = sorted(set(options) - set(known))
    if unknown:
        shown = ", ".join(map(quote, unknown[:5]))
        offer = f"the options are {', '.join(known)}" if known else "there are none here"
        raise InvalidOption(f"unknown option {shown}; {offer}", options=[name[:64] for name in unknown[:5]])


def is_module_path(text: str) -> bool:
    """Tell whether ``text`` could be the path of a Go module. Source: golang.org/x/mod/module, *CheckPath*."""
    return len(text) <= MAX_MODULE_LENGTH and _MODULE.fullmatch(text) is not None


def _parse_choice(name: str, options: Mapping[str, str], choices: tuple[ChoiceT, ...], *, default: ChoiceT) -> ChoiceT:
    text = options.get(name, default)
    for choice in choices:
        if text == choice:
            return choice
    raise InvalidOption(f"{name}={quote(text)} is not on offer; use one of {', '.join(choices)}", options=[name])


def _parse_links(options: Mapping[str, str], format: Format) -> LinkStyle:
    if format in ("tar", "tar.gz"):
        return _parse_choice("links", options, get_args(LinkStyle), default="hard")
    if options.get("links", "copy") != "copy":
        raise InvalidOption(
            f"a {format} for Go holds full copies only: leave links out or write links=copy", options=["links"]
        )
    return "copy"


def _parse_tables(text: str, format: Format) -> tuple[TableName, ...]:
    if not text:
        return ()
    if format in GO_FORMATS:
        raise InvalidOption("a Go package holds zones only: tables is for the other formats", options=["tables"])
    asked = set(text.split(","))
    unknown = sorted(asked - set(TABLE_NAMES))
    if unknown:
        raise InvalidOption(
            f"{quote(unknown[0])} is not a table; the tables are {', '.join(TABLE_NAMES)}", options=["tables"]
        )
    return tuple(table for table in TABLE_NAMES if table in asked)


def _parse_prefix(text: str, format: Format) -> str:
    if not text:
        return ""
    if format in ("zip", "go.zip"):
        raise InvalidOption(
            "a zip for Go has its names at the root: prefix is for tar, tar.gz and go.tar.gz", options=["prefix"]
        )
    if len(text) > MAX_PREFIX_LENGTH or not _PREFIX.fullmatch(text):
        raise InvalidOption(
            f"prefix={quote(text)} is not a relative directory of at most {MAX_PREFIX_LENGTH} letters, digits and ._+-/"
            " such as usr/share/zoneinfo",
            options=["prefix"],
        )
    return text


def _parse_module(options: Mapping[str, str], format: Format) -> str:
    """Return the module path. A package below a prefix belongs to the module around it and has none."""
    text = options.get("module", "")
    if format not in GO_FORMATS or options.get("prefix"):
        if text:
            raise InvalidOption("module is for go.zip, and for go.tar.gz without prefix", options=["module"])
        return ""
    if not is_module_path(text or DEFAULT_MODULE):
        raise InvalidOption(
            f"module={quote(text)} is not a Go module path of at most {MAX_MODULE_LENGTH} characters such as"
            " example.com/tzdata; one that ends in /v2 cannot have the versions v0",
            options=["module"],
        )
    return text or DEFAULT_MODULE
