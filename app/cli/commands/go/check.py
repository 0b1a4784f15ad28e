"""``go-check``: Go code that ends a program whose configuration names a zone that it was not built with."""

import asyncio
from typing import Unpack

import click

from app.artifact.go.check import format_check
from app.cli.notices import report_names
from app.cli.opening import open_names
from app.cli.options import Names, names_options, read_zones
from app.cli.output.file import STANDARD_OUTPUT, write_bytes
from app.cli.parts import Parts


class _Options(Names):
    package: str
    env: tuple[str, ...]
    import_path: str | None
    output: str | None


@click.command("go-check")
@names_options
@click.option("--package", default="main", show_default=True, metavar="NAME", help="The package that the code is for.")
@click.option(
    "--env",
    multiple=True,
    default=("TZ",),
    show_default=True,
    metavar="NAME",
    help="An environment variable to check; may be given more than once.",
)
@click.option("--import", "import_path", metavar="PATH", help="The Go package with the zones, for the code to import.")
@click.option("-o", "--output", metavar="FILE", help="Write the code to a file, or - for standard output.")
@click.pass_obj
def go_check(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Write Go code that checks the time zones a program is configured with.

    The code ends the program when it starts if TZ names a zone that is not among these; Go itself would fall back to
    UTC without a word. A name that is a link in the release is accepted and reported.
    """
    if not options["zones"] and options["zones_file"] is None:
        raise click.UsageError("say which zones with --include or --zones-file")
    # Standard input and the output stay outside the event loop: within it Ctrl-C would wait for them.
    zones = read_zones(options)
    release, names = asyncio.run(open_names(parts, options, options["release"], zones))
    source = format_check(
        names,
        version=release.version,
        package=options["package"],
        variables=options["env"],
        import_path=options["import_path"] or "",
    )
    write_bytes(options["output"] or STANDARD_OUTPUT, source)
    report_names(release, names)
