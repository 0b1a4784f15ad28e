"""``resolve``: what a bundle would hold, and why, without building it."""

import asyncio
from collections.abc import Iterator
from typing import Unpack

import click

from app.artifact.formats import STABLE_FORMAT
from app.artifact.plan import Plan
from app.artifact.record import plan_row
from app.cli.notices import count_files, say, warn_of
from app.cli.opening import open_plan
from app.cli.options import Selection, parse_selection, selection_options
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.cli.terminal.table import format_table


class _Options(Selection):
    as_json: bool


@click.command()
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON, as the service answers it.")
@click.pass_obj
def resolve(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Show what extract would write, and why each file is there.

    ZONES and options are those of extract.
    """
    spec = parse_selection(options, format=options["format"] or STABLE_FORMAT)
    release, plan = asyncio.run(open_plan(parts, options, spec, tree=options["tree"]))
    if options["as_json"]:
        print_json(plan_row(plan))
        return
    print_lines(*_table(plan))
    warn_of(release, (entry.zone for entry in plan.entries if entry.zone is not None))
    size = sum(entry.size for entry in plan.entries)
    say(f"release {plan.release}: {count_files(len(plan.entries))}, {size} bytes, tree {plan.tree_digest}")


def _table(plan: Plan) -> Iterator[str]:
    rows = (
        (entry.path, entry.kind, entry.target or "", str(entry.size), entry.sha256[:12], entry.reason)
        for entry in plan.entries
    )
    return format_table(("PATH", "KIND", "TARGET", "SIZE", "SHA256", "REASON"), rows)
