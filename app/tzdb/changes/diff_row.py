"""How a diff looks as JSON: the members that clients rely on, the same from the service and the command line."""

from typing import TypedDict

from app.instants import format_instant
from app.json_types import Count, Instant, ReleaseName, UtcOffset
from app.tzdb.changes.diff import ChangeKind, Period, ReleaseDiff, Role, RoleChange, ZoneDiff
from app.tzdb.changes.doubts import DiffWarning
from app.tzdb.changes.timeline import Change
from app.tzdb.release import ZoneKind


class ChangeRow(TypedDict):
    """A change of clocks in JSON.

    ``at``, ``unix`` and ``local_time`` are null for what has always held.

    Attributes:
        at: The instant in UTC.
        unix: The same instant.
        local_time: What clocks show from then on, without an offset.
        utc_offset: As ``+05:45`` or, before the days of standard time, ``-06:36:36``.

    Units: ``unix`` and ``utoff`` in seconds.
    """

    at: Instant | None
    unix: int | None
    local_time: str | None
    utoff: int
    utc_offset: UtcOffset
    abbreviation: str
    is_dst: bool


class RoleRow(TypedDict):
    """What a release calls a name, in JSON; as in ``Role``."""

    kind: ZoneKind
    target: str | None


class ZoneDiffRow(TypedDict):
    """A name whose file changes, in JSON; as in ``ZoneDiff``."""

    zone: str
    change: ChangeKind
    first_affected: Instant | None
    period_affected: Instant | None
    before: list[ChangeRow]
    after: list[ChangeRow]
    role_before: RoleRow | None
    role_after: RoleRow | None


class RoleChangeRow(TypedDict):
    """A name that turns from Zone to Link or back, or gets another target, in JSON."""

    zone: str
    before: RoleRow
    after: RoleRow


class DiffWarningRow(TypedDict):
    """A warning about names that change, in JSON; as in ``DiffWarning``."""

    release: ReleaseName
    code: str
    zones: list[str]
    detail: str


DiffRow = TypedDict(
    "DiffRow",
    {
        "from": ReleaseName,
        "to": ReleaseName,
        "affected": bool,
        "first_affected": Instant | None,
        "period": Period | None,
        "period_affected": Instant | None,
        "future_from": Instant,
        "compared": Count,
        "counts": dict[ChangeKind, Count],
        "zones": list[ZoneDiffRow],
        "roles": list[RoleChangeRow],
        "warnings": list[DiffWarningRow],
    },
)
"""A diff in JSON. The members mean what they mean in ``ReleaseDiff``; ``from`` and ``to`` are its two releases."""


def diff_row(diff: ReleaseDiff) -> DiffRow:
    """Return a diff's JSON."""
    return {
        "from": diff.before,
        "to": diff.after,
        "affected": diff.affected,
        "first_affected": _instant_or_null(diff.first_affected),
        "period": diff.period,
        "period_affected": _instant_or_null(diff.period_affected),
        "future_from": format_instant(diff.future_from),
        "compared": diff.compared,
        "counts": dict(diff.counts),
        "zones": [_zone_row(zone) for zone in diff.zones],
        "roles": [_role_change_row(change) for change in diff.roles],
        "warnings": [warning_row(warning) for warning in diff.warnings],
    }


def warning_row(warning: DiffWarning) -> DiffWarningRow:
    """Return the JSON of a warning."""
    return {
        "release": warning.release,
        "code": warning.code,
        "zones": list(warning.zones),
        "detail": warning.detail,
    }


def change_row(change: Change) -> ChangeRow:
    """Return the JSON of a change of clocks."""
    utoff = change.local.utoff
    return {
        "at": _instant_or_null(change.at),
        "unix": change.at,
        "local_time": None if change.at is None else format_instant(change.at + utoff)[:-1],
        "utoff": utoff,
        "utc_offset": format_utc_offset(utoff),
        "abbreviation": change.local.designation,
        "is_dst": change.local.is_dst,
    }


def format_utc_offset(utoff: int) -> str:
    """Return an offset as text: ``+05:45``, with seconds if there are any. Units: seconds east of UT."""
    minutes, seconds = divmod(abs(utoff), 60)
    text = f"{'-' if utoff < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def _instant_or_null(t: int | None) -> str | None:
    return None if t is None else format_instant(t)


def _zone_row(zone: ZoneDiff) -> ZoneDiffRow:
    return {
        "zone": zone.zone,
        "change": zone.change,
        "first_affected": _instant_or_null(zone.first_affected),
        "period_affected": _instant_or_null(zone.period_affected),
        "before": [change_row(change) for change in zone.before],
        "after": [change_row(change) for change in zone.after],
        "role_before": _role_row(zone.role_before),
        "role_after": _role_row(zone.role_after),
    }


def _role_change_row(change: RoleChange) -> RoleChangeRow:
    return {"zone": change.zone, "before": _known_role_row(change.before), "after": _known_role_row(change.after)}


def _role_row(role: Role | None) -> RoleRow | None:
    return None if role is None else _known_role_row(role)


def _known_role_row(role: Role) -> RoleRow:
    return {"kind": role.kind, "target": role.target}
