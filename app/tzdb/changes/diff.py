"""What changes from one release to another for a selection: which names, in which way, and from which instant on.

What clocks show is compared, not bytes: files that give the same local time at every instant differ only in bytes.
``diff_row`` says how a diff looks as JSON.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias, get_args

from app.errors import InvalidOption, UnknownZones
from app.text import quote
from app.tzdb.changes.doubts import DiffWarning, diff_warnings, warnings_about
from app.tzdb.changes.timeline import BEGINNING, ENDING, Change, Timeline, first_difference, make_timeline
from app.tzdb.names import by_component
from app.tzdb.release import Release, TzifFile, ZoneKind
from app.tzdb.selection import Aliases, Selector, check_known, has_any, select
from app.tzdb.tzif.decoder import decode_tzif

Period: TypeAlias = Literal["future", "2020..", "1970..2019", "pre-1970"]
ChangeKind: TypeAlias = Literal["future", "2020..", "1970..2019", "pre-1970", "removed", "added", "binary-only"]
Since: TypeAlias = Literal["future", "2020", "1970", "ever"]

PERIODS: tuple[Period, ...] = get_args(Period)
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
"""The most urgent first."""
SINCE: tuple[Since, ...] = get_args(Since)

AROUND = 4
"""How many changes a diff shows of each release: the one in force at the affected instant, then the next ones."""

_YEAR_1970 = 0
_YEAR_2020 = 1_577_836_800
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?")


@dataclass(frozen=True, slots=True)
class Role:
    """What a release calls a name.

    Attributes:
        target: The canonical Zone behind a Link, ``None`` for a Zone.
    """

    kind: ZoneKind
    target: str | None


@dataclass(frozen=True, slots=True)
class ZoneDiff:
    """A name whose file changes.

    Attributes:
        change: The most recent period affected, if clocks differ.
        first_affected: The first instant at which clocks differ, ``BEGINNING`` if it lies before all we can tell;
            ``None`` if they never differ.
        period_affected: The first such instant within the period ``change``, ``None`` if clocks never differ.
        before: The changes of clocks around ``period_affected`` in the first release; the first of them is what holds
            at that instant.
        after: The same in the second release.
        role_before: ``None`` if the first release lacks the name.
        role_after: ``None`` if the second release lacks the name.

    Units: Unix seconds.
    """

    zone: str
    change: ChangeKind
    first_affected: int | None
    period_affected: int | None
    before: tuple[Change, ...]
    after: tuple[Change, ...]
    role_before: Role | None
    role_after: Role | None


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A name in both releases that is a Zone in only one of them, or that becomes a Link to another Zone."""

    zone: str
    before: Role
    after: Role


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """The diff of two releases for a selection.

    Attributes:
        future_from: Where the period ``future`` begins.
        compared: How many names were compared.
        zones: In ``by_component`` order, without those that are equal.
        warnings: Those of the first release, then those of the second; each is about some of ``zones``.

    Units: ``future_from`` in Unix seconds.
    """

    before: str
    after: str
    future_from: int
    compared: int
    zones: tuple[ZoneDiff, ...]
    roles: tuple[RoleChange, ...]
    warnings: tuple[DiffWarning, ...] = ()

    @property
    def affected(self) -> bool:
        """Whether the update touches the selection: clocks differ somewhere, or a name comes or goes."""
        return any(zone.change != "binary-only" for zone in self.zones)

    @property
    def first_affected(self) -> int | None:
        """The first instant at which any clock differs."""
        return min((zone.first_affected for zone in self.zones if zone.first_affected is not None), default=None)

    @property
    def period(self) -> Period | None:
        """The most recent period in which any clock differs."""
        found = {zone.change for zone in self.zones}
        return next((period for period in PERIODS if period in found), None)

    @property
    def period_affected(self) -> int | None:
        """The first instant within ``period`` at which any clock differs."""
        period = self.period
        found = (zone.period_affected for zone in self.zones if zone.change == period)
        return min((instant for instant in found if instant is not None), default=None)

    @property
    def counts(self) -> Mapping[ChangeKind, int]:
        """How many names change in each way; all ways are listed."""
        counted = Counter(zone.change for zone in self.zones)
        return {kind: counted[kind] for kind in CHANGE_KINDS}

    def most_urgent_first(self) -> list[ZoneDiff]:
        """Return the zones, those with the most recent period first, then by the earliest instant in it."""
        return sorted(self.zones, key=lambda zone: (CHANGE_KINDS.index(zone.change), zone.period_affected or 0))

    def since(self, since: Since) -> "ReleaseDiff":
        """Return the diff without names whose clocks differ only before ``since``; names that come or go stay."""
        forgotten = set(PERIODS[SINCE.index(since) + 1 :])
        zones = tuple(zone for zone in self.zones if zone.change not in forgotten)
        return replace(self, zones=zones, warnings=warnings_about(self.warnings, _names(zones)))


