"""``whitelist``: the list of zones that a program is built with, checked against a release; and Go code that checks it.

The list is one that ``--zones-file`` of the other commands reads.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, TypedDict, Unpack

import click

from app.artifact.go.check import format_check
from app.artifact.spec import parse_spec
from app.cli.commands.extract import STANDARD_OUTPUT, write_bytes
from app.cli.commands.go.platforms import find_platform
from app.cli.errors import DoesNotVerify
from app.cli.notices import say, warn_of
from app.cli.opening import Places, open_release, place_options, release_option
from app.cli.options import read_zones_file, split_zones
from app.cli.parts import Parts
from app.tzdb.release import Release

_HEAD = "Time zones of tzdata {version}, one a line; made by tzdata-filter whitelist."


class _Options(Places, TypedDict):
    include: tuple[str, ...]
    output: str | None
    release: str
    goos: str | None
    goarch: str | None
    check: BinaryIO | None
    go_check: str | None
    package: str
    env: tuple[str, ...]
    import_path: str | None


@click.command()
@click.option("--include", multiple=True, metavar="LIST", help="Zones, globs, countries, apart by commas.")
@click.option("-o", "--output", metavar="FILE", help="Write the list to a file, or - for standard output.")
@release_option
@click.option("--goos", metavar="OS", help="Note in the list whether Go finds zones on this system.")
@click.option("--goarch", metavar="ARCH", help="The processor that goes with --goos.")
@click.option(
    "--check",
    type=click.File("rb"),
    metavar="FILE",
    help="Read a list: all of it must be in the release, and it must be what --include says, if that is given.",
)
@click.option("--go-check", metavar="FILE", help="Write Go code that ends a program whose TZ names another zone.")
@click.option("--package", default="main", show_default=True, metavar="NAME", help="The package of that Go code.")
@click.option(
    "--env", multiple=True, default=("TZ",), show_default=True, metavar="NAME", help="Variables that it looks at."
)
@click.option("--import", "import_path", metavar="PATH", help="The Go package with the zones, for it to import.")
@place_options
@click.pass_obj
def whitelist(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Write or check a list of the zones that a program is built with.

    Every name is checked against a release. A name that is only a link there is fine, and is told.
    """
    if not options["include"] and options["check"] is None:
        raise click.UsageError("say which zones with --include, or which list with --check")
    if options["goarch"] is not None and options["goos"] is None:
        raise click.UsageError("--goarch goes with --goos")
    asyncio.run(_whitelist(parts, options))


async def _whitelist(parts: Parts, options: _Options) -> None:
    platform = find_platform(options["goos"], options["goarch"]) if options["goos"] is not None else None
    local, release = await open_release(parts, options, options["release"])
    listed = [*read_zones_file(options["check"])] if options["check"] is not None else None
    zones = [*split_zones(options["include"])] if options["include"] else listed or [""]
    plan = await local.builder.plan(parse_spec(release.version, zones, format="zip", options={}))
    names = sorted(entry.path for entry in plan.entries)
    if listed is not None and options["include"]:
        _check_same(listed, names)
    notes = [f"{'/'.join(filter(None, (options['goos'], options['goarch'])))} {platform.note}"] if platform else []
    if options["go_check"] is not None:
        source = format_check(
            names,
            version=release.version,
            package=options["package"],
            variables=options["env"],
            import_path=options["import_path"] or "",
        )
        write_bytes(options["go_check"], source)
    output = options["output"]
    if output is not None or (listed is None and options["go_check"] is None):
        write_bytes(output or STANDARD_OUTPUT, _format_list(names, notes, version=release.version))
    _report(release, names, notes)


def _format_list(names: Iterable[str], notes: Iterable[str], *, version: str) -> bytes:
    head = (f"# {note}\n" for note in (_HEAD.format(version=version), *notes))
    return "".join([*head, *(f"{name}\n" for name in names)]).encode("ascii")


def _check_same(listed: Sequence[str], names: Sequence[str]) -> None:
    """Check that a list holds exactly these names, in any order. Errors: DoesNotVerify with all that differs."""
    problems = [f"{name} is missing" for name in names if name not in listed]
    problems += [f"{name} is one too many" for name in listed if name not in names]
    problems += [f"{name} is there twice" for name in sorted({name for name in listed if listed.count(name) > 1})]
    if problems:
        raise DoesNotVerify("the list is not what --include says", problems=problems)


def _report(release: Release, names: Sequence[str], notes: Iterable[str]) -> None:
    warn_of(release, names)
    for line in (*_links(release, names), *notes):
        say(line)
    count = "1 zone" if len(names) == 1 else f"{len(names)} zones"
    say(f"{count}, all in release {release.version}")


def _links(release: Release, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if release.kind(name) == "link":
            yield f"{name} is a link to {release.canonical(name)} in release {release.version}"
