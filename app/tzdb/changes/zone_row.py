"""How one zone looks as JSON, with what its clocks do from now on; the members that clients rely on."""

from collections.abc import Iterable
from typing import TypedDict

from app.json_types import ReleaseName
from app.tzdb.changes.diff_row import format_instant
from app.tzdb.release import Release
from app.tzdb.search import FactRow, fact_row, zone_fact
from app.tzdb.tzif.decoder import TZif
from app.tzdb.tzif.posix_tz import LocalTimeType
from app.tzdb.tzif.transitions import Transition, local_time_at


class LocalTimeRow(TypedDict):
    """What clocks show, in JSON. Units: ``utoff`` in seconds east of UT."""

    utoff: int
    abbreviation: str
    is_dst: bool


class NowRow(TypedDict):
    """What clocks show at an instant, in JSON."""

    at: str
    utoff: int
    abbreviation: str
    is_dst: bool


class TransitionRow(TypedDict):
    """A transition in JSON. Units: ``unix`` in seconds."""

    at: str
    unix: int
    before: LocalTimeRow
    after: LocalTimeRow


class ZoneRow(FactRow):
    """A zone in JSON: what is known of its name, and its clocks.

    Attributes:
        release: The release that says so.
        footer: The POSIX TZ string for the time after the last transition.
        now: What clocks show now.
        transitions_ahead: The next ones, the nearest first.
        tzif: The URL of its file.
    """

    release: ReleaseName
    footer: str
    now: NowRow
    transitions_ahead: list[TransitionRow]
    tzif: str


def zone_row(release: Release, name: str, *, tzif: TZif, now: int, ahead: Iterable[Transition], url: str) -> ZoneRow:
    """Return a zone's JSON.

    Args:
        release: The release that has it.
        name: Of a Zone or Link.
        tzif: Its file.
        now: In Unix seconds.
        ahead: The transitions to tell.
        url: Of its file.
    """
    return {
        "release": release.version,
        **fact_row(zone_fact(release, name)),
        "footer": tzif.footer,
        "now": {"at": format_instant(now), **_local_time_row(local_time_at(tzif, now))},
        "transitions_ahead": [_transition_row(transition) for transition in ahead],
        "tzif": url,
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
