"""TZ strings: the grammar, and the arithmetic of changes, against ``datetime`` and ``calendar``."""

import calendar
import string
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.errors import InvalidTzif
from app.tzdb.tzif.posix_tz import (
    Daylight,
    JulianDate,
    LocalTimeType,
    MonthWeekDate,
    OrdinalDate,
    PosixTz,
    YearlyChange,
    days_before_year,
    parse_posix_tz,
    rule_at,
    transitions_in_year,
    year_at,
)
from tests.tzdb.tzif.tzif_files import Block, encode_tzif

EPOCH = date(1970, 1, 1)
CIVIL_YEARS = st.integers(2, 9998)
ANY_YEARS = st.integers(-300_000_000_000, 300_000_000_000)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_string_without_daylight_saving_time_has_one_local_time() -> None:
    assert parse_posix_tz("UTC0") == PosixTz(LocalTimeType(0, False, "UTC"), None)


def test_every_part_of_a_full_string_is_read() -> None:
    posix = parse_posix_tz("<+0330>-3:30<+0430>-4:30:15,J79/24,262/-1:02:03")
    assert posix == PosixTz(
        LocalTimeType(12_600, False, "+0330"),
        Daylight(
            LocalTimeType(16_215, True, "+0430"),
            start=YearlyChange(JulianDate(79), 86_400),
            end=YearlyChange(OrdinalDate(262), -3723),
        ),
    )


def test_daylight_saving_time_is_an_hour_ahead_and_changes_at_two_unless_said_otherwise() -> None:
    daylight = parse_posix_tz("EST+5EDT,M3.2.0,M11.1.0").daylight
    assert daylight is not None
    assert daylight.type == LocalTimeType(-4 * 3600, True, "EDT")
    assert daylight.start == YearlyChange(MonthWeekDate(3, 2, 0), 7200)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, "a name"),
        (":CET-1", 1, "a name"),
        ("AB1", 1, "a name"),
        ("<AB>1", 1, "a name"),
        ("<ABC1", 1, "a name"),
        ("<A C>1", 1, "a name"),
        ("\u00c4BC1", 1, "a name"),
        ("CET", 4, "a time"),
        ("CET-", 4, "a time"),
        ("CET25", 4, "at most 24 hours"),
        ("CET-1 ", 6, "a name"),
        ("CET-1:60", 6, "a name"),
        ("CET-1\u0661", 6, "a name"),
        ("CET-1CEST", 10, "a comma"),
        ("CET-1CEST,M3.5.0", 17, "a comma"),
        ("CET-1CEST25,M3.5.0,M10.5.0", 10, "at most 24 hours"),
        ("CET-1CEST,M3.5.0,M10.5.0,", 25, "nothing more"),
        ("CET-1CEST,,M10.5.0", 11, "a date"),
        ("CET-1CEST,M3.5,M10.5.0", 11, "a date"),
        ("CET-1CEST,M0.5.0,M10.5.0", 11, "a month 1-12"),
        ("CET-1CEST,M13.5.0,M10.5.0", 11, "a month 1-12"),
        ("CET-1CEST,M3.0.0,M10.5.0", 11, "week 1-5"),
        ("CET-1CEST,M3.6.0,M10.5.0", 11, "week 1-5"),
        ("CET-1CEST,M3.5.7,M10.5.0", 11, "weekday 0-6"),
        ("CET-1CEST,J0,M10.5.0", 11, "J1 to J365"),
        ("CET-1CEST,J366,M10.5.0", 11, "J1 to J365"),
        ("CET-1CEST,366,M10.5.0", 11, "0 to 365"),
        ("CET-1CEST,M3.5.0/,M10.5.0", 18, "a time"),
        ("CET-1CEST,M3.5.0/168,M10.5.0", 18, "at most 167 hours"),
    ],
)
def test_what_breaks_the_grammar_is_refused_with_its_column(text: str, column: int, expected: str) -> None:
    with pytest.raises(InvalidTzif) as caught:
        parse_posix_tz(text)
    assert caught.value.detail.endswith(f"at column {column}")
    assert expected in caught.value.detail


@pytest.mark.parametrize("time", ["-1", "+1", "25"])
def test_times_of_version_3_are_refused_where_they_are_not_allowed(time: str) -> None:
    text = f"CET-1CEST,M3.5.0/{time},M10.5.0"
    assert parse_posix_tz(text).daylight is not None
    with pytest.raises(InvalidTzif, match=r"at column 18"):
        parse_posix_tz(text, extended=False)


