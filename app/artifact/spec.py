"""What the caller asked for, parsed and checked, before any release is known.

Every gate (HTTP path, JSON body, command line) makes its ``Spec`` through ``parse_spec``, so they cannot disagree. The
rules about a format are in ``formats``, those about an option in ``options``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.artifact.formats import FORMATS, Format, parse_format
from app.artifact.options import OPTIONS, Options, check_option_names, parse_options
from app.errors import InvalidName, LimitExceeded
from app.text import quote
from app.tzdb.names import is_channel_name, is_release_name
from app.tzdb.selection import Selector, parse_selectors

LATEST = "latest"
MAX_SELECTORS = 2_000
"""More than three times as many as any release has names."""
MAX_GLOBS = 100
"""Each is compared with every name of a release; twenty name every directory there is."""


@dataclass(frozen=True, slots=True)
class Spec(Options):
    """One request for a bundle: the options, and the following.

    Attributes:
        release: An IANA name or a channel such as ``latest``.
        selectors: Sorted and without duplicates.
        format: A key of ``FORMATS``.
    """

    release: str
    selectors: tuple[Selector, ...]
    format: Format


def parse_spec(release: str, zones: Iterable[str], *, format: str, options: Mapping[str, str]) -> Spec:
    """Parse a request from its texts.

    Args:
        release: A name or a channel.
        zones: One selector each.
        format: An ending.
        options: By name, as in ``OPTIONS``; lists are comma-separated.

    Raises:
        InvalidName, InvalidOption, UnknownFormat, LimitExceeded: Each says what is wrong and what would be right.
    """
    check_release_choice(release)
    known_format = parse_format(format)
    zones = list(zones)
    if len(zones) > MAX_SELECTORS:
        raise LimitExceeded(
            f"{len(zones)} zones were asked for; the limit is {MAX_SELECTORS}. Globs such as Europe/* are shorter",
            limit=MAX_SELECTORS,
        )
    check_option_names(options, known=OPTIONS)
    selectors = parse_selectors(zones)
    globs = sum(selector.kind == "glob" for selector in selectors)
    if globs > MAX_GLOBS:
        raise LimitExceeded(f"{globs} different globs were asked for; the limit is {MAX_GLOBS}", limit=MAX_GLOBS)
    values = parse_options(options, FORMATS[known_format])
    return Spec(release, selectors, known_format, **values)  # type: ignore[arg-type]  # each is of its field's type


def check_release_choice(release: str) -> None:
    """Check that ``release`` could be asked for: ``2026f``, ``latest``, another channel.

    Raises:
        InvalidName: It could not.
    """
    if not is_release_name(release) and not is_channel_name(release):
        raise InvalidName(
            f"{quote(release)} is not a release; write one such as 2026f, or latest", release=release[:64]
        )
