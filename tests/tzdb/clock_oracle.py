"""What two zone files say, read by Python's ``zoneinfo``, and where they differ: the other opinion on a diff.

Nothing here uses the project's own readers. Instants are looked at from year 1 to 2100.
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from zoneinfo import ZoneInfo

START = -62_135_424_000
"""0001-01-03, the first day that is a date in every zone."""
END = 4_102_444_800
"""2100-01-01."""

_STEP = 14 * 86_400
_HEADER = struct.Struct(">4sc15x6I")


@dataclass(frozen=True, slots=True)
class Clock:
    """What clocks show. Units: seconds east of UT."""

    utoff: int
    is_dst: bool
    abbreviation: str


def clock_at(content: bytes, t: int) -> Clock:
    """Return what a file says at an instant.

    At its last transition it is asked a second later: a file that contradicts its footer is right by the footer, which
    zoneinfo asks only then.
    """
    t += t in _explicit(content)[-1:]
    local = datetime.fromtimestamp(t, _zone(content))
    utcoffset = local.utcoffset()
    assert utcoffset is not None
    return Clock(utcoffset // timedelta(seconds=1), bool(local.dst()), str(local.tzname()))


def differing_spans(old: bytes, new: bytes) -> list[tuple[int, int]]:
    """Return the spans, first second to first second after, in which two files differ; those that meet are one."""
    starts = sorted({START, *_boundaries(old), *_boundaries(new)})
    spans: list[tuple[int, int]] = []
    for start, end in zip(starts, [*starts[1:], END], strict=True):
        if clock_at(old, start) == clock_at(new, start):
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


@cache
def _zone(content: bytes) -> ZoneInfo:
    return ZoneInfo.from_file(BytesIO(content))


@cache
def _boundaries(content: bytes) -> tuple[int, ...]:
    """Return every instant at which a file may change."""
    explicit = _explicit(content)
    found = {t for t in explicit if START < t < END}
    footer = content.rstrip(b"\n").rpartition(b"\n")[2]
    if b"," in footer:
        found.update(_found_by_steps(content, max(explicit, default=START)))
    return tuple(sorted(found))


def _found_by_steps(content: bytes, start: int) -> list[int]:
    """Return the changes after ``start``, where a footer rules; those of a day or two would be missed."""
    found = []
    low, before = start, clock_at(content, start)
    for high in range(start + _STEP, END, _STEP):
        after = clock_at(content, high)
        if after != before:
            found.append(_bisect(content, low, high))
        low, before = high, after
    return found


def _bisect(content: bytes, low: int, high: int) -> int:
    before = clock_at(content, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if clock_at(content, middle) == before else (low, middle)
    return high


@cache
def _explicit(content: bytes) -> tuple[int, ...]:
    """Return the 64-bit transitions. Source: RFC 9636 §3."""
    _, _, isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt = _HEADER.unpack_from(content)
    at = _HEADER.size + timecnt * 5 + typecnt * 6 + charcnt + leapcnt * 8 + isstdcnt + isutcnt
    count: int = _HEADER.unpack_from(content, at)[5]
    return struct.unpack_from(f">{count}q", content, at + _HEADER.size)
