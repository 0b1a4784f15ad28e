"""Local times as Python's ``zoneinfo`` reads them from a TZif file: what other readers are compared with."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.tzdb.tzif.decoder import decode_tzif

FIRST_YEAR, END_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What a clock in a zone shows. Units: ``offset`` in seconds east of UTC."""

    offset: int
    abbreviation: str
    is_dst: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A time with one local time throughout. Units: ``start`` in Unix seconds."""

    start: int
    local: LocalTime


def parse_go_spans(printed: str) -> dict[str, list[Span] | None]:
    """Parse what ``go/spans.go`` prints.

    Returns:
        Name → its spans; ``None`` if Go cannot load it.
    """
    found: defaultdict[str, list[Span] | None] = defaultdict(list)
    for line in printed.splitlines():
        name, start, *rest = line.split("\t")
        spans = found[name]
        if start == "error" or spans is None:
            assert rest == [f"unknown time zone {name}"]
            found[name] = None
        else:
            offset, abbreviation, is_dst = rest
            spans.append(Span(int(start), LocalTime(int(offset), abbreviation, is_dst == "true")))
    return dict(found)


def unix(year: int, month: int, day: int, hour: int = 0) -> int:
    """Return the Unix seconds of a time in UTC."""
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


START, END = unix(FIRST_YEAR, 1, 1), unix(END_YEAR, 1, 1)


def local_times(content: bytes, instants: Iterable[int]) -> Iterator[Span]:
    """Yield the local time at each instant."""
    zone = ZoneInfo.from_file(io.BytesIO(content))
    for instant in instants:
        moment = datetime.fromtimestamp(instant, zone)
        offset = (moment.utcoffset() or timedelta()).total_seconds()
        yield Span(instant, LocalTime(int(offset), moment.tzname() or "", bool(moment.dst())))


def python_spans(content: bytes, others: Iterable[Span]) -> list[Span]:
    """Return all spans from ``START`` to ``END``.

    Python does not say where spans start. It is asked at each transition of the file, at each start that the other
    reader found, and twice a month, so that it has its say where the other one sees no change.
    """
    transitions = (instant for instant in decode_tzif(content).transitions if START <= instant < END)
    instants = sorted({*_TWICE_A_MONTH, *transitions, *(span.start for span in others)})
    spans: list[Span] = []
    for span in local_times(content, instants):
        if not spans or spans[-1].local != span.local:
            spans.append(span)
    return spans


_TWICE_A_MONTH = [
    unix(year, month, day) for year in range(FIRST_YEAR, END_YEAR) for month in range(1, 13) for day in (1, 15)
]
