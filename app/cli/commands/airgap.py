"""``releases fetch``, ``export`` and ``import``: bringing releases into a store, and into closed networks."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import click

from app.airgap.carrier import LIMITS, decode_carrier, encode_carrier, wheel_name
from app.airgap.transfer import admit, pack
from app.cli.notices import say
from app.cli.opening import data_option, fetch_release, wheels_option
from app.cli.output.file import write_file
from app.cli.parts import Local, Parts
from app.errors import SourceUnreachable, StoreUnavailable, UnknownRelease, UntrustedRelease
from app.files.reading import read_at_most
from app.releases.channels import resolve_channel
from app.releases.yanked import standing
from app.settings import Settings, read_settings
from app.sources.base import Loaded, Offers, Source
from app.tzdb.names import release_order
from app.tzdb.release import Release, TzifPool


class _Fetch(TypedDict):
    names: tuple[str, ...]
    all_: bool
    data_dir: str | None
    wheels_dir: Path | None


class _Export(TypedDict):
    names: tuple[str, ...]
    all_: bool
    output: Path
    artifacts: bool
    data_dir: str | None
    wheels_dir: str | None


@click.command("fetch")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "all_", is_flag=True, help="Every release that the index has.")
@data_option
@click.option(
    "--wheels-dir",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="A directory to put the wheels into, as well or instead.",
)
@click.pass_obj
def fetch(parts: Parts, /, **options: Unpack[_Fetch]) -> None:
    """Fetch releases from the package index, verify them and keep them.

    NAME is a release such as 2024a, or latest. A release whose bytes are not those that were first seen is refused.
    """
    settings = read_settings({"data_dir": options["data_dir"]})
    if settings.data_dir is None and options["wheels_dir"] is None:
        raise click.UsageError("say where to keep them: --data-dir or --wheels-dir")
    if settings.offline:
        raise click.UsageError("TZDATA_FILTER_OFFLINE is set: nothing is fetched")
    _check_names(options["names"], all_=options["all_"])
    local, index = parts.local(settings, None, online=False), parts.index(settings)
    offers = index.offers(wanted=not options["all_"])
    failed: list[UnknownRelease | UntrustedRelease] = []
    pool: TzifPool = {}
    for version in _wanted(offers, settings, options):
        try:
            wheel, package_version = _obtain(version, index, offers, local, pool=pool)
        except (UnknownRelease, UntrustedRelease) as error:
            failed.append(error)  # the others may still be available
            continue
        if settings.data_dir is not None:
            _check_kept(local, version)
        if options["wheels_dir"] is not None:
            write_file(options["wheels_dir"] / wheel_name(package_version), wheel)
    _raise(failed)


@click.command("export")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "all_", is_flag=True, help="Every release that is kept, or in the wheels directory.")
@click.option(
    "-o", "--output", required=True, metavar="FILE", type=click.Path(path_type=Path), help="The file to write, a tar."
)
@click.option(
    "--artifacts", is_flag=True, help="Also export the bundles in the data directory that were made from them."
)
@data_option
@wheels_option
@click.pass_obj
def export(parts: Parts, /, **options: Unpack[_Export]) -> None:
    """Write releases to one file, to be carried into a closed network.

    NAME is a release that is kept in --data-dir or lies in --wheels-dir. Equal contents give equal files.
    """
    settings = read_settings({"data_dir": options["data_dir"], "wheels_dir": options["wheels_dir"]})
    _check_names(options["names"], all_=options["all_"])
    local = parts.local(settings, None, online=False)
    found = asyncio.run(_load(local, options["names"], all_=options["all_"]))
    carrier = pack(found, ledger=local.ledger, store=local.store, artifacts=options["artifacts"])
    content = encode_carrier(carrier)
    if len(content) > LIMITS.archive_bytes:
        raise click.UsageError(f"import takes at most {LIMITS.archive_bytes} bytes: export fewer releases at once")
    write_file(options["output"], content)
    say(f"wrote {options['output']}: {_listed(found, len(carrier.artifacts))}, {len(content)} bytes")


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@data_option
@click.pass_obj
def import_(parts: Parts, /, *, file: Path, data_dir: str | None) -> None:
    """Import what export wrote: all of it, once everything in it has been verified, or nothing.

    Wheels are checked as if they were fetched, and artifacts are built again and compared. What is pinned here with
    other bytes is refused, and the exit code is then 4.
    """
    settings = read_settings({"data_dir": data_dir})
    if settings.data_dir is None:
        raise click.UsageError("say where to keep them: --data-dir")
    carrier = decode_carrier(_read(file))
    local = parts.local(settings, None, online=False)
    found = admit(carrier, ledger=local.ledger, store=local.store)
    say(f"imported {_listed(found, len(carrier.artifacts))}; now in {settings.data_dir}")


def _check_names(names: Sequence[str], *, all_: bool) -> None:
    if bool(names) == all_:
        raise click.UsageError("name releases such as 2024a, or use --all")


def _wanted(offers: Offers, settings: Settings, options: _Fetch) -> list[str]:
    known = sorted(offers.releases, key=release_order, reverse=True)
    if options["all_"]:
        return known
    yanked = {version for version, promise in offers.promises.items() if promise.yanked is not None}
    may_be_meant = standing(known, yanked)
    meant = (resolve_channel(name, may_be_meant, channels=settings.channels) for name in options["names"])
    return list(dict.fromkeys(meant))


def _obtain(version: str, index: Source, offers: Offers, local: Local, *, pool: TzifPool) -> tuple[bytes, str]:
    """Return a release's wheel and its package version: from the store, or else from the index, and then keep it.

    Raises:
        UnknownRelease, UntrustedRelease: For this release.
        SourceUnreachable, UntrustedIndex: For the index as a whole.
    """
    pin, promise = local.ledger.pins().get(version), offers.promises.get(version)
    kept = local.ledger.wheel(pin) if pin is not None else None
    if pin is not None and kept is not None and (promise is None or pin.agrees_with(promise)):
        say(f"{version} is here already: sha256:{pin.sha256}")
        return kept, pin.package_version or ""
    loaded = index.load(version, pool)
    local.ledger.keep(loaded)
    wheel, package_version = _of(loaded)
    say(f"fetched {version}: {len(wheel)} bytes, sha256:{loaded.release.origin.sha256}")
    return wheel, package_version


def _of(loaded: Loaded) -> tuple[bytes, str]:
    version = loaded.release.version
    if loaded.wheel is None or loaded.release.origin.package_version is None:
        raise UnknownRelease(f"the package index has no wheel of release {version}", release=version)
    return loaded.wheel, loaded.release.origin.package_version


def _check_kept(local: Local, version: str) -> None:
    """Check that the store has a release; the ledger itself carries on when its store fails.

    Raises:
        StoreUnavailable: If it could not be kept.
    """
    local.store.check()
    pin = local.ledger.pins().get(version)
    if pin is None or local.ledger.wheel(pin) is None:
        raise StoreUnavailable(f"release {version} could not be kept")


async def _load(local: Local, names: Sequence[str], *, all_: bool) -> list[Release]:
    if not all_:
        found = [await fetch_release(local.library, name) for name in dict.fromkeys(names)]
        return list({release.version: release for release in found}.values())
    listed = [item.release for item in await local.library.listed() if item.release is not None]
    pins = local.ledger.pins()
    wheels = [release for release in listed if pins[release.version].sha256 is not None]
    if not wheels:
        raise UnknownRelease("no release is kept here: fetch some, or name the directory they are in")
    return wheels


def _read(file: Path) -> bytes:
    try:
        return read_at_most(file, LIMITS.archive_bytes + 1)
    except OSError as error:
        raise SourceUnreachable(f"{file} cannot be read: {error.strerror}") from error


def _listed(found: Sequence[Release], artifacts: int) -> str:
    names = ", ".join(release.version for release in found)
    what = f"{len(found)} releases ({names})" if len(found) != 1 else f"release {names}"
    return what + (f", {artifacts} artifact{'s' if artifacts != 1 else ''}" if artifacts else "")


def _raise(failed: Sequence[UnknownRelease | UntrustedRelease]) -> None:
    """Raise what went wrong with single releases.

    Raises:
        UntrustedRelease, UnknownRelease: The only failure itself, or one error that lists them all.
    """
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise UntrustedRelease(f"{len(failed)} releases were not fetched", problems=[error.detail for error in failed])
