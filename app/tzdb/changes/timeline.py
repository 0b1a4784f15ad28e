"""Local time as a function: what a TZif file says for every instant, in a form in which two files can be compared.

Explicit transitions and those of the footer form one sequence of changes here, without those that change nothing. Two
files therefore mean the same exactly when their sequences are equal. ``diff`` decides what is compared with what.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from app.tzdb.tzif.decoder import TZif
from app.tzdb.tzif.posix_tz import LocalTimeType, PosixTz, rule_at, transitions_in_year, year_at

BEGINNING = -62_135_596_800
"""0001-01-01T00:00:00Z. What holds then counts as having always held: dates are shown from year 1 on."""
ENDING = 253_402_128_000
"""9999-12-30T00:00:00Z. Nothing from then on is looked at: dates are shown up to year 9999, in local time too."""

# The Gregorian calendar repeats after 400 years, weekdays too: two rules that agree for one cycle agree for ever, and
# a rule without a change in one cycle has none at all. Twice that, since the first cycle may begin within a year.
_TWO_CYCLES = 2 * 146_097 * 86_400


@dataclass(frozen=True, slots=True)
class Change:
    """A change of clocks.

    Attributes:
        at: The first second of ``local``, ``None`` if it has always held.

    Units: ``at`` in Unix seconds.
    """

    at: int | None
    local: LocalTimeType


@dataclass(frozen=True, slots=True)
class Timeline:
    """Local time from ``BEGINNING`` to ``ENDING``.

    Attributes:
        starts: Ascending, from ``BEGINNING`` on.
        locals: What holds from each of ``starts`` on; no two neighbours are equal.
        tail: The rules after ``tail_start``, ``None`` if nothing changes any more.

    Units: Unix seconds.
    """

    starts: tuple[int, ...]
    locals: tuple[LocalTimeType, ...]
    tail_start: int
    tail: PosixTz | None

    def local_at(self, t: int) -> LocalTimeType:
        """Return the local time at an instant."""
        if self.tail is not None and t > self.tail_start:
            return rule_at(self.tail, t)
        return self.locals[max(bisect_right(self.starts, t) - 1, 0)]

    def changes_between(self, t: int, end: int) -> Iterator[tuple[int, LocalTimeType]]:
        """Yield every change later than ``t`` and before ``end``, in order. Cost: 20 µs per year of the tail."""
        end = min(end, ENDING)
        first, beyond = bisect_right(self.starts, t), bisect_left(self.starts, end)
        yield from zip(self.starts[first:beyond], self.locals[first:beyond], strict=True)
        if self.tail is None:
            return
        t = max(t, self.tail_start)
        for year in range(year_at(t), year_at(end) + 1):
            yield from (step for step in transitions_in_year(self.tail, year) if t < step[0] < end)

    def around(self, t: int, *, count: int) -> tuple[Change, ...]:
        """Return the last change at or before ``t`` and those after it, ``count`` in all."""
        changes = self.changes_between(t, max(t, self.tail_start) + _TWO_CYCLES)
        return (self._change_before(t), *(Change(*change) for change in islice(changes, count - 1)))

    def _change_before(self, t: int) -> Change:
        if self.tail is not None and t > self.tail_start:
            steps = [
                step for year in range(year_at(t) - 1, year_at(t) + 1) for step in transitions_in_year(self.tail, year)
            ]
            passed = [step for step in steps if self.tail_start < step[0] <= t]
            if passed:
                return Change(*passed[-1])
        index = max(bisect_right(self.starts, t) - 1, 0)
        return Change(self.starts[index] if index else None, self.locals[index])


def make_timeline(tzif: TZif) -> Timeline:
    """Return the timeline of a file.

    Type 0 holds before the first transition, the footer from the last one on; without a footer the last type stays.

    Source: RFC 9636 §3.2 and §3.3.
    """
    starts, locals_ = [BEGINNING], [tzif.types[0]]
    for at, index in zip(tzif.transitions, tzif.type_indices, strict=True):
        if at <= BEGINNING:
            locals_[0] = tzif.types[index]
        elif at < ENDING and tzif.types[index] != locals_[-1]:
            starts.append(at)
            locals_.append(tzif.types[index])
    last = tzif.transitions[-1] if tzif.transitions else BEGINNING
    if tzif.posix is not None and last < ENDING:
        _hand_over(starts, locals_, at=max(last, BEGINNING), local=rule_at(tzif.posix, max(last, BEGINNING)))
    changing = tzif.posix is not None and tzif.posix.daylight is not None and last < ENDING
    return Timeline(tuple(starts), tuple(locals_), max(last, BEGINNING), tzif.posix if changing else None)


def first_difference(old: Timeline, new: Timeline, *, start: int) -> int | None:
    """Return the first instant from ``start`` on at which the local times differ, ``None`` if they never do.

    Units: Unix seconds.
    Cost: one pass over the changes; where two different rules mean the same, over 800 years of them, about 30 ms.
    """
    if old.local_at(start) != new.local_at(start):
        return start
    end = 1 + max(start, old.tail_start, new.tail_start, old.starts[-1], new.starts[-1])
    if old.tail != new.tail:
        end += _TWO_CYCLES
    for one, other in zip_longest(old.changes_between(start, end), new.changes_between(start, end)):
        if one != other:
            return min(change[0] for change in (one, other) if change is not None)
    return None


def _hand_over(starts: list[int], locals_: list[LocalTimeType], *, at: int, local: LocalTimeType) -> None:
    """Let the footer decide from the last transition on, even where the file contradicts itself there."""
    if starts[-1] == at:
        starts.pop()
        locals_.pop()
    if not locals_ or locals_[-1] != local:
        starts.append(at)
        locals_.append(local)
