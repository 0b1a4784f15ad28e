"""``allowlist``: the list of zones that a program is built with, written or checked against a release.

The list is one that ``--zones-file`` of the other commands reads.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Unpack

import click

from app.cli.commands.go.platforms import find_platform
from app.cli.errors import DoesNotVerify
from app.cli.notices import report_names
from app.cli.opening import open_names
from app.cli.options import ZONES_FILE, Names, names_options, read_zones, read_zones_file
from app.cli.output.file import STANDARD_OUTPUT, write_bytes
from app.cli.parts import Parts

_HEAD = "Time zones of tzdata {version}, one a line; made by tzdata-filter allowlist."


class _Options(Names):
    output: str | None
    goos: str | None
    goarch: str | None
    check: Path | None


@click.command()
@names_options
@click.option("-o", "--output", metavar="FILE", help="Write the list to a file, or - for standard output.")
@click.option("--goos", metavar="OS", help="Note in the list whether Go finds zones on this system.")
@click.option("--goarch", metavar="ARCH", help="The processor that goes with --goos.")
@click.option(
    "--check",
    type=ZONES_FILE,
    metavar="FILE",
    help="Read a list: the release must have all of it, and it must be what --include says, if that is given.",
)
@click.pass_obj
def allowlist(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Write a list of the zones that a program is built with, or check one.

    Every name must be in the release. A name that is a link there is accepted and reported.
    """
    is_given = bool(options["zones"]) or options["zones_file"] is not None
    if not is_given and options["check"] is None:
        raise click.UsageError("say which zones with --include, or which list with --check")
    if options["goarch"] is not None and options["goos"] is None:
        raise click.UsageError("--goarch goes with --goos")
    notes = _notes(options)
    # Standard input and the output stay outside the event loop: within it Ctrl-C would wait for them.
    listed = list(read_zones_file(options["check"])) if options["check"] is not None else None
    zones = read_zones(options) if is_given else listed or []
    release, names = asyncio.run(open_names(parts, options, options["release"], zones))
    if listed is not None and is_given:
        _check_same(listed, names)
    if options["output"] is not None or listed is None:
        write_bytes(options["output"] or STANDARD_OUTPUT, _format_list(names, notes, version=release.version))
    report_names(release, names, notes)


def _notes(options: _Options) -> list[str]:
    goos, goarch = options["goos"], options["goarch"]
    if goos is None:
        return []
    return [f"{'/'.join(filter(None, (goos, goarch)))} {find_platform(goos, goarch).note}"]


def _format_list(names: Iterable[str], notes: Iterable[str], *, version: str) -> bytes:
    head = (f"# {note}\n" for note in (_HEAD.format(version=version), *notes))
    return "".join([*head, *(f"{name}\n" for name in names)]).encode("ascii")


def _check_same(listed: Sequence[str], names: Sequence[str]) -> None:
    """Check that a list holds exactly these names, in any order.

    Raises:
        DoesNotVerify: If it does not, with everything that differs.
    """
    problems = [f"{name} is missing" for name in names if name not in listed]
    problems += [f"{name} should not be there" for name in listed if name not in names]
    problems += [
        f"{name} is there more than once" for name in sorted({name for name in listed if listed.count(name) > 1})
    ]
    if problems:
        raise DoesNotVerify("the list is not what --include says", problems=problems)
