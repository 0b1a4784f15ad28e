"""The TZ string that ends a TZif file: its parser, and the local time it gives for any instant.

All arithmetic is on whole days and seconds of the proleptic Gregorian calendar, so every year works, far outside the
range of ``datetime``. Nothing here knows the bytes of a TZif file.
"""

import re
from dataclasses import dataclass

from app.errors import InvalidTzif

_SECONDS_PER_DAY = 86_400
_DEFAULT_SAVING = 3600
_DEFAULT_CHANGE_TIME = 7200
_MAX_OFFSET_HOURS = 24
_MAX_EXTENDED_HOURS = 167
_MAX_SHOWN = 80
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)
_DAYS_FROM_YEAR_1_TO_EPOCH = 719_162

_NAME = re.compile(r"[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>")
_TIME = re.compile(r"([+-]?)([0-9]{1,3})(?::([0-5][0-9])(?::([0-5][0-9]))?)?")
_DATE = re.compile(r"M([0-9]{1,2})\.([0-9])\.([0-9])|J([0-9]{1,3})|([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class LocalTimeType:
    """What clocks show for a while. Units: ``utoff`` in seconds east of UT."""

    utoff: int
    is_dst: bool
    designation: str


@dataclass(frozen=True, slots=True)
class MonthWeekDate:
    """``Mm.w.d``: a weekday (0 is Sunday) of a week of a month; week 5 is the last one."""

    month: int
    week: int
    weekday: int

    def day_in(self, year: int) -> int:
        """Return the date in ``year``. Units: days since 1970-01-01."""
        first = _days_before_month(year, self.month)
        # Day 0 of the epoch was a Thursday, weekday 4.
        day = first + (self.weekday - first - 4) % 7 + 7 * (self.week - 1)
        return day if day < _days_before_month(year, self.month + 1) else day - 7


@dataclass(frozen=True, slots=True)
class JulianDate:
    """``Jn``: day 1 to 365 of the year; 29 February is never counted."""

    day: int

    def day_in(self, year: int) -> int:
        """Return the date in ``year``. Units: days since 1970-01-01."""
        leap = 1 if self.day > _DAYS_BEFORE_MONTH[2] and is_leap_year(year) else 0
        return days_before_year(year) + self.day - 1 + leap


@dataclass(frozen=True, slots=True)
class OrdinalDate:
    """``n``: day 0 to 365 of the year; 29 February is counted."""

    day: int

    def day_in(self, year: int) -> int:
        """Return the date in ``year``; day 365 of a common year is 1 January. Units: days since 1970-01-01."""
        return days_before_year(year) + self.day


@dataclass(frozen=True, slots=True)
class YearlyChange:
    """A change of clocks each year. Units: ``time`` in seconds after midnight on the clock before the change."""

    date: MonthWeekDate | JulianDate | OrdinalDate
    time: int


@dataclass(frozen=True, slots=True)
class Daylight:
    """The part of a TZ string about daylight saving time."""

    type: LocalTimeType
    start: YearlyChange
    end: YearlyChange


@dataclass(frozen=True, slots=True)
class PosixTz:
    """A parsed TZ string.

    Attributes:
        daylight: ``None`` where clocks never change.
    """

    standard: LocalTimeType
    daylight: Daylight | None


def is_leap_year(year: int) -> bool:
    """Tell whether ``year`` has a 29 February; any integer, 0 is 1 BC."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_before_year(year: int) -> int:
    """Return the day number of 1 January. Units: days since 1970-01-01, negative before."""
    past = year - 1
    return 365 * past + past // 4 - past // 100 + past // 400 - _DAYS_FROM_YEAR_1_TO_EPOCH


def year_at(t: int) -> int:
    """Return the calendar year of an instant. Units: ``t`` in seconds since 1970-01-01T00:00:00Z."""
    day = t // _SECONDS_PER_DAY
    year = 1970 + day * 400 // 146_097  # 400 years have 146 097 days, so this is off by one at most
    if day < days_before_year(year):
        return year - 1
    return year + 1 if day >= days_before_year(year + 1) else year


def _days_before_month(year: int, month: int) -> int:
    leap = 1 if month > 2 and is_leap_year(year) else 0
    return days_before_year(year) + _DAYS_BEFORE_MONTH[month - 1] + leap


def rule_at(posix: PosixTz, t: int) -> LocalTimeType:
    """Return the local time that the TZ string gives at an instant. Units: ``t`` in Unix seconds."""
    daylight = posix.daylight
    if daylight is None:
        return posix.standard
    year = year_at(t)
    for start, end in _daylight_spans(daylight, standard=posix.standard, first_year=year, last_year=year):
        if start <= t < end:
            return daylight.type
    return posix.standard


def transitions_in_year(posix: PosixTz, year: int) -> tuple[tuple[int, LocalTimeType], ...]:
    """Return the changes that happen within a calendar year of UT, in order.

    Returns:
        Pairs of an instant (Unix seconds) and the local time from then on; empty where clocks do not change, which
        includes a rule that keeps daylight saving time all year.
    """
    return transitions_in_years(posix, year, year)


def transitions_in_years(posix: PosixTz, first_year: int, last_year: int) -> tuple[tuple[int, LocalTimeType], ...]:
    """Return what ``transitions_in_year`` returns for the years from the first to the last, in one go."""
    daylight = posix.daylight
    if daylight is None:
        return ()
    first = days_before_year(first_year) * _SECONDS_PER_DAY
    beyond = days_before_year(last_year + 1) * _SECONDS_PER_DAY
    changes: list[tuple[int, LocalTimeType]] = []
    for start, end in _daylight_spans(daylight, standard=posix.standard, first_year=first_year, last_year=last_year):
        changes.append((start, daylight.type))
        changes.append((end, posix.standard))
    return tuple(change for change in changes if first <= change[0] < beyond)


def _daylight_spans(
    daylight: Daylight, *, standard: LocalTimeType, first_year: int, last_year: int
) -> list[tuple[int, int]]:
    """Return the spans of daylight saving time that touch these years, in order; spans that meet are one.

    Source: RFC 9636 §3.3.1: daylight saving time lasts all year where one span ends as the next begins.
    """
    # A time of up to 167 hours moves a change into a neighbouring year, so the rules of four years can touch one; where
    # it moves the end of a span back and the start forward, the end that follows a start is that of two years later.
    years = range(first_year - 2, last_year + 4)
    starts = [_instant(daylight.start, year=each, utoff=standard.utoff) for each in years]
    ends = [_instant(daylight.end, year=each, utoff=daylight.type.utoff) for each in years]
    spans: list[tuple[int, int]] = []
    for index, start in enumerate(starts[:-2]):
        end = next(each for each in ends[index:] if each > start)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _instant(change: YearlyChange, *, year: int, utoff: int) -> int:
    return change.date.day_in(year) * _SECONDS_PER_DAY + change.time - utoff


def parse_posix_tz(text: str, *, extended: bool = True) -> PosixTz:
    """Parse a TZ string such as ``CET-1CEST,M3.5.0,M10.5.0/3``.

    Names may stand in ``<...>``. Daylight saving time needs both of its rules.

    Args:
        extended: Allow hours from -167 to 167 in the time of a change, as TZif version 3 does; without it they are
            0 to 24 and unsigned.

    Raises:
        InvalidTzif: It is malformed; the error has the column, counted from 1.

    Source: RFC 9636 §3.3 and §3.3.1, POSIX.1 XBD §8.3.
    """
    name, at = _parse_name(text, 0)
    utoff, at = _parse_utoff(text, at)
    standard = LocalTimeType(utoff, False, name)
    if at == len(text):
        return PosixTz(standard, None)
    name, at = _parse_name(text, at)
    utoff += _DEFAULT_SAVING
    if at < len(text) and text[at] != ",":
        utoff, at = _parse_utoff(text, at)
    start, at = _parse_change(text, at, extended=extended)
    end, at = _parse_change(text, at, extended=extended)
    if at != len(text):
        raise _invalid(text, at, "nothing more")
    return PosixTz(standard, Daylight(LocalTimeType(utoff, True, name), start, end))


def _invalid(text: str, at: int, expected: str) -> InvalidTzif:
    shown = text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."
    return InvalidTzif(f"the TZ string {shown!a} needs {expected} at column {at + 1}")


def _parse_name(text: str, at: int) -> tuple[str, int]:
    match = _NAME.match(text, at)
    if match is None:
        raise _invalid(text, at, "a name of three or more letters, or one in <...>,")
    return match[0].strip("<>"), match.end()


def _parse_time(text: str, at: int, *, most_hours: int) -> tuple[int, int]:
    match = _TIME.match(text, at)
    if match is None or int(match[2]) > most_hours:
        raise _invalid(text, at, f"a time hh[:mm[:ss]] of at most {most_hours} hours")
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60 + int(match[4] or 0)
    return -seconds if match[1] == "-" else seconds, match.end()


def _parse_utoff(text: str, at: int) -> tuple[int, int]:
    seconds, at = _parse_time(text, at, most_hours=_MAX_OFFSET_HOURS)
    # POSIX counts offsets west of Greenwich, TZif east of it.
    return -seconds, at


def _parse_change(text: str, at: int, *, extended: bool) -> tuple[YearlyChange, int]:
    if text[at : at + 1] != ",":
        raise _invalid(text, at, "a comma and the rule of a change")
    date, at = _parse_date(text, at + 1)
    if text[at : at + 1] != "/":
        return YearlyChange(date, _DEFAULT_CHANGE_TIME), at
    if not extended and text[at + 1 : at + 2] in ("+", "-"):
        raise _invalid(text, at + 1, "an unsigned time (signs came with version 3)")
    time, at = _parse_time(text, at + 1, most_hours=_MAX_EXTENDED_HOURS if extended else _MAX_OFFSET_HOURS)
    return YearlyChange(date, time), at


def _parse_date(text: str, at: int) -> tuple[MonthWeekDate | JulianDate | OrdinalDate, int]:
    match = _DATE.match(text, at)
    if match is None:
        raise _invalid(text, at, "a date Mm.w.d, Jn or n")
    month, week, weekday, julian, ordinal = match.groups()
    if julian is not None:
        if not 1 <= int(julian) <= 365:
            raise _invalid(text, at, "a day from J1 to J365")
        return JulianDate(int(julian)), match.end()
    if ordinal is not None:
        if int(ordinal) > 365:
            raise _invalid(text, at, "a day from 0 to 365")
        return OrdinalDate(int(ordinal)), match.end()
    if not (1 <= int(month) <= 12 and 1 <= int(week) <= 5 and int(weekday) <= 6):
        raise _invalid(text, at, "a month 1-12, week 1-5 and weekday 0-6")
    return MonthWeekDate(int(month), int(week), int(weekday)), match.end()
