"""``releases``: which releases there are, where from, and which were refused."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from app.build.library import Library, Refusal
from app.cli.local import make_local, tree_option, wheels_option
from app.cli.notices import say
from app.cli.parts import Parts
from app.cli.text_table import write_table
from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.tzdb.release import Release
from app.tzdb.release_row import release_row


@click.command()
@tree_option
@wheels_option
@click.option("--json", "as_json", is_flag=True, help="As JSON, as the service answers it.")
@click.pass_obj
def releases(parts: Parts, /, *, as_json: bool, wheels_dir: str | None, tree: Path | None) -> None:
    """List the releases, newest first; each is read and verified for that."""
    library = make_local(parts, wheels_dir=wheels_dir, tree=tree).library
    loaded = asyncio.run(_load_all(library))
    if as_json:
        click.echo(json.dumps(_rows(loaded, library.refusals()), indent=2))
    else:
        for line in _lines(loaded, library.refusals()):
            click.echo(line)


async def _load_all(library: Library) -> list[Release]:
    await library.refresh()
    loaded: list[Release] = []
    with click.progressbar(
        library.versions(), label="Verifying releases", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as versions:
        for version in versions:
            try:
                loaded.append(await library.release(version))
            except UntrustedRelease:
                continue  # it is among the refusals
            except (UnknownRelease, SourceUnreachable) as error:
                say(f"warning: {error.detail}")
    return loaded


def _rows(loaded: Sequence[Release], refusals: Sequence[Refusal]) -> dict[str, object]:
    return {
        "releases": [release_row(release) for release in loaded],
        "latest": loaded[0].version if loaded else None,
        "refused": [
            {"source": refusal.source, "release": refusal.release, "reason": refusal.reason} for refusal in refusals
        ],
    }


def _lines(loaded: Sequence[Release], refusals: Sequence[Refusal]) -> Iterator[str]:
    header = ("RELEASE", "PACKAGE", "ZONES", "LINKS", "SOURCE", "VERIFIED")
    rows = [
        (
            release.version,
            release.origin.package_version or "-",
            str(release.zone_count),
            str(len(release.links)),
            release.origin.source,
            release.origin.verified,
        )
        for release in loaded
    ]
    yield from write_table(header, rows)
    for release in loaded:
        for warning in release.warnings:
            yield f"{release.version}: warning: {warning.detail}"
    for refusal in refusals:
        yield f"{refusal.release} from {refusal.source} is refused: {refusal.reason}"