def test_a_message_stays_short_however_long_the_string_is() -> None:
    with pytest.raises(InvalidTzif) as caught:
        parse_posix_tz("A" * 60_000)
    assert len(caught.value.detail) < 250


@given(st.text(alphabet=string.digits + "ABMJ<>+-,./: \n\u0663", max_size=40))
def test_no_text_raises_anything_but_invalid_tzif(text: str) -> None:
    try:
        posix = parse_posix_tz(text)
    except InvalidTzif:
        return
    assert rule_at(posix, 0) in (posix.standard, posix.daylight and posix.daylight.type)


@given(ANY_YEARS)
def test_a_year_begins_on_its_first_day(year: int) -> None:
    first = days_before_year(year) * 86_400
    assert year_at(first) == year
    assert year_at(first - 1) == year - 1


def test_every_year_of_a_cycle_of_the_calendar_begins_and_ends_on_its_days() -> None:
    for year in range(1570, 2371):
        first = days_before_year(year) * 86_400
        assert (year_at(first - 1), year_at(first)) == (year - 1, year)


@given(CIVIL_YEARS)
def test_years_agree_with_datetime(year: int) -> None:
    assert days_before_year(year) == (date(year, 1, 1) - EPOCH).days


@given(CIVIL_YEARS, st.integers(1, 12), st.integers(1, 5), st.integers(0, 6))
def test_a_weekday_of_a_month_is_where_the_calendar_has_it(year: int, month: int, week: int, weekday: int) -> None:
    sheet = calendar.Calendar(calendar.SUNDAY).monthdatescalendar(year, month)
    matching = [each[weekday] for each in sheet if each[weekday].month == month]
    expected = matching[min(week, len(matching)) - 1]
    assert MonthWeekDate(month, week, weekday).day_in(year) == (expected - EPOCH).days


@given(CIVIL_YEARS, st.integers(1, 365))
def test_a_julian_day_is_the_same_date_in_every_year(year: int, day: int) -> None:
    in_a_common_year = date(2023, 1, 1) + timedelta(days=day - 1)
    assert JulianDate(day).day_in(year) == (in_a_common_year.replace(year=year) - EPOCH).days


@pytest.mark.parametrize("year", [2023, 2024])
def test_julian_days_of_a_year_are_its_dates_but_29_february(year: int) -> None:
    dates = [date(year, 1, 1) + timedelta(days=day) for day in range(366)]
    counted = [each for each in dates if each.year == year and (each.month, each.day) != (2, 29)]
    assert [JulianDate(day).day_in(year) for day in range(1, 366)] == [(each - EPOCH).days for each in counted]


@given(CIVIL_YEARS, st.integers(0, 365))
def test_an_ordinal_day_counts_from_the_first_of_january(year: int, day: int) -> None:
    assert OrdinalDate(day).day_in(year) == (date(year, 1, 1) - EPOCH).days + day


def test_the_changes_of_a_northern_year() -> None:
    posix = parse_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3")
    assert transitions_in_year(posix, 2026) == (
        (at("2026-03-29T01:00"), LocalTimeType(7200, True, "CEST")),
        (at("2026-10-25T01:00"), LocalTimeType(3600, False, "CET")),
    )


def test_the_changes_of_a_southern_year() -> None:
    posix = parse_posix_tz("NZST-12NZDT,M9.5.0,M4.1.0/3")
    assert [each[0] for each in transitions_in_year(posix, 2026)] == [at("2026-04-04T14:00"), at("2026-09-26T14:00")]
    assert rule_at(posix, at("2026-01-01T00:00")).is_dst
    assert not rule_at(posix, at("2026-06-01T00:00")).is_dst


def test_a_span_may_begin_a_year_after_its_rule_and_end_a_year_before() -> None:
    posix = parse_posix_tz("AAA0BBB0,365/167,J1/-64")
    assert posix.daylight is not None
    for year in range(2002, 2005):
        start, end = at(f"{year}-01-07T23:00:00"), at(f"{year}-12-29T08:00:00")
        assert transitions_in_year(posix, year) == ((start, posix.daylight.type), (end, posix.standard))
        assert [rule_at(posix, t).is_dst for t in (start - 1, start, end - 1, end)] == [False, True, True, False]


def test_daylight_saving_time_may_be_behind_standard_time() -> None:
    posix = parse_posix_tz("IST-1GMT0,M10.5.0,M3.5.0/1")
    assert rule_at(posix, at("2026-01-01T00:00")) == LocalTimeType(0, True, "GMT")
    assert rule_at(posix, at("2026-07-01T00:00")) == LocalTimeType(3600, False, "IST")


