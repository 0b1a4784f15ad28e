"""What lies ahead of a zone: its local time at an instant, and the next transitions, as JSON. No clock is read here."""

from itertools import islice
from typing import TypedDict

from app.instants import format_instant
from app.tzdb.tzif.decoder import TZif
from app.tzdb.tzif.posix_tz import LocalTimeType
from app.tzdb.tzif.transitions import Transition, local_time_at, transitions_between

AHEAD = 10
"""How many transitions ahead are shown."""
_AHEAD_SECONDS = 20 * 366 * 86_400
_ENDING = 253_402_300_800
"""Where year 9999 ends: later instants have no text."""


class LocalTimeRow(TypedDict):
    """A kind of local time in JSON. Units: ``utoff`` in seconds east of UT."""

    utoff: int
    abbreviation: str
    is_dst: bool


class NowRow(LocalTimeRow):
    """The local time at the instant ``at``, in JSON."""

    at: str


class TransitionRow(TypedDict):
    """A change of local time in JSON. Units: ``unix`` in seconds."""

    at: str
    unix: int
    before: LocalTimeRow
    after: LocalTimeRow


class OutlookRow(TypedDict):
    """What lies ahead, in JSON.

    Attributes:
        footer: The rule for all later years, as the file has it.
    """

    footer: str
    now: NowRow
    transitions_ahead: list[TransitionRow]


def outlook_row(tzif: TZif, *, now: int) -> OutlookRow:
    """Return what lies ahead of an instant: at most ``AHEAD`` transitions, none more than twenty years away.

    Units: ``now`` in Unix seconds, from year 1 to year 9999.
    """
    ahead = islice(transitions_between(tzif, start=now, end=min(now + _AHEAD_SECONDS, _ENDING)), AHEAD)
    return {
        "footer": tzif.footer,
        "now": {"at": format_instant(now), **_local_time_row(local_time_at(tzif, now))},
        "transitions_ahead": [_transition_row(transition) for transition in ahead],
    }


def _transition_row(transition: Transition) -> TransitionRow:
    return {
        "at": format_instant(transition.at),
        "unix": transition.at,
        "before": _local_time_row(transition.before),
        "after": _local_time_row(transition.after),
    }


def _local_time_row(local: LocalTimeType) -> LocalTimeRow:
    return {"utoff": local.utoff, "abbreviation": local.designation, "is_dst": local.is_dst}
