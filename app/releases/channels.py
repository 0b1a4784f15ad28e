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
        UnknownRelease: It does not mean any; the error lists the channels there are.
    """
    meant = choice
    for _ in range(MAX_HOPS):
        if is_release_name(meant):
            return meant
        if match := _BEFORE_LATEST.fullmatch(meant):
            back = int(match[1] or 0)
            if back < len(known):
                return known[back]
            if not known:
                raise UnknownRelease("there is no release at all: no source offers one that verifies", release=choice)
            raise UnknownRelease(f"{meant} goes back further than the {len(known)} releases known here", release=choice)
        if meant not in channels:
            break
        meant = channels[meant]
    offer = [LATEST, *sorted(channels)]
    raise UnknownRelease(
        f"{quote(choice)} is not a channel here; there are {', '.join(offer)} and {LATEST}-N",
        release=choice,
        suggestions=offer,
    )
