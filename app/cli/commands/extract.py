"""``extract``: a bundle without a server, to a directory, a file or standard output."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import click

from app.artifact.entry import Entry
from app.artifact.formats import FORMATS, STABLE_FORMAT
from app.artifact.spec import Spec
from app.builder.builder import Artifact
from app.cli.notices import count_files, say, warn_of
from app.cli.opening import open_plan, open_release
from app.cli.options import Selection, parse_selection, selection_options
from app.cli.output.directory import Outcome, write_directory
from app.cli.output.file import STANDARD_OUTPUT, output_format, write_bytes
from app.cli.parts import Parts
from app.cli.terminal.printing import standard_output
from app.digest import format_digest
from app.tzdb.release import Release


class _Options(Selection):
    output: str
    replace: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class _Written:
    outcome: Outcome
    entries: tuple[Entry, ...]
    size: int
    digest: str


@click.command()
@selection_options
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help=(
        f"A directory, a file that ends in {', '.join(f'.{ending}' for ending in FORMATS)}, or - for standard output"
        f" ({STABLE_FORMAT})."
    ),
)
@click.option("--replace", is_flag=True, help="Replace a directory that holds another tree.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing if all goes well.")
@click.pass_obj
def extract(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Write the zones asked for, and nothing more.

    ZONES are names, globs ('Europe/*') or countries (country:CN), separated by spaces or commas. The output appears
    whole or not at all; a directory that already holds exactly this tree is left as it is.
    """
    output = options["output"]
    file_format = output_format(output, options["format"])
    if output == STANDARD_OUTPUT and standard_output().isatty():
        raise click.UsageError("standard output is a terminal: pipe it, or name a file or a directory")
    # A directory gets what a tar would unpack to.
    spec = parse_selection(options, format=file_format or STABLE_FORMAT)
    # Standard input and the outputs stay outside the event loop: within it Ctrl-C would wait for them.
    if file_format is None:
        release, plan = asyncio.run(open_plan(parts, options, spec, tree=options["tree"]))
        outcome = write_directory(Path(output), plan.entries, replace=options["replace"])
        written = _Written(outcome, plan.entries, sum(entry.size for entry in plan.entries), f"tree {plan.tree_digest}")
    else:
        release, artifact = asyncio.run(_build(parts, options, spec))
        outcome = write_bytes(output, artifact.content)
        written = _Written(outcome, artifact.plan.entries, len(artifact.content), format_digest(artifact.sha256))
    if not options["quiet"]:
        warn_of(release, (entry.zone for entry in written.entries if entry.zone is not None))
        say(_report(output, written, release=release.version))


async def _build(parts: Parts, options: _Options, spec: Spec) -> tuple[Release, Artifact]:
    local, release = await open_release(parts, options, spec.release, tree=options["tree"])
    return release, await local.builder.build(spec)


def _report(output: str, written: _Written, *, release: str) -> str:
    files = count_files(len(written.entries))
    name = "standard output" if output == STANDARD_OUTPUT else os.path.normpath(output)
    verb = {"wrote": "wrote", "replaced": "replaced", "same": "nothing to do, already there:"}[written.outcome]
    return f"{verb} {name}: {files}, {written.size} bytes, {written.digest}, release {release}"
