"""``releases``: which releases there are, where from, which were refused; and the group of commands that carry them."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Unpack

import click

from app.cli.notices import say
from app.cli.opening import Places, make_local, place_options, settings_of, tree_option
from app.cli.parts import Parts
from app.cli.terminal.printing import print_json, print_lines
from app.cli.terminal.table import format_table
from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.releases.library import Library, Listed
from app.releases.listing import listed_row, release_list
from app.releases.loader import Refusal
from app.tzdb.release_row import ReleaseRow


class _Options(Places):
    tree: Path | None
    online: bool
    as_json: bool


@click.group(invoke_without_command=True)
@tree_option
@place_options
@click.option("--online", is_flag=True, help="Ask the package index as well, and list what can be fetched from it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the service answers it.")
@click.pass_context
def releases(ctx: click.Context, /, **options: Unpack[_Options]) -> None:
    """List the releases, newest first. Those that are here are read and verified first.

    The commands below fetch releases, and carry them into a closed network.
    """
    if ctx.invoked_subcommand is not None:
        if any(options.values()):
            raise click.UsageError(f"options of {ctx.invoked_subcommand} go after it")
        return
    parts: Parts = ctx.obj
    library = _library(parts, options)
    listed = asyncio.run(_list(library, online=options["online"]))
    if options["as_json"]:
        print_json(release_list(listed, library.refusals()))
    else:
        print_lines(*_lines(listed, library.refusals()))
    if options["online"] and (trouble := next(iter(library.catalogue.troubles().values()), None)) is not None:
        raise trouble


def _library(parts: Parts, options: _Options) -> Library:
    if not options["online"]:
        return make_local(parts, options, tree=options["tree"]).library
    settings = settings_of(options)
    if settings.offline or options["tree"] is not None:
        raise click.UsageError("--online cannot be used with --input, or with --offline or its setting")
    return parts.local(settings, None, online=True).library


async def _list(library: Library, *, online: bool) -> list[Listed]:
    """Return the list. Reading the local releases for it takes a while, so a terminal shows a progress bar."""
    if not online:
        await library.refresh()
        with click.progressbar(
            library.versions(), label="Verifying releases", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as versions:
            for version in versions:
                try:
                    await library.release(version)
                except UntrustedRelease:
                    continue  # it is among the refusals
                except (UnknownRelease, SourceUnreachable) as error:
                    say(f"warning: {error.detail}")
    return await library.listed()


def _lines(listed: Sequence[Listed], refusals: Sequence[Refusal]) -> Iterator[str]:
    header = ("RELEASE", "PACKAGE", "ZONES", "LINKS", "SOURCE", "VERIFIED")
    rows = [listed_row(item) for item in listed]
    yield from format_table(header, (list(_cells(row)) for row in rows))
    for row in rows:
        for warning in row["warnings"]:
            yield f"{row['version']}: warning: {warning['detail']}"
    for refusal in refusals:
        yield f"{refusal.release} from {refusal.source} is refused: {refusal.reason}"


def _cells(row: ReleaseRow) -> Iterator[str]:
    yield row["version"]
    yield row["package_version"] or "-"
    for count in (row["zones"], row["links"]):
        yield "-" if count is None else str(count)
    yield row["source"]
    yield row["verified"]
