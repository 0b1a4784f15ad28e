"""Following Links to the Zone behind them.

Only the graph lives here; the bytes behind the names live in ``release``.
"""

from collections.abc import Mapping, Set

from app.errors import InvalidTable
from app.text import quote

MAX_LINK_CHAIN = 8
"""Hops. No release since 2020a needs more than one; zic(8) allows chains, so a few are followed."""


def resolve_links(targets: Mapping[str, str], *, zones: Set[str]) -> dict[str, str]:
    """Return link_name → canonical Zone for every Link in ``targets``.

    Args:
        targets: link_name → target as written.

    Raises:
        InvalidTable: There is a loop, a chain of more than ``MAX_LINK_CHAIN`` hops, or a target that is neither a Zone
            nor a Link.
    """
    return {name: _follow(name, targets, zones) for name in targets}


def _follow(name: str, targets: Mapping[str, str], zones: Set[str]) -> str:
    reached = name
    for _ in range(MAX_LINK_CHAIN):
        reached = targets[reached]
        if reached in zones:
            return reached
        if reached not in targets:
            raise InvalidTable(f"the Link {quote(name)} leads to {quote(reached)}, which is neither a Zone nor a Link")
    raise InvalidTable(f"the Link {quote(name)} is part of a loop or of a chain longer than {MAX_LINK_CHAIN}")