def test_a_negative_time_is_on_the_day_before() -> None:
    posix = parse_posix_tz("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")
    assert transitions_in_year(posix, 2026)[0][0] == at("2026-03-29T01:00")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param("AAA0BBB,J365/167,J300", ["2025-01-06T23:00", "2025-10-27T01:00"], id="start-in-the-next-year"),
        pytest.param("AAA0BBB,J1/-1,J300", ["2025-10-27T01:00", "2025-12-31T23:00"], id="start-in-the-year-before"),
        pytest.param("AAA0BBB,J365/167,J364/100", ["2025-01-03T03:00", "2025-01-06T23:00"], id="both-in-the-next-year"),
        pytest.param("AAA0BBB,0/0,J180", ["2025-01-01T00:00", "2025-06-29T01:00"], id="start-at-the-new-year"),
    ],
)
def test_a_change_belongs_to_the_calendar_year_it_falls_in(text: str, changes: list[str]) -> None:
    posix = parse_posix_tz(text)
    assert [each[0] for each in transitions_in_year(posix, 2025)] == [at(each) for each in changes]
    before_first = rule_at(posix, at(changes[0]) - 1)
    assert [rule_at(posix, at(each)) == before_first for each in changes] == [False, True]


@pytest.mark.parametrize(
    "text", ["EST5EDT,0/0,J365/25", "XXX3EDT4,0/0,J365/23", "EST5EDT,0/0,J365/30", "AAA0BBB,0,0/3"]
)
@pytest.mark.parametrize("year", [-9999, 0, 1972, 2023, 2024, 2100, 50_000])
def test_daylight_saving_time_can_last_all_year(text: str, year: int) -> None:
    posix = parse_posix_tz(text)
    first = days_before_year(year) * 86_400
    assert transitions_in_year(posix, year) == ()
    assert all(rule_at(posix, first + hour * 3600).is_dst for hour in range(-30, 30))


@given(st.integers(-12_000, 12_000), st.sampled_from(["CET-1CEST,M3.5.0,M10.5.0/3", "AAA9BBB,J60/-100,300/160"]))
def test_the_calendar_repeats_after_400_years_on_both_sides_of_year_1(year: int, text: str) -> None:
    posix = parse_posix_tz(text)
    cycle = 146_097 * 86_400
    later = transitions_in_year(posix, year + 400)
    assert [(instant + cycle, kind) for instant, kind in transitions_in_year(posix, year)] == list(later)


@given(st.integers(-12_000, 12_000), st.sampled_from(["NZST-12NZDT,M9.5.0,M4.1.0/3", "AAA9BBB,J2/-100,364/167"]))
def test_changes_and_local_times_tell_the_same_story(year: int, text: str) -> None:
    posix = parse_posix_tz(text)
    for instant, after in transitions_in_year(posix, year):
        assert rule_at(posix, instant) == after
        assert rule_at(posix, instant - 1) != after


@st.composite
def plain_tz_strings(draw: st.DrawFn) -> str:
    """TZ strings whose changes keep away from the new year, where readers differ."""
    months = draw(st.lists(st.integers(2, 11), min_size=2, max_size=2, unique=True))
    dates = [f"M{month}.{draw(st.integers(1, 5))}.{draw(st.integers(0, 6))}" for month in months]
    times = [f"{draw(st.integers(-24, 24))}:{draw(st.integers(0, 59)):02}" for _ in months]
    offset = draw(st.integers(-14, 12))
    saving = draw(st.sampled_from([-1, 1, 2]))
    return f"<STD>{offset}<DST>{offset - saving},{dates[0]}/{times[0]},{dates[1]}/{times[1]}"


@given(plain_tz_strings(), st.integers(at("1900-01-02T00:00"), at("2500-01-01T00:00")))
@settings(max_examples=400)
def test_local_times_agree_with_zoneinfo(text: str, instant: int) -> None:
    posix = parse_posix_tz(text)
    content = encode_tzif(Block(designations=b"STD\0"), version=b"3", footer=text.encode())
    zone = ZoneInfo.from_file(BytesIO(content))
    nearby = [each[0] for each in transitions_in_year(posix, year_at(instant))]
    # A reader that compares wall clocks cannot tell changes that are hours apart.
    assume(len(nearby) == 2 and nearby[1] - nearby[0] > 3 * 86_400)
    for each in (instant, nearby[0] - 1, nearby[0], nearby[1] - 1, nearby[1]):
        local = datetime.fromtimestamp(each, zone)
        expected = rule_at(posix, each)
        assert (local.utcoffset(), local.tzname()) == (timedelta(seconds=expected.utoff), expected.designation)
