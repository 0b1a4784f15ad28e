"""What a TZif file means: the local time at an instant, and the transitions within a span.

Explicit transitions and those of the footer are one sequence here. Leap seconds are not applied: an instant is what
the file counts in, which for every file of a tzdata release is Unix seconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from app.tzdb.tzif.decoder import TZif
from app.tzdb.tzif.posix_tz import LocalTimeType, rule_at, transitions_in_year, year_at

# The Gregorian calendar repeats after 400 years: a rule without a change for that long never has one.
_CALENDAR_CYCLE_YEARS = 400


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of local time. Units: ``at`` in Unix seconds, the first second of ``after``."""

    at: int
    before: LocalTimeType
    after: LocalTimeType


def local_time_at(tzif: TZif, t: int) -> LocalTimeType:
    """Return the local time at an instant.

    Type 0 holds before the first transition, the footer from the last one on; without a footer the last type stays.

    Units: ``t`` in Unix seconds.
    Source: RFC 9636 §3.2 and §3.3.
    """
    passed = bisect_right(tzif.transitions, t)
    if passed == len(tzif.transitions) and tzif.posix is not None:
        return rule_at(tzif.posix, t)
    return tzif.types[tzif.type_indices[passed - 1] if passed else 0]


def transitions_between(tzif: TZif, *, start: int, end: int) -> Iterator[Transition]:
    """Yield the transitions with ``start <= at < end``, in order, without those that change nothing.

    Units: Unix seconds.
    Cost: each step is bounded, but the number of steps is not: a footer with daylight saving time changes twice a year
    for ever, so the caller bounds the span or takes only the first few.
    """
    before = local_time_at(tzif, start - 1)
    explicit = _explicit_changes(tzif, start=start, end=end)
    for at, after in chain(explicit, _footer_changes(tzif, start=start, end=end)):
        if after != before:
            yield Transition(at, before, after)
            before = after


def _explicit_changes(tzif: TZif, *, start: int, end: int) -> Iterator[tuple[int, LocalTimeType]]:
    explicit = tzif.transitions
    for at in explicit[bisect_left(explicit, start) : bisect_left(explicit, end)]:
        yield at, local_time_at(tzif, at)


def _footer_changes(tzif: TZif, *, start: int, end: int) -> Iterator[tuple[int, LocalTimeType]]:
    first = max(start, tzif.transitions[-1] + 1) if tzif.transitions else start
    if tzif.posix is None or tzif.posix.daylight is None or first >= end:
        return
    idle_years = 0
    for year in range(year_at(first), year_at(end) + 1):
        changes = transitions_in_year(tzif.posix, year)
        yield from (change for change in changes if first <= change[0] < end)
        idle_years = 0 if changes else idle_years + 1
        if idle_years > _CALENDAR_CYCLE_YEARS:
            return
