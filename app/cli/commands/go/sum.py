"""``go-sum``: the lines of ``go.sum`` for zones as a Go module, to be checked in before anything is downloaded."""

import asyncio
from typing import TypedDict, Unpack

import click

from app.artifact.go.module import format_go_mod, format_module_path, format_sums, format_version
from app.artifact.spec import parse_spec
from app.cli.opening import Places, open_release, place_options, release_option, settings_of
from app.cli.options import split_zones
from app.cli.parts import Parts
from app.cli.terminal.printing import print_lines


class _Options(Places, TypedDict):
    zones: tuple[str, ...]
    release: str
    module: str | None


@click.command("go-sum")
@click.argument("zones", nargs=-1, metavar="ZONES...", required=True)
@release_option
@click.option("--module", metavar="PATH", help="The module path; by default the sorted zones below the module host.")
@place_options
@click.pass_obj
def go_sum(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Print the lines of go.sum for zones as a Go module.

    They are the lines that `go get` adds when it fetches the module from /go/ of the service.
    """
    print_lines(*asyncio.run(_go_sum(parts, options)).splitlines())


async def _go_sum(parts: Parts, options: _Options) -> str:
    local, release = await open_release(parts, options, options["release"])
    zones = list(split_zones(options["zones"]))
    path = options["module"]
    if path is None:
        named = await local.builder.plan(parse_spec(release.version, zones, format="zip", options={}))
        path = format_module_path(settings_of(options).module_host, (entry.path for entry in named.entries))
    plan = await local.builder.plan(parse_spec(release.version, zones, format="go.zip", options={"module": path}))
    files = ((entry.path, entry.sha256) for entry in plan.unpacked)
    return format_sums(path, format_version(release.version), go_mod=format_go_mod(path), files=files)
