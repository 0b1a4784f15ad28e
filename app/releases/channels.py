"""Channels: names that mean one release today and another tomorrow. Nothing here looks for releases."""

import re
from collections.abc import Mapping, Sequence

from app.artifact.spec import LATEST
from app.errors import UnknownRelease
from app.text import quote
from app.tzdb.names import is_release_name

MAX_HOPS = 4
"""How many channels may lead to one another in a row; this also ends loops."""

_BEFORE_LATEST = re.compile(r"latest(?:-(\d{1,3}))?")


def resolve_channel(choice: str, known: Sequence[str], *, channels: Mapping[str, str]) -> str:
    """Return the release that ``choice`` means: ``latest`` is the newest, ``latest-1`` the one before it.

    Args:
        known: Release names, newest first.
        channels: The channels that an operator has named.

    Raises:
        UnknownRelease: As from ``follow_channel`` and ``count_back``.
    """
    meant = follow_channel(choice, channels=channels)
    return meant if isinstance(meant, str) else count_back(choice, meant, known)


def follow_channel(choice: str, *, channels: Mapping[str, str]) -> str | int:
    """Return the release that ``choice`` names in the end, or how far before the newest it is: ``latest`` is 0.

    Raises:
        UnknownRelease: It means nothing; the error lists the channels there are.
    """
    meant = choice
    for _ in range(MAX_HOPS):
        if is_release_name(meant):
            return meant
        if match := _BEFORE_LATEST.fullmatch(meant):
            return int(match[1] or 0)
        if meant not in channels:
            break
        meant = channels[meant]
    offer = [LATEST, *sorted(channels)]
    raise UnknownRelease(
        f"{quote(choice)} is not a channel here; there are {', '.join(offer)} and {LATEST}-N",
        release=choice,
        suggestions=offer,
    )


def count_back(choice: str, back: int, known: Sequence[str]) -> str:
    """Return the release that is ``back`` before the newest.

    Args:
        choice: The channel that was asked for, for messages.
        known: Release names, newest first.

    Raises:
        UnknownRelease: There are not so many.
    """
    if back < len(known):
        return known[back]
    if not known:
        raise UnknownRelease("there is no release at all: no source offers one that verifies", release=choice)
    before = f"{LATEST}-{back}"
    raise UnknownRelease(f"{before} goes back further than the {len(known)} releases known here", release=choice)
