"""``diff``: whether an update touches these zones, and from when."""

import asyncio
from typing import Unpack, get_args

import click

from app.artifact.formats import STABLE_FORMAT
from app.artifact.spec import parse_spec
from app.cli.diff_text import diff_lines, diff_summary, diff_warnings
from app.cli.notices import say
from app.cli.opening import Places, open_release, place_options
from app.cli.options import Zones, read_zones, zones_file_option
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.tzdb.changes.diff import SINCE, ReleaseDiff, default_future, diff_releases, parse_instant, parse_since
from app.tzdb.changes.diff_row import diff_row
from app.tzdb.selection import Aliases

AFFECTED = 1
"""The exit code of a diff that touches the selection; an unexpected error has it too, so that none passes for 0."""


class _Options(Zones, Places):
    before: str
    after: str
    aliases: str | None
    since: str
    now: str | None
    as_json: bool
    quiet: bool


@click.command()
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
@click.argument("zones", nargs=-1, metavar="[ZONES]...")
@zones_file_option
@click.option("--aliases", type=click.Choice(get_args(Aliases)), help="As for extract.")
@click.option(
    "--since",
    type=click.Choice(SINCE),
    default="ever",
    show_default=True,
    help="Leave out zones whose clocks differ only before that; future begins at --now.",
)
@click.option("--now", metavar="DATE", help="When the future begins; by default with the year of the later release.")
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the service answers it.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing; the exit code is the answer.")
@click.pass_context
def diff(ctx: click.Context, /, **options: Unpack[_Options]) -> None:
    """Show whether an update touches these zones, and from when.

    FROM and TO are releases such as 2026e, or latest. ZONES are names, globs or countries as for extract; without any,
    all are compared. The most recent changes come first.

    The exit code is 0 if the update does not touch the zones, and 1 if it does: clocks differ at some instant, or a
    name comes or goes. Files that differ in bytes alone do not count. Other codes are as for every command.
    """
    parts: Parts = ctx.obj
    # Standard input stays outside the event loop: within it Ctrl-C would wait for it.
    found = asyncio.run(_diff(parts, options, zones=_zones(options)))
    if options["as_json"] and not options["quiet"]:
        print_json(diff_row(found))
    elif not options["quiet"]:
        row = diff_row(found)
        print_lines(*diff_lines(row))
        for warning in diff_warnings(row):
            say(warning)
        say(diff_summary(row))
    if found.affected:
        ctx.exit(AFFECTED)


def _zones(options: _Options) -> list[str]:
    zones = read_zones(options)
    return ["*"] if not zones and options["zones_file"] is None else zones


async def _diff(parts: Parts, options: _Options, *, zones: list[str]) -> ReleaseDiff:
    chosen = {"aliases": options["aliases"]} if options["aliases"] is not None else {}
    spec = parse_spec(options["after"], zones, format=STABLE_FORMAT, options=chosen)
    since = parse_since(options["since"])
    now = parse_instant(options["now"]) if options["now"] is not None else None
    _, before = await open_release(parts, options, options["before"])
    _, after = await open_release(parts, options, options["after"])
    return diff_releases(
        before,
        after,
        selectors=spec.selectors,
        aliases=spec.aliases,
        future_from=default_future(before.version, after.version) if now is None else now,
    ).since(since)
