"""``history``: which of the releases that are here touch these zones, and from when."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Unpack, get_args

import click

from app.artifact.formats import STABLE_FORMAT
from app.artifact.spec import LATEST, Spec, parse_spec
from app.cli.notices import say
from app.cli.opening import Places, make_local, place_options
from app.cli.options import Zones, read_zones, zones_options
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.cli.terminal.table import format_table
from app.errors import UnknownRelease
from app.tzdb.changes.history import StepRow, make_steps, step_row
from app.tzdb.selection import Aliases

DEFAULT_COUNT = 12
MAX_COUNT = 1_000


class _Options(Zones, Places):
    aliases: str | None
    count: int
    as_json: bool


@click.command()
@zones_options
@click.option("--aliases", type=click.Choice(get_args(Aliases)), help="As for extract.")
@click.option(
    "--count",
    type=click.IntRange(1, MAX_COUNT),
    default=DEFAULT_COUNT,
    show_default=True,
    help="How many releases to show, from the newest back.",
)
@place_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def history(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Show which releases touch these zones, and from when.

    Each release that is here is compared with the one before it, newest first; releases fetch gets more of them. ZONES
    are names, globs or countries as for extract. diff shows in full what changes from one release to another.
    """
    # Standard input stays outside the event loop: within it Ctrl-C would wait for it.
    spec = _parse(options)
    rows = asyncio.run(_history(parts, options, spec))
    if options["as_json"]:
        print_json({"zones": [str(each) for each in spec.selectors], "releases": rows})
        return
    print_lines(*_table(rows))
    for warning in (warning for row in rows for warning in row["warnings"]):
        say(f"warning: {warning['detail']}")
    touched = sum(row["affected"] is True for row in rows)
    compared = sum(row["before"] is not None for row in rows)
    if compared:
        say(f"{touched} of {compared} releases touch the zones")
    else:
        say(f"only release {rows[0]['release']} is here, so nothing can be compared; `releases fetch` gets others")


def _parse(options: _Options) -> Spec:
    chosen = {"aliases": options["aliases"]} if options["aliases"] is not None else {}
    return parse_spec(LATEST, read_zones(options), format=STABLE_FORMAT, options=chosen)


async def _history(parts: Parts, options: _Options, spec: Spec) -> list[StepRow]:
    releases = await make_local(parts, options).library.newest(options["count"] + 1)
    if not releases:
        raise UnknownRelease("no release is here: name a directory of wheels, or fetch some", release=LATEST)
    steps = make_steps(releases, selectors=spec.selectors, aliases=spec.aliases)
    return [step_row(step) for step in islice(steps, options["count"])]


def _table(rows: Sequence[StepRow]) -> Iterator[str]:
    header = ("RELEASE", "BEFORE", "AFFECTED", "PERIOD", "NAMES", "FROM")
    return format_table(header, [_cells(row) for row in rows])


def _cells(row: StepRow) -> tuple[str, ...]:
    affected = {True: "yes", False: "no", None: "unknown"}[row["affected"]]
    counts, compared = row["counts"], row["compared"]
    changed = sum(count for kind, count in counts.items() if kind != "binary-only") if counts is not None else 0
    return (
        row["release"],
        row["before"] or "-",
        affected,
        row["period"] or "-",
        f"{changed} of {compared}" if compared is not None else "-",
        row["period_affected"] or "-",
    )
