"""A diff as text for people, made from its JSON: the same whether it was computed here or by a service."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.cli.terminal.table import format_table
from app.instants import format_instant
from app.tzdb.changes.diff import CHANGE_KINDS
from app.tzdb.changes.diff_row import ChangeRow, DiffRow, RoleRow, ZoneDiffRow
from app.tzdb.changes.timeline import BEGINNING

_BEGINNING = format_instant(BEGINNING)


def diff_lines(row: DiffRow) -> Iterator[str]:
    """Yield a table of the names that change, the most recent period first, then the names whose role changes."""
    header = ("ZONE", "CHANGE", "FROM", f"IN {row['from']}", f"IN {row['to']}", "FIRST AFFECTED")
    zones = sorted(row["zones"], key=lambda zone: (CHANGE_KINDS.index(zone["change"]), zone["period_affected"] or ""))
    if zones:
        yield from format_table(header, [_cells(zone) for zone in zones])
    for change in row["roles"]:
        yield f"{change['zone']}: {_role(change['before'])} in {row['from']}, {_role(change['after'])} in {row['to']}"


def diff_warnings(row: DiffRow) -> Iterator[str]:
    """Yield the warnings about names that change."""
    yield from (f"warning: {warning['detail']}" for warning in row["warnings"])


def diff_summary(row: DiffRow) -> str:
    """Return one line: whether the update touches the selection, and from when; and how much of it is doubtful."""
    where = f"{row['from']} to {row['to']}"
    if not row["affected"]:
        return f"{where}: not affected, {row['compared']} names compared"
    changed = sum(zone["change"] != "binary-only" for zone in row["zones"])
    when = f", from {_instant(row['period_affected'])} on" if row["period_affected"] is not None else ""
    doubtful = len({name for warning in row["warnings"] for name in warning["zones"]})
    doubt = f"; {doubtful} of them known to be wrong in one of the releases" if doubtful else ""
    return f"{where}: {changed} of {row['compared']} names affected{when}{doubt}"


def _cells(zone: ZoneDiffRow) -> tuple[str, ...]:
    at = zone["period_affected"]
    if at is None or zone["first_affected"] is None:
        there = tuple("absent" if role is None else _role(role) for role in (zone["role_before"], zone["role_after"]))
        return (zone["zone"], zone["change"], "-", *there, "-")
    held = (_local(changes[0], at) for changes in (zone["before"], zone["after"]))
    return (zone["zone"], zone["change"], _instant(at), *held, _instant(zone["first_affected"]))


def _local(change: ChangeRow, at: str) -> str:
    """Return what clocks show at an instant: date and time unless it is the beginning, offset, abbreviation."""
    time = ""
    if at != _BEGINNING:
        shown = datetime.fromisoformat(at.removesuffix("Z")) + timedelta(seconds=change["utoff"])
        time = f"{shown.isoformat(sep=' ')} "
    return f"{time}{change['utc_offset']} {change['abbreviation']}{' (dst)' if change['is_dst'] else ''}"


def _instant(at: str) -> str:
    return "the beginning" if at == _BEGINNING else at


def _role(role: RoleRow) -> str:
    return "Zone" if role["target"] is None else f"Link to {role['target']}"
