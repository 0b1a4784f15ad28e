"""``sync``: making an output what a lock says, to the byte, or leaving it as it is."""

import asyncio
from pathlib import Path
from typing import Unpack

import click

from app.artifact.formats import artifact_path
from app.artifact.lock import Lock
from app.cli.checking.pinned import DEFAULT_LOCK, find_unlike, read_lock, unpack, verify_artifact
from app.cli.errors import DoesNotVerify
from app.cli.notices import say
from app.cli.opening import Places, open_release, place_options, settings_of
from app.cli.output.directory import write_directory
from app.cli.output.file import STANDARD_OUTPUT, output_format, write_bytes
from app.cli.parts import Parts
from app.cli.terminal.printing import standard_output
from app.digest import format_digest
from app.errors import NotFound


class _Options(Places):
    lock: Path
    output: str
    server: str | None
    local: bool
    check: bool
    replace: bool
    quiet: bool


@click.command()
@click.argument("lock", metavar="[LOCK]", default=DEFAULT_LOCK, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="PATH",
    help="A directory, a file of the lock's format, or - for standard output.",
)
@click.option("--server", metavar="URL", help="Fetch from this service instead of the one in the lock.")
@click.option("--local", is_flag=True, help="Build the bundle here, even if the lock has a URL.")
@click.option("--check", is_flag=True, help="Only check whether the output is what the lock says; exit code 0 or 4.")
@click.option("--replace", is_flag=True, help="Replace a directory that holds another tree.")
@place_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing if all goes well.")
@click.pass_obj
def sync(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Fetch exactly what a lock says, and verify it.

    LOCK is tzdata.lock by default. What does not have the size, the digest and the tree digest of the lock is not
    written, and the exit code is 4. An output that is already what the lock says is left alone, without any request.
    """
    if options["local"] and options["server"] is not None:
        raise click.UsageError("--local asks no server: leave --server out")
    lock = read_lock(options["lock"])
    if not lock.holds:
        raise DoesNotVerify(
            f"{options['lock']} was changed by hand: its digest was made for another release, other zones or options;"
            f" `tzdata-filter lock --update {options['lock']} --release {lock.spec.release}` makes a new one"
        )
    as_directory = _is_directory(options["output"], lock)
    unlike = _find_unlike(options["output"], lock)
    if unlike is None:
        _report(options, lock, "nothing to do, already there:")
    elif options["check"]:
        raise DoesNotVerify(f"{options['output']} is not what {options['lock']} says: {unlike}")
    else:
        content = asyncio.run(_obtain(parts, options, lock))
        outcome = (
            write_directory(Path(options["output"]), unpack(content, lock), replace=options["replace"])
            if as_directory
            else write_bytes(options["output"], content)
        )
        _report(options, lock, "replaced" if outcome == "replaced" else "wrote")


def _is_directory(output: str, lock: Lock) -> bool:
    """Tell whether the output is a directory.

    Raises:
        UsageError: If it is a terminal, or a file of another format than the lock's.
    """
    if output == STANDARD_OUTPUT:
        if standard_output().isatty():
            raise click.UsageError("standard output is a terminal: pipe it, or name a file or a directory")
        return False
    file_format = output_format(output, None)
    if file_format not in (None, lock.spec.format):
        raise click.UsageError(f"the lock is for a {lock.spec.format}, and {output} would be a {file_format}")
    return file_format is None


def _find_unlike(output: str, lock: Lock) -> str | None:
    if output == STANDARD_OUTPUT:
        return "standard output has nothing yet"
    return find_unlike(Path(output), lock)


async def _obtain(parts: Parts, options: _Options, lock: Lock) -> bytes:
    """Return the artifact, verified.

    Raises:
        DoesNotVerify: If it is not what the lock says.
        TzdataFilterError: Any error of the server, or of building it here.
    """
    server = options["server"] or lock.server
    if server and not options["local"] and not settings_of(options).offline:
        content, origin = _fetch(server, lock), "what the server sent"
    else:
        local, _ = await open_release(parts, options, lock.spec.release)
        content, origin = (await local.builder.build(lock.spec)).content, "what was built here"
    verify_artifact(content, lock, origin=origin)
    return content


def _fetch(url: str, lock: Lock) -> bytes:
    """Fetch by digest; a server that no longer has the artifact is asked to build it again.

    Raises:
        DoesNotVerify: If it builds something else.
        TzdataFilterError: Any error of ``Server``.
    """
    from app.cli.client import Server  # noqa: PLC0415 - on demand: most commands need no HTTP

    server, path = Server(url), artifact_path(lock.sha256, lock.spec.format)
    try:
        return server.fetch(path, max_bytes=lock.size)
    except NotFound:
        made = server.lock(lock.spec)
    if made.sha256 != lock.sha256:
        raise DoesNotVerify(
            f"the server no longer has {format_digest(lock.sha256)}, and builds {format_digest(made.sha256)} instead"
        )
    return server.fetch(path, max_bytes=lock.size)


def _report(options: _Options, lock: Lock, verb: str) -> None:
    if not options["quiet"]:
        name = "standard output" if options["output"] == STANDARD_OUTPUT else options["output"]
        digest = f"{format_digest(lock.sha256)}, tree {lock.tree_digest}"
        say(f"{verb} {name}: {digest}, release {lock.spec.release}")
