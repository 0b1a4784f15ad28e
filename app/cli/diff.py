"""``diff``: whether an update touches these zones, and from when."""

import asyncio
import json
from collections.abc import Iterator
from typing import BinaryIO, Unpack, get_args

import click

from app.artifact.spec import parse_spec
from app.cli.local import Places, open_release, place_options
from app.cli.notices import say, warn_of
from app.cli.parts import Parts
from app.cli.selection import read_zones_file, split_zones
from app.cli.text_table import write_table
from app.tzdb.diff import SINCE, ReleaseDiff, Role, ZoneDiff, default_future, diff_releases, parse_instant, parse_since
from app.tzdb.diff_row import change_row, diff_row, write_instant
from app.tzdb.release import Release
from app.tzdb.selection import Aliases
from app.tzdb.timeline import BEGINNING, Change

AFFECTED = 1
"""The exit code of a diff that touches the selection; a fault of the program has it too, so that none passes for 0."""


class _Options(Places):
    before: str
    after: str
    zones: tuple[str, ...]
    zones_file: BinaryIO | None
    aliases: str | None
    since: str
    now: str | None
    as_json: bool
    quiet: bool


@click.command()
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
@click.argument("zones", nargs=-1, metavar="[ZONES]...")
@click.option(
    "--zones-file", type=click.File("rb"), metavar="FILE", help="More zones, one a line; - is standard input."
)
@click.option("--aliases", type=click.Choice(get_args(Aliases)), help="As for extract.")
@click.option(
    "--since",
    type=click.Choice(SINCE),
    default="ever",
    show_default=True,
    help="Leave out zones whose clocks differ only before; future is from --now on.",
)
@click.option("--now", metavar="DATE", help="Where the future begins; by default the year of the later release.")
@place_options
@click.option("--json", "as_json", is_flag=True, help="As JSON, as the service answers it.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code says it.")
@click.pass_context
def diff(ctx: click.Context, /, **options: Unpack[_Options]) -> None:
    """Tell whether an update touches these zones, and from when.

    FROM and TO are releases such as 2026e, or latest. ZONES are names, globs or countries as for extract; without any,
    all are compared. The most recent changes come first.

    The exit code is 0 if the update does not touch the zones, and 1 if it does: clocks differ at some instant, or a
    name comes or goes. Files that differ in bytes alone do not count. Other codes are those of every command.
    """
    parts: Parts = ctx.obj
    # Standard input stays outside the event loop: within it Ctrl-C would wait for it.
    found = asyncio.run(_diff(parts, options, zones=_zones(options)))
    if options["as_json"] and not options["quiet"]:
        click.echo(json.dumps(diff_row(found), indent=2))
    elif not options["quiet"]:
        for line in _lines(found):
            click.echo(line)
        say(_summary(found))
    if found.affected:
        ctx.exit(AFFECTED)


def _zones(options: _Options) -> list[str]:
    file = options["zones_file"]
    zones = [*split_zones(options["zones"]), *(read_zones_file(file) if file is not None else ())]
    return ["*"] if not zones and file is None else zones


async def _diff(parts: Parts, options: _Options, *, zones: list[str]) -> ReleaseDiff:
    chosen = {"aliases": options["aliases"]} if options["aliases"] is not None else {}
    spec = parse_spec(options["after"], zones, format="tar", options=chosen)
    since = parse_since(options["since"])
    now = parse_instant(options["now"]) if options["now"] is not None else None
    _, before = await open_release(parts, options, options["before"])
    _, after = await open_release(parts, options, options["after"])
    found = diff_releases(
        before,
        after,
        selectors=spec.selectors,
        aliases=spec.aliases,
        future_from=default_future(before.version, after.version) if now is None else now,
    ).since(since)
    if not options["quiet"]:
        _warn(found, before, after)
    return found


def _warn(found: ReleaseDiff, *releases: Release) -> None:
    """Say which of the zones a release is known to have wrong: their changes may be mistakes or mended ones."""
    for release in releases:
        warn_of(release, (zone.zone for zone in found.zones))


def _lines(found: ReleaseDiff) -> Iterator[str]:
    header = ("ZONE", "CHANGE", "FROM", f"IN {found.before}", f"IN {found.after}", "FIRST AFFECTED")
    rows = [_row(zone) for zone in found.most_urgent_first()]
    if rows:
        yield from write_table(header, rows)
    for change in found.roles:
        yield f"{change.zone}: {_role(change.before)} in {found.before}, {_role(change.after)} in {found.after}"


def _row(zone: ZoneDiff) -> tuple[str, ...]:
    if zone.period_affected is None or zone.first_affected is None:
        there = tuple("absent" if role is None else _role(role) for role in (zone.role_before, zone.role_after))
        return (zone.zone, zone.change, "-", *there, "-")
    held = (_local(changes[0], zone.period_affected) for changes in (zone.before, zone.after))
    return (zone.zone, zone.change, _instant(zone.period_affected), *held, _instant(zone.first_affected))


def _local(change: Change, at: int) -> str:
    """Return what clocks show at an instant: date and time if they can be told, offset, abbreviation."""
    row = change_row(Change(None if at == BEGINNING else at, change.local))
    time = f"{row['local_time'].replace('T', ' ')} " if row["local_time"] is not None else ""
    return f"{time}{row['utc_offset']} {row['abbreviation']}{' (dst)' if row['is_dst'] else ''}"


def _instant(t: int) -> str:
    return "the beginning" if t == BEGINNING else write_instant(t)


def _role(role: Role) -> str:
    return "Zone" if role.target is None else f"Link to {role.target}"


def _summary(found: ReleaseDiff) -> str:
    where = f"{found.before} to {found.after}"
    changed = sum(zone.change != "binary-only" for zone in found.zones)
    if not found.affected:
        return f"{where}: not affected, {found.compared} names compared"
    when = f", from {_instant(found.period_affected)} on" if found.period_affected is not None else ""
    return f"{where}: {changed} of {found.compared} names affected{when}"