def diff_releases(
    before: Release, after: Release, *, selectors: Iterable[Selector], aliases: Aliases, future_from: int
) -> ReleaseDiff:
    """Compare two releases.

    The selection is resolved in each of them; a name that it gives in only one is ``removed`` or ``added``.

    Args:
        future_from: Where the future begins; see ``default_future``.

    Raises:
        UnknownZones: A selector picks nothing in either release.

    Units: ``future_from`` in Unix seconds.
    Cost: names with equal bytes are skipped; for a whole tree of two releases five years apart about 0.2 s.
    """
    selectors = list(selectors)
    future_from = max(BEGINNING, min(future_from, ENDING))
    _check_known(before, after, selectors)
    olds, news = (_selected(release, selectors, aliases) for release in (before, after))
    names = sorted(olds.keys() | news.keys(), key=by_component)
    comparison = _Comparison(future_from)
    zones: list[ZoneDiff] = []
    for name in names:
        if name not in olds or name not in news:
            clocks = _Clocks("added" if name in news else "removed")
        elif before.files[name].sha256 != after.files[name].sha256:
            clocks = comparison.clocks(before.files[name], after.files[name])
        else:
            continue
        zones.append(_zone_diff(name, clocks, before, after))
    return ReleaseDiff(
        before=before.version,
        after=after.version,
        future_from=future_from,
        compared=len(names),
        zones=tuple(zones),
        roles=tuple(_role_changes(before, after, names)),
        warnings=warnings_about(diff_warnings(before, after), _names(zones)),
    )


def default_future(before: str, after: str) -> int:
    """Return where the future begins for two releases: at the start of the year in the name of the later one.

    A clock would be more precise, but would give another answer tomorrow; this one is always the same, for everyone.

    Units: Unix seconds.
    """
    return int(datetime(max(int(before[:4]), int(after[:4]), 1), 1, 1, tzinfo=UTC).timestamp())


def parse_instant(text: str) -> int:
    """Parse a date or an instant in UTC: ``2026-10-25``, ``2026-10-25T01:00:00Z``. Raises: InvalidOption."""
    try:
        if not _INSTANT.fullmatch(text):
            raise ValueError
        return int(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise InvalidOption(
            f"{quote(text)} is not an instant such as 2026-10-25 or 2026-10-25T01:00:00Z", options=["now"]
        ) from error


def parse_since(text: str) -> Since:
    """Parse how far back differences count. Raises: InvalidOption, which lists the choices."""
    for since in SINCE:
        if text == since:
            return since
    raise InvalidOption(f"since={quote(text)} is not on offer; use one of {', '.join(SINCE)}", options=["since"])


@dataclass(frozen=True, slots=True)
class _Clocks:
    """How the clocks of two files differ; as in ``ZoneDiff``."""

    change: ChangeKind
    first_affected: int | None = None
    period_affected: int | None = None
    before: tuple[Change, ...] = ()
    after: tuple[Change, ...] = ()


class _Comparison:
    """Compares files: each pair once, however many names share it."""

    def __init__(self, future_from: int) -> None:
        starts = (future_from, _YEAR_2020, _YEAR_1970, BEGINNING)
        self._starts = dict(zip(PERIODS, starts, strict=True))
        self._timelines: dict[str, Timeline] = {}
        self._found: dict[tuple[str, str], _Clocks] = {}

    def clocks(self, old: TzifFile, new: TzifFile) -> _Clocks:
        pair = (old.sha256, new.sha256)
        if pair not in self._found:
            self._found[pair] = self._compare(self._timeline(old), self._timeline(new))
        return self._found[pair]

    def _compare(self, old: Timeline, new: Timeline) -> _Clocks:
        first = first_difference(old, new, start=BEGINNING)
        if first is None:
            return _Clocks("binary-only")
        # The most recent period first: once nothing differs from its start on, only what lies before can.
        found = ((period, first_difference(old, new, start=start)) for period, start in self._starts.items())
        period, instant = next((period, instant) for period, instant in found if instant is not None)
        before, after = (timeline.around(instant, count=AROUND) for timeline in (old, new))
        return _Clocks(period, first, instant, before, after)

    def _timeline(self, file: TzifFile) -> Timeline:
        if file.sha256 not in self._timelines:
            self._timelines[file.sha256] = make_timeline(decode_tzif(file.content))
        return self._timelines[file.sha256]


def _names(zones: Iterable[ZoneDiff]) -> frozenset[str]:
    return frozenset(zone.zone for zone in zones)


def _check_known(before: Release, after: Release, selectors: list[Selector]) -> None:
    try:
        check_known((after, before), selectors)
    except UnknownZones as error:
        raise UnknownZones(f"{error.detail} (nor in {before.version})", **error.facts) from error


def _selected(release: Release, selectors: list[Selector], aliases: Aliases) -> Mapping[str, str]:
    return select(release, [each for each in selectors if has_any(release, each)], aliases=aliases)


def _zone_diff(name: str, clocks: _Clocks, before: Release, after: Release) -> ZoneDiff:
    return ZoneDiff(
        zone=name,
        change=clocks.change,
        first_affected=clocks.first_affected,
        period_affected=clocks.period_affected,
        before=clocks.before,
        after=clocks.after,
        role_before=_role(before, name),
        role_after=_role(after, name),
    )


def _role(release: Release, name: str) -> Role | None:
    return Role(release.kind(name), release.links.get(name)) if name in release.files else None


def _role_changes(before: Release, after: Release, names: Iterable[str]) -> Iterator[RoleChange]:
    for name in names:
        old, new = _role(before, name), _role(after, name)
        if old is not None and new is not None and old != new:
            yield RoleChange(name, old, new)
