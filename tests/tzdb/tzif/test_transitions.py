"""Local times and transitions, against Python's ``zoneinfo`` reading the same bytes."""

from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import islice, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tzdb.tzif.decoder import TZif, decode_tzif
from app.tzdb.tzif.posix_tz import LocalTimeType
from app.tzdb.tzif.transitions import Transition, local_time_at, transitions_between
from tests.tzdb.tzif.tzif_files import (
    BERLIN,
    Block,
    distinct_real_tzif,
    encode_block,
    encode_tzif,
    read_wheel_files,
    real_names,
    real_tzif,
)

CET = LocalTimeType(3600, False, "CET")
CEST = LocalTimeType(7200, True, "CEST")
END_OF_TIME = 2**63


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def between(tzif: TZif, start: str, end: str) -> list[Transition]:
    return list(transitions_between(tzif, start=at(start), end=at(end)))


@cache
def both_readings(name: str) -> tuple[TZif, ZoneInfo]:
    content = real_tzif(name)
    return decode_tzif(content), ZoneInfo.from_file(BytesIO(content))


def zoneinfo_local_time(zone: ZoneInfo, t: int) -> LocalTimeType:
    local = datetime.fromtimestamp(t, zone)
    utcoffset, designation = local.utcoffset(), local.tzname()
    assert utcoffset is not None
    assert designation is not None
    return LocalTimeType(utcoffset // timedelta(seconds=1), bool(local.dst()), designation)


def test_zoneinfo_agrees_around_every_transition_of_every_file() -> None:
    differences: list[tuple[int, LocalTimeType, LocalTimeType]] = []
    seen = 0
    for content in distinct_real_tzif():
        tzif, zone = decode_tzif(content), ZoneInfo.from_file(BytesIO(content))
        for transition in between(tzif, "1900-01-01", "2100-01-01"):
            seen += 1
            for t in (transition.at - 1, transition.at, transition.at + 1):
                ours, theirs = local_time_at(tzif, t), zoneinfo_local_time(zone, t)
                if ours != theirs:
                    differences.append((t, ours, theirs))
    assert differences == []
    assert seen > 30_000


@given(st.sampled_from(real_names()), st.integers(at("1900-01-01"), at("2500-01-01")))
@settings(max_examples=2000)
def test_zoneinfo_agrees_at_any_instant_of_any_zone(name: str, t: int) -> None:
    tzif, zone = both_readings(name)
    assert local_time_at(tzif, t) == zoneinfo_local_time(zone, t)


@given(st.sampled_from(real_names()), st.integers(at("1900-01-01"), at("2500-01-01")), st.integers(0, 10**9))
@settings(max_examples=500)
def test_transitions_form_a_chain_from_the_first_local_time_to_the_last(name: str, start: int, length: int) -> None:
    tzif, _ = both_readings(name)
    found = list(transitions_between(tzif, start=start, end=start + length))
    chain = [local_time_at(tzif, start - 1), *(each.after for each in found)]
    assert [each.before for each in found] == chain[:-1]
    assert chain[-1] == local_time_at(tzif, start + length - 1 if length else start - 1)
    assert all(earlier.at < later.at for earlier, later in pairwise(found))
    assert all(each.before != each.after for each in found)
    assert all(start <= each.at < start + length for each in found)


@given(st.sampled_from(real_names()), st.integers(at("1900-01-01"), at("2500-01-01")), st.integers(1, 10**9))
@settings(max_examples=500)
def test_no_transition_is_missed_by_zoneinfos_account(name: str, start: int, length: int) -> None:
    tzif, zone = both_readings(name)
    end = min(start + length, at("2500-01-01"))
    bounds = [start, *(each.at for each in transitions_between(tzif, start=start + 1, end=end)), end]
    for earlier, later in pairwise(bounds):
        inside = {zoneinfo_local_time(zone, earlier + (later - earlier) * step // 9) for step in range(9)}
        assert len(inside) <= 1


def test_a_span_holds_its_start_and_not_its_end() -> None:
    tzif, _ = both_readings("Europe/Berlin")
    first, second = at("2026-03-29T01:00"), at("2026-10-25T01:00")
    assert list(transitions_between(tzif, start=first, end=second)) == [Transition(first, CET, CEST)]
    assert list(transitions_between(tzif, start=first + 1, end=second + 1)) == [Transition(second, CEST, CET)]
    assert list(transitions_between(tzif, start=first, end=first)) == []
    assert list(transitions_between(tzif, start=second, end=first)) == []


def test_explicit_transitions_and_those_of_the_footer_join_without_gap_or_repeat() -> None:
    tzif, _ = both_readings("Europe/Berlin")
    assert tzif.transitions[-1] < at("1998-01-01")
    found = between(tzif, "1990-01-01", "2010-01-01")
    assert len(found) == 2 * 20


def test_type_0_holds_before_the_first_transition() -> None:
    tzif, _ = both_readings("Europe/Berlin")
    assert local_time_at(tzif, tzif.transitions[0] - 1).designation == "LMT"
    assert local_time_at(tzif, -END_OF_TIME).designation == "LMT"


def test_morocco_changes_as_written_until_2087_and_never_after(wheels_dir: Path) -> None:
    # Release 2025a: clocks follow Ramadan, which no rule expresses, so every change is explicit.
    tzif = decode_tzif(read_wheel_files(wheels_dir / "tzdata-2025.1-py2.py3-none-any.whl")["Africa/Casablanca"])
    assert len(between(tzif, "2026-01-01", "2088-01-01")) > 100
    assert list(transitions_between(tzif, start=at("2088-01-01"), end=END_OF_TIME)) == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encode_block(BERLIN, version=b"\0", time_code="i"), id="version-1"),
        pytest.param(encode_tzif(BERLIN), id="empty-footer"),
    ],
)
def test_without_a_footer_the_last_type_stays(content: bytes) -> None:
    tzif = decode_tzif(content)
    assert local_time_at(tzif, END_OF_TIME) == CEST
    assert [each.at for each in transitions_between(tzif, start=-END_OF_TIME, end=END_OF_TIME)] == [
        -100,
        300,
        1_000_000,
    ]


