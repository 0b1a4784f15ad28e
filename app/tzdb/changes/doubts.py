"""Doubts about a change: one of its releases is known to have the zone wrong, so the change may be its fault alone.

An auditor who compares releases would otherwise take the fault of a package for a change of the time zone database.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from app.tzdb.release import Release


@dataclass(frozen=True, slots=True)
class DiffWarning:
    """A warning of one of two releases about names that change between them.

    Attributes:
        release: Which of the two it is about.
        code: As in ``ReleaseWarning``.
        zones: The names among those that change.
        detail: One sentence, which names the release.
    """

    release: str
    code: str
    zones: tuple[str, ...]
    detail: str


def diff_warnings(before: Release, after: Release) -> Iterator[DiffWarning]:
    """Yield all warnings of two releases, and what each means for a change from one to the other."""
    for release, meaning in (
        (before, "what changes may be only the correction of that"),
        (after, "what changes may be only that mistake"),
    ):
        for warning in release.warnings:
            detail = f"in {release.version}, {warning.detail}; {meaning}"
            yield DiffWarning(release.version, warning.code, warning.zones, detail)


def warnings_about(warnings: Iterable[DiffWarning], names: Set[str]) -> tuple[DiffWarning, ...]:
    """Return the warnings that are about any of ``names``, with those names alone."""
    named = ((warning, tuple(name for name in warning.zones if name in names)) for warning in warnings)
    return tuple(replace(warning, zones=zones) for warning, zones in named if zones)
