"""``zones``: searching a release for names."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Unpack, get_args

import click

from app.cli.notices import say
from app.cli.opening import Places, open_release, place_options, release_option, tree_option
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.cli.terminal.table import format_table
from app.tzdb.release import ZoneClass, ZoneKind
from app.tzdb.search import ZoneFact, fact_row, search


class _Options(Places):
    query: str
    country: str | None
    kind: ZoneKind | None
    zone_class: ZoneClass | None
    release: str
    tree: Path | None
    as_json: bool


@click.command()
@click.argument("query", default="")
@click.option("--country", metavar="CODE", help="Only names that belong to a country, such as DE.")
@click.option("--kind", type=click.Choice(get_args(ZoneKind)), help="Only zones, or only links to zones.")
@click.option("--class", "zone_class", type=click.Choice(get_args(ZoneClass)), help="Only names of one class.")
@release_option
@tree_option
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print everything that is known about each name, as JSON.")
@click.pass_obj
def zones(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Search names, aliases, countries and comments.

    QUERY is a part of any of them, in upper or lower case: berlin, "new york", china. The best matches come first.
    Without QUERY every name is listed.
    """
    _, release = asyncio.run(open_release(parts, options, options["release"], tree=options["tree"]))
    facts = search(
        release,
        query=options["query"],
        country=options["country"],
        kind=options["kind"],
        zone_class=options["zone_class"],
    )
    if options["as_json"]:
        print_json({"release": release.version, "zones": [fact_row(fact) for fact in facts]})
    elif facts:
        print_lines(*_table(facts))
    else:
        say(f"nothing in release {release.version} matches")


def _table(facts: Iterable[ZoneFact]) -> Iterator[str]:
    header = ("NAME", "KIND", "CLASS", "CANONICAL", "SIZE", "COUNTRIES")
    rows = (
        (fact.name, fact.kind, fact.zone_class, fact.canonical, str(fact.size), ",".join(fact.countries))
        for fact in facts
    )
    return format_table(header, rows)
