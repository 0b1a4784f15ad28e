"""Channels: names that mean one release today and another tomorrow."""

import re
from collections.abc import Mapping, Sequence

from app.artifact.spec import LATEST
from app.errors import UnknownRelease
from app.tzdb.names import is_release_name, quote

MAX_HOPS = 4
"""How many channels may stand for one another; also ends loops."""

_BEFORE_LATEST = re.compile(r"latest(?:-(\d{1,3}))?")


def resolve_channel(choice: str, known: Sequence[str], *, channels: Mapping[str, str]) -> str:
    """Return the release that ``choice`` means.

    Shape: ``known`` release names, newest first; ``channels`` what an operator has named. ``latest`` is the newest,
    ``latest-1`` the one before.
    Errors: UnknownRelease, with the channels there are.
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
        f"{quote(choice)} is no channel here; there are {', '.join(offer)} and {LATEST}-N",
        release=choice,
        suggestions=offer,
    )


def release_order(version: str) -> tuple[str, int, str]:
    """Sort key that puts releases in the order they appeared: by year, then ``a`` to ``z``, then ``za`` and on."""
    year, letters = version[:4], version[4:]
    return (year, len(letters), letters)