def test_without_transitions_and_footer_type_0_is_all_there_is() -> None:
    tzif = decode_tzif(encode_tzif(Block(designations=b"UTC\0")))
    assert local_time_at(tzif, 0) == LocalTimeType(0, False, "UTC")
    assert list(transitions_between(tzif, start=-END_OF_TIME, end=END_OF_TIME)) == []


def test_without_transitions_the_footer_holds_at_all_times() -> None:
    tzif = decode_tzif(encode_tzif(Block(designations=b"UTC\0"), footer=b"CET-1CEST,M3.5.0,M10.5.0/3"))
    assert local_time_at(tzif, at("1066-07-01")) == CEST
    assert len(between(tzif, "1066-01-01", "1067-01-01")) == 2


def test_from_the_last_transition_on_the_footer_wins_over_its_type() -> None:
    # Readers evaluate the footer at the last transition already, so a file that contradicts itself means the footer.
    block = Block(transitions=(100,), type_indices=(1,), types=((0, 0, 0), (7200, 1, 4)), designations=b"UTC\0CEST\0")
    tzif = decode_tzif(encode_tzif(block, footer=b"CET-1"))
    assert list(transitions_between(tzif, start=0, end=1000)) == [Transition(100, LocalTimeType(0, False, "UTC"), CET)]


def test_transitions_that_change_nothing_are_skipped() -> None:
    block = Block(transitions=(-5, 0, 5), type_indices=(1, 0, 1), types=((0, 0, 0), (0, 0, 0)), designations=b"UTC\0")
    assert list(transitions_between(decode_tzif(encode_tzif(block)), start=-10, end=10)) == []


def test_daylight_saving_time_all_year_has_no_transitions_however_far_one_looks() -> None:
    tzif = decode_tzif(encode_tzif(Block(designations=b"EST\0"), version=b"3", footer=b"EST5EDT,0/0,J365/25"))
    assert list(transitions_between(tzif, start=-END_OF_TIME, end=END_OF_TIME)) == []
    assert local_time_at(tzif, at("2026-01-01")).designation == "EDT"


def test_a_calendar_year_without_a_change_does_not_end_the_footer() -> None:
    # Day 365 is 31 December of a leap year, else 1 January of the next year: none falls into the calendar year 2029.
    footer = b"AAA0BBB,365/0,365/10"
    tzif = decode_tzif(encode_tzif(Block(designations=b"AAA\0"), footer=footer))
    starts = [each.at for each in between(tzif, "2028-01-01", "2032-01-01") if each.after.is_dst]
    assert starts == [at("2028-01-01"), at("2028-12-31"), at("2030-01-01"), at("2031-01-01")]


def test_an_endless_span_can_be_read_from_its_beginning() -> None:
    tzif, _ = both_readings("America/New_York")
    ahead = list(islice(transitions_between(tzif, start=at("2026-11-02"), end=END_OF_TIME), 3))
    assert [each.at for each in ahead] == [at("2027-03-14T07:00"), at("2027-11-07T06:00"), at("2028-03-12T07:00")]
