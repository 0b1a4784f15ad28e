"""Instants as text: one form for every year, from the first to the last that can be written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.instants import format_instant

FIRST, LAST = -62_135_596_800, 253_402_300_799


@pytest.mark.parametrize(
    ("unix_seconds", "text"),
    [
        (FIRST, "0001-01-01T00:00:00Z"),
        (-30_610_224_001, "0999-12-31T23:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (0, "1970-01-01T00:00:00Z"),
        (1_792_890_000.987, "2026-10-25T01:00:00Z"),
        (LAST, "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_has_four_digits_of_a_year_and_whole_seconds(unix_seconds: float, text: str) -> None:
    assert format_instant(unix_seconds) == text


@pytest.mark.parametrize(
    ("unix_seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.5, "2023-11-14T22:13:20.500Z"),
        (1_700_000_000.0019, "2023-11-14T22:13:20.001Z"),
    ],
)
def test_milliseconds_stand_there_even_if_there_are_none(unix_seconds: float, text: str) -> None:
    assert format_instant(unix_seconds, precision="milliseconds") == text


@given(st.integers(FIRST, LAST))
def test_the_text_is_read_back_as_the_same_instant(unix_seconds: int) -> None:
    read = datetime.fromisoformat(format_instant(unix_seconds).removesuffix("Z")).replace(tzinfo=UTC)
    assert (read - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() == unix_seconds
