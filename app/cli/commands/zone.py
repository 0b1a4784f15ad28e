"""``zone``: one name of a release, its local time now, and its next transitions."""

import asyncio
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Unpack

import click

from app.cli.notices import warn_of
from app.cli.opening import Places, open_release, place_options, release_option, tree_option
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.cli.terminal.table import format_table
from app.tzdb.changes.diff import parse_instant
from app.tzdb.changes.diff_row import format_utc_offset
from app.tzdb.search import FactRow, fact_row, zone_fact
from app.tzdb.selection import check_one_name
from app.tzdb.tzif.decoder import decode_tzif
from app.tzdb.tzif.outlook import LocalTimeRow, OutlookRow, outlook_row


class _Options(Places):
    name: str
    now: str | None
    release: str
    tree: Path | None
    as_json: bool


@click.command()
@click.argument("name")
@click.option("--now", metavar="DATE", help="The instant to look ahead from, such as 2026-10-25; by default now.")
@release_option
@tree_option
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the service answers it.")
@click.pass_obj
def zone(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Show one zone: what it is, its local time now, and its next transitions.

    NAME is exact, as in Europe/Berlin; zones searches for it.
    """
    now = parse_instant(options["now"]) if options["now"] is not None else math.floor(time.time())
    _, release = asyncio.run(open_release(parts, options, options["release"], tree=options["tree"]))
    name = options["name"]
    check_one_name(release, name)
    fact = fact_row(zone_fact(release, name))
    outlook = outlook_row(decode_tzif(release.files[name].content), now=now)
    if options["as_json"]:
        print_json({"release": release.version, **fact, **outlook})
        return
    warn_of(release, [name])
    print_lines(*_facts(release.version, fact, outlook), *_transitions(outlook))


def _facts(version: str, fact: FactRow, outlook: OutlookRow) -> Iterator[str]:
    yield f"name       {fact['name']}"
    kind = "Zone" if fact["kind"] == "zone" else f"Link to {fact['canonical']}"
    yield f"kind       {kind}, {fact['class']}"
    if fact["countries"]:
        yield f"countries  {', '.join(fact['countries'])}"
    if fact["comments"]:
        yield f"comments   {fact['comments']}"
    if fact["links"]:
        yield f"links      {', '.join(fact['links'])}"
    yield f"release    {version}"
    yield f"footer     {outlook['footer'] or '-'}"
    yield f"now        {outlook['now']['at']}  {_local(outlook['now'])}"


def _transitions(outlook: OutlookRow) -> Iterator[str]:
    ahead = outlook["transitions_ahead"]
    if not ahead:
        yield "ahead      no transitions"
        return
    yield ""
    rows = [(row["at"], _local(row["before"]), _local(row["after"])) for row in ahead]
    yield from format_table(("TRANSITION", "BEFORE", "AFTER"), rows)


def _local(local: LocalTimeRow) -> str:
    return f"{format_utc_offset(local['utoff'])} {local['abbreviation']}{' (dst)' if local['is_dst'] else ''}"
