"""The history of a selection: which of many releases touch it, each compared with the one before it.

It follows from the releases and the selection alone: no clock or counter plays a part.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from app.instants import format_instant
from app.tzdb.changes.diff import ChangeKind, Period, ReleaseDiff, default_future, diff_releases
from app.tzdb.changes.diff_row import DiffWarningRow, warning_row
from app.tzdb.names import nth_of_year
from app.tzdb.release import Release
from app.tzdb.selection import Aliases, Selector, check_known, has_any


@dataclass(frozen=True, slots=True)
class Step:
    """One release of a history.

    Attributes:
        release: Its name.
        before: The release before it, ``None`` for the first that is known.
        diff: From ``before`` to ``release``, ``None`` if nothing can be compared.
        compared: The selectors that pick something in at least one of the two.
        whole: Whether every selector picks something in the release.
    """

    release: str
    before: str | None
    diff: ReleaseDiff | None
    compared: tuple[Selector, ...]
    whole: bool


class StepRow(TypedDict):
    """A step in JSON: the members of ``Step`` and, from its ``ReleaseDiff``, what holds for all names together.

    ``affected`` is null for the first release that is known; the members after it are also null where nothing can be
    compared.
    """

    release: str
    before: str | None
    affected: bool | None
    period: Period | None
    period_affected: str | None
    compared: int | None
    counts: Mapping[ChangeKind, int] | None
    warnings: list[DiffWarningRow]


def make_steps(releases: Sequence[Release], *, selectors: Sequence[Selector], aliases: Aliases) -> Iterator[Step]:
    """Compare each release with the one before it, one step at a time, as the caller takes them.

    Args:
        releases: The newest first, at least one; the steps come in the same order.
        selectors: The selection whose history this is.
        aliases: As in ``select``.

    Raises:
        UnknownZones: A selector picks nothing in any of the releases. This is raised at once, before the first step.
    """
    check_known(releases, selectors)
    return _steps(releases, selectors=selectors, aliases=aliases)


def stand_in_date(release: str) -> str:
    """Return an instant that stands for a release.

    It is not the day of publication, which the data do not give, but it keeps releases in order: the first one of a
    year gets 1 January, the second 2 January and so on.
    """
    first = datetime(max(int(release[:4]), 1), 1, 1, tzinfo=UTC)
    return format_instant(int((first + timedelta(days=nth_of_year(release) - 1)).timestamp()))


def step_row(step: Step) -> StepRow:
    """Return a step's JSON."""
    diff = step.diff
    since = diff.period_affected if diff is not None else None
    return {
        "release": step.release,
        "before": step.before,
        "affected": None if step.before is None else diff is not None and diff.affected,
        "period": diff.period if diff is not None else None,
        "period_affected": format_instant(since) if since is not None else None,
        "compared": diff.compared if diff is not None else None,
        "counts": diff.counts if diff is not None else None,
        "warnings": [warning_row(warning) for warning in diff.warnings] if diff is not None else [],
    }


def _steps(releases: Sequence[Release], *, selectors: Sequence[Selector], aliases: Aliases) -> Iterator[Step]:
    for at, release in enumerate(releases):
        before = releases[at + 1] if at + 1 < len(releases) else None
        pair = (release,) if before is None else (release, before)
        known = tuple(each for each in selectors if any(has_any(one, each) for one in pair))
        whole = all(has_any(release, each) for each in selectors)
        diff = None
        if before is not None and known:
            future_from = default_future(before.version, release.version)
            diff = diff_releases(before, release, selectors=known, aliases=aliases, future_from=future_from)
        yield Step(release.version, before.version if before else None, diff, known, whole)
