"""``lock``: pinning a bundle to its bytes in a file to commit, and moving the pin to another release."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import click

from app.artifact.formats import STABLE_FORMAT, artifact_path
from app.artifact.lock import Lock, check_server, format_lock, make_lock
from app.artifact.record import make_record
from app.artifact.spec import LATEST, Spec
from app.cli.checking.archives import decode_archive
from app.cli.checking.comparison import find_invalid
from app.cli.checking.pinned import DEFAULT_LOCK, read_lock, verify_artifact
from app.cli.diff_text import diff_lines, diff_summary, diff_warnings
from app.cli.errors import DoesNotVerify
from app.cli.notices import say, warn_of
from app.cli.opening import Places, open_release, place_options, settings_of
from app.cli.options import Bundle, bundle_options, given_options, parse_selection
from app.cli.output.file import write_bytes
from app.cli.parts import Parts
from app.cli.terminal.printing import print_lines
from app.digest import format_digest
from app.errors import TzdataFilterError
from app.text import without_password
from app.tzdb.changes.diff import default_future, diff_releases
from app.tzdb.changes.diff_row import DiffRow, diff_row
from app.tzdb.names import release_order


class _Options(Bundle, Places):
    server: str | None
    update: Path | None
    output: str | None
    quiet: bool


@click.command()
@bundle_options
@click.option("--server", metavar="URL", help="Have a service build the bundle, and pin its permanent URL.")
@click.option(
    "--update",
    is_flag=False,
    flag_value=DEFAULT_LOCK,
    metavar="[LOCK]",
    type=click.Path(path_type=Path),
    help=f"Move a lock ({DEFAULT_LOCK}) to --release and print what that changes; zones and options stay.",
)
@click.option(
    "-o", "--output", metavar="LOCK", help=f"Where to write the lock; by default {DEFAULT_LOCK}, or the one to update."
)
@place_options
@click.option("-q", "--quiet", is_flag=True, help="Print nothing if all goes well.")
@click.pass_obj
def lock(parts: Parts, /, **options: Unpack[_Options]) -> None:
    """Pin a bundle to its bytes, in a file to commit: tzdata.lock.

    ZONES and options are those of extract; the format is tar by default. sync fetches exactly what the lock says.
    Without --server the bundle is built here, and sync builds it again.
    """
    if options["server"] is not None:
        check_server(without_password(options["server"]).rstrip("/"))
        if settings_of(options).offline:
            raise click.UsageError("--server cannot be used with --offline or its setting")
    if options["update"] is None:
        _lock(parts, options)
    else:
        _update(parts, options, options["update"])


def _lock(parts: Parts, options: _Options) -> None:
    spec = parse_selection(options, format=options["format"] or STABLE_FORMAT)
    # Standard input and the output stay outside the event loop: within it Ctrl-C would wait for them.
    made = asyncio.run(_pin(parts, options, spec, server=options["server"]))
    output = options["output"] or DEFAULT_LOCK
    write_bytes(output, format_lock(made).encode())
    if not options["quiet"]:
        say(f"wrote {output}: {_described(made)}")


def _update(parts: Parts, options: _Options, path: Path) -> None:
    _check_nothing_else(options)
    old = read_lock(path)
    spec = replace(old.spec, release=options["release"])
    new = asyncio.run(_pin(parts, options, spec, server=options["server"] or old.server))
    output = options["output"] or str(path)
    before, after = old.spec.release, new.spec.release
    if options["release"] == LATEST and release_order(after) < release_order(before):
        _say(options, f"nothing to do: the newest release is {after}, {path} is at {before}")
        return
    if new == old and output == str(path):
        _say(options, f"nothing to do: {path} is at release {after} and its bytes stay the same")
        return
    write_bytes(output, format_lock(new).encode())
    if before != after and not options["quiet"]:
        _print_diff(parts, options, old, new)
    kept = "the bytes stay the same" if new.sha256 == old.sha256 else "the bytes change"
    _say(options, f"moved {output} from release {before} to {after}, {kept}: {_described(new)}")


async def _pin(parts: Parts, options: _Options, spec: Spec, *, server: str | None) -> Lock:
    """Return the lock of a bundle that a server built and that was verified, or that was built here.

    Raises:
        TzdataFilterError: Any error of the server, or of building it here.
    """
    if server and not settings_of(options).offline:
        return _pin_at(server, spec)
    local, release = await open_release(parts, options, spec.release)
    artifact = await local.builder.build(replace(spec, release=release.version))
    if not options["quiet"]:
        warn_of(release, (entry.zone for entry in artifact.plan.entries if entry.zone is not None))
    # Not the artifact's own record, which may stem from another request for the same bytes.
    return make_lock(make_record(artifact.plan, artifact.content).row, server=server or "")


def _pin_at(url: str, spec: Spec) -> Lock:
    from app.cli.client import Server  # noqa: PLC0415 - on demand: most commands need no HTTP

    server = Server(url)
    made = server.lock(spec)
    content = server.fetch(artifact_path(made.sha256, made.spec.format), max_bytes=made.size)
    verify_artifact(content, made, origin="what the server sent")
    if problems := list(find_invalid(decode_archive(content))):
        raise DoesNotVerify("what the server sent does not verify", problems=problems)
    return made


def _print_diff(parts: Parts, options: _Options, old: Lock, new: Lock) -> None:
    """Print what the move changes. If that cannot be found out, it is only a warning: the lock itself is sound."""
    try:
        row = asyncio.run(_diff(parts, options, old, new))
        lines, notes = list(diff_lines(row)), [*diff_warnings(row), diff_summary(row)]
    except TzdataFilterError as error:
        say(f"warning: the changes cannot be shown: {error.detail}")
        return
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        say("warning: the changes cannot be shown: the server's diff makes no sense")
        return
    print_lines(*lines)
    for note in notes:
        say(note)


async def _diff(parts: Parts, options: _Options, old: Lock, new: Lock) -> DiffRow:
    spec, before, after = new.spec, old.spec.release, new.spec.release
    server = options["server"] or new.server
    if server and not settings_of(options).offline:
        from app.cli.client import Server  # noqa: PLC0415 - on demand, as above

        return Server(server).diff(before, after, zones=[str(each) for each in spec.selectors], aliases=spec.aliases)
    _, earlier = await open_release(parts, options, before)
    _, later = await open_release(parts, options, after)
    future = default_future(before, after)
    found = diff_releases(earlier, later, selectors=spec.selectors, aliases=spec.aliases, future_from=future)
    return diff_row(found)


def _check_nothing_else(options: _Options) -> None:
    given = list(_given(options))
    if given:
        raise click.UsageError(f"--update keeps the zones and options of the lock: leave {', '.join(given)} out")


def _given(options: _Options) -> Iterator[str]:
    if options["zones"] or options["zones_file"] is not None:
        yield "ZONES"
    yield from (f"--{name}" for name in given_options(options))


def _described(lock: Lock) -> str:
    return f"{lock.size} bytes, {format_digest(lock.sha256)}, release {lock.spec.release}"


def _say(options: _Options, text: str) -> None:
    if not options["quiet"]:
        say(text)
