"""The options that say which releases a command works with, and getting one of those releases."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypedDict, TypeVar

import click

from app.artifact.formats import STABLE_FORMAT
from app.artifact.plan import Plan
from app.artifact.spec import LATEST, Spec, check_release_choice, parse_spec
from app.cli.notices import say
from app.cli.parts import Local, Parts
from app.errors import UnknownRelease, UntrustedRelease
from app.releases.library import Library
from app.settings import Settings, read_settings
from app.tzdb.names import is_release_name, release_order
from app.tzdb.release import Release
from app.tzdb.selection import select

P = ParamSpec("P")
R = TypeVar("R")


class Places(TypedDict):
    """What the options of ``place_options`` say, as click hands it to a command."""

    wheels_dir: str | None
    data_dir: str | None
    offline: bool


def place_options(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options of ``Places``."""
    return wheels_option(data_option(offline_option(command)))


def wheels_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--wheels-dir``."""
    return click.option(
        "--wheels-dir", metavar="DIR", help="A directory of tzdata wheels, for more releases than the installed one."
    )(command)


def data_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--data-dir``."""
    return click.option("--data-dir", metavar="DIR", help="Where fetched releases and bundles are kept.")(command)


def offline_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--offline``."""
    return click.option("--offline", is_flag=True, help="Do not fetch a missing release from the package index.")(
        command
    )


def tree_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--input``, which comes to it as ``tree``."""
    return click.option(
        "--input",
        "tree",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Take the release from a directory of compiled zone files with their tables, or from an unpacked wheel.",
    )(command)


def release_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--release``."""
    return click.option(
        "--release", metavar="NAME", default=LATEST, show_default=True, help="An IANA release such as 2026f, or latest."
    )(command)


def settings_of(places: Places) -> Settings:
    """Return the settings, with what the options say. Raises: InvalidSettings."""
    given = {"wheels_dir": places["wheels_dir"], "data_dir": places["data_dir"]}
    return read_settings({**given, "offline": True if places["offline"] else None})


def make_local(parts: Parts, places: Places, *, tree: Path | None = None) -> Local:
    """Return the parts that know the releases that are here. They make no outbound call.

    Raises:
        UsageError: If options contradict each other.
        InvalidSettings, StoreUnavailable: As the settings or the store say.
    """
    if tree is not None and (places["wheels_dir"] is not None or places["data_dir"] is not None):
        raise click.UsageError("--input replaces every other source: leave --wheels-dir and --data-dir out")
    return parts.local(settings_of(places), tree, online=False)


async def open_release(parts: Parts, places: Places, choice: str, *, tree: Path | None = None) -> tuple[Local, Release]:
    """Return the release that ``choice`` means, and the parts that have it.

    The releases that are here come first, and ``latest`` is the newest of them. Only a release that is not here, or a
    channel that means one, is fetched from the package index.

    Raises:
        UsageError, InvalidSettings, StoreUnavailable: As in ``make_local``.
        InvalidName, UnknownRelease, UntrustedRelease: As in ``fetch_release``.
        SourceUnreachable, UntrustedIndex: For the package index.
    """
    local = make_local(parts, places, tree=tree)
    try:
        return local, await fetch_release(local.library, choice)
    except UnknownRelease:
        settings = settings_of(places)
        if tree is not None or settings.offline or not _may_be_elsewhere(choice, settings):
            raise
    online = parts.local(settings, None, online=True)
    return online, await fetch_release(online.library, choice)


async def open_plan(parts: Parts, places: Places, spec: Spec, *, tree: Path | None) -> tuple[Release, Plan]:
    """Return the release that a spec means, and its plan. Raises: as ``open_release`` and ``Builder.plan``."""
    local, release = await open_release(parts, places, spec.release, tree=tree)
    return release, await local.builder.plan(spec)


async def open_names(parts: Parts, places: Places, choice: str, zones: Iterable[str]) -> tuple[Release, list[str]]:
    """Return the release that ``choice`` means, and its names for a list of zones, sorted.

    Raises:
        InvalidName, LimitExceeded, UnknownZones: For the zones, and otherwise as in ``open_release``.
    """
    spec = parse_spec(choice, zones, format=STABLE_FORMAT, options={})
    _, release = await open_release(parts, places, spec.release)
    return release, sorted(select(release, spec.selectors, aliases=spec.aliases))


async def fetch_release(library: Library, choice: str) -> Release:
    """Return the release that ``choice`` means, and warn of later ones that ``latest`` had to pass over.

    Raises:
        InvalidName: If it is not well-formed.
        UntrustedRelease: If there is no release because all of them were refused.
        UnknownRelease, SourceUnreachable: As in ``Library.release``.
    """
    check_release_choice(choice)
    try:
        release = await library.release(choice)
    except UnknownRelease as error:
        refusals = library.refusals()
        if not refusals or (choice != LATEST and library.versions()):
            raise
        if len(refusals) == 1:
            raise UntrustedRelease(refusals[0].reason) from error
        problems = [f"{refusal.release}: {refusal.reason}" for refusal in refusals]
        raise UntrustedRelease(f"none of {len(refusals)} releases verifies", problems=problems) from error
    if choice == LATEST:
        for refusal in library.refusals():
            if _is_later(refusal.release, release.version):
                say(f"warning: {refusal.release} from {refusal.source} was passed over: {refusal.reason}")
    return release


def _is_later(refused: str, version: str) -> bool:
    """Tell whether what was refused is, or may be, a later release; a file that could not be named may be one."""
    return not refused[:4].isdecimal() or release_order(refused) > release_order(version)


def _may_be_elsewhere(choice: str, settings: Settings) -> bool:
    """Tell whether the package index could help. It cannot with a channel that the settings do not name."""
    return is_release_name(choice) or choice.partition("-")[0] == LATEST or choice in settings.channels
