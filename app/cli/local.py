"""Which releases a command works with: the options for that, and fetching one release."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from app.artifact.plan import Plan
from app.artifact.spec import LATEST, Spec, check_release_choice
from app.build.channels import release_order
from app.build.library import Library
from app.cli.notices import say
from app.cli.parts import Local, Parts
from app.errors import UnknownRelease, UntrustedRelease
from app.settings import read_settings
from app.tzdb.release import Release

P = ParamSpec("P")
R = TypeVar("R")


def wheels_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--wheels-dir``."""
    return click.option(
        "--wheels-dir", metavar="DIR", help="Directory of tzdata wheels: more releases than the installed one."
    )(command)


def tree_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--input``, which comes to it as ``tree``."""
    return click.option(
        "--input",
        "tree",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Take the release from a directory of compiled zone files with its tables, or an unpacked wheel.",
    )(command)


def release_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the option ``--release``."""
    return click.option(
        "--release", metavar="NAME", default=LATEST, show_default=True, help="IANA release such as 2026f, or latest."
    )(command)


def make_local(parts: Parts, *, wheels_dir: str | None, tree: Path | None = None) -> Local:
    """Return a library and a builder. Errors: UsageError, InvalidSettings, StoreUnavailable."""
    if tree is not None and wheels_dir is not None:
        raise click.UsageError("--input is the only source then: leave --wheels-dir out")
    return parts.local(read_settings({"wheels_dir": wheels_dir}), tree)


async def fetch_release(library: Library, choice: str) -> Release:
    """Return the release that ``choice`` means; say which later ones ``latest`` had to pass over.

    Errors: InvalidName and those of ``Library.release``; if there is none and all were refused, UntrustedRelease.
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


async def plan_locally(local: Local, spec: Spec) -> tuple[Release, Plan]:
    """Return the release that a spec means, and its plan. Errors: those of ``fetch_release`` and ``Builder.plan``."""
    release = await fetch_release(local.library, spec.release)
    return release, await local.builder.plan(spec)


def _is_later(refused: str, version: str) -> bool:
    """Tell whether what was refused is, or may be, a later release; a file that could not be named may be one."""
    return not refused[:4].isdecimal() or release_order(refused) > release_order(version)
