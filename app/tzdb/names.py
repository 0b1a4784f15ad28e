"""What a name may look like, and the order in which names are sorted.

The rules for zone names, release names, channel names and country codes live here, and all arithmetic on the letters
of a release. Nothing here knows any zone: ``release`` says whether a release *has* a name.
"""

import re

from app.errors import InvalidName
from app.text import quote

MAX_NAME_LENGTH = 44
"""Characters: three components of 14, the most that theory.html allows. The longest name since 2020a has 32."""

MAX_NAME_PARTS = 8
"""Components. No name has more than three; with this bound every relative link from one name to another is short."""

_COMPONENT = r"[A-Za-z0-9_+][A-Za-z0-9_+-]*"
ZONE_NAME = re.compile(rf"(?=.{{1,{MAX_NAME_LENGTH}}}\Z){_COMPONENT}(?:/{_COMPONENT}){{0,{MAX_NAME_PARTS - 1}}}")
"""What ``check_zone_name`` accepts, for callers that check many names."""
NAME_PATTERN = rf"{_COMPONENT}(/{_COMPONENT}){{0,{MAX_NAME_PARTS - 1}}}"
RELEASE_PATTERN = r"[0-9]{4}z?[a-z]"
CHANNEL_PATTERN = r"[a-z][a-z0-9-]{0,31}"
COUNTRY_PATTERN = r"[A-Z]{2}"
"""The same for documents: regular expressions without anything that only some programs know."""
_RELEASE = re.compile(RELEASE_PATTERN)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CHANNEL = re.compile(CHANNEL_PATTERN)
_COUNTRY = re.compile(COUNTRY_PATTERN)


def check_zone_name(name: str) -> None:
    """Check that ``name`` could be a zone name.

    Raises:
        InvalidName: It breaks a rule; the error quotes the name and says which rule.

    Source: the naming rules in tzdb's *theory.html*: ASCII letters, digits, ``+ - _``; components separated by ``/``,
    none of them empty, none starting with a hyphen, no dot at all.
    """
    if not ZONE_NAME.fullmatch(name):
        raise zone_name_error(name)


def zone_name_error(name: str) -> InvalidName:
    """Return the error of ``check_zone_name`` for a name that breaks a rule."""
    if len(name) > MAX_NAME_LENGTH:
        return InvalidName(f"{quote(name)} is longer than {MAX_NAME_LENGTH} characters", zones=[name[:MAX_NAME_LENGTH]])
    return InvalidName(f"{quote(name)} is not a zone name: {_broken_rule(name)}", zones=[name])


def is_zone_name(name: str) -> bool:
    """Tell whether ``name`` keeps the rules of ``check_zone_name``."""
    return ZONE_NAME.fullmatch(name) is not None


def is_release_name(name: str) -> bool:
    """Tell whether ``name`` looks like an IANA release: ``2026f``, and after ``2026z`` also ``2026za``.

    Source: tzdb's *tz-link.html*: a four-digit year and a lower-case letter, a through z, then za through zz.
    """
    return _RELEASE.fullmatch(name) is not None


def release_order(release: str) -> tuple[str, int, str]:
    """Sort key that puts releases in the order they appeared: by year, then ``a`` to ``z``, then ``za`` and so on.

    Anything that starts with a year has a place, whether it is a release or not.
    """
    year, letters = release[:4], release[4:]
    return (year, len(letters), letters)


def nth_of_year(release: str) -> int:
    """Return how many releases the year had once this one was out: ``2026a`` is 1, ``2026z`` 26, ``2026za`` 27.

    Args:
        release: A name that ``is_release_name`` accepts.
    """
    letters = release[4:]
    return (len(letters) - 1) * len(_LETTERS) + _LETTERS.index(letters[-1]) + 1


def name_of_nth(year: int, n: int) -> str:
    """Return the name of the nth release of a year; the inverse of ``nth_of_year``.

    Args:
        n: From 1 on. Beyond 52 the names have three letters, which ``is_release_name`` does not accept.
    """
    rounds, letter = divmod(n - 1, len(_LETTERS))
    return f"{year:04}{'z' * rounds}{_LETTERS[letter]}"


def is_channel_name(name: str) -> bool:
    """Tell whether ``name`` could stand for a release: ``latest``, ``latest-1``, ``stable``."""
    return _CHANNEL.fullmatch(name) is not None


def is_country_code(code: str) -> bool:
    """Tell whether ``code`` looks like an ISO 3166-1 alpha-2 code in capitals."""
    return _COUNTRY.fullmatch(code) is not None


def by_component(path: str) -> tuple[str, ...]:
    """Sort key that compares paths component by component, as Go sorts its ``zoneinfo.zip``."""
    return tuple(path.split("/"))


def _broken_rule(name: str) -> str:
    if not name:
        return "it is empty"
    if name.startswith("/"):
        return "it starts with a slash"
    if " " in name and ZONE_NAME.fullmatch(name.replace(" ", "+")):
        return "it contains a space; in a query, write a plus sign as %2B"
    strange = sorted({char for char in name if not re.fullmatch(r"[A-Za-z0-9_+/-]", char)})
    if strange:
        return f"it contains {', '.join(ascii(char) for char in strange[:5])}"
    if "//" in name or name.endswith("/"):
        return "a part between its slashes is empty"
    if name.count("/") >= MAX_NAME_PARTS:
        return f"it has more than {MAX_NAME_PARTS} parts"
    return "a part of it starts with a hyphen"
