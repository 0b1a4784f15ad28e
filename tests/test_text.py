"""Text of strangers in messages: one line, printable, short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import quote, without_password


@given(st.text())
def test_quotes_are_short_printable_and_on_one_line(text: str) -> None:
    quoted = quote(text)
    assert quoted.isascii()
    assert quoted.isprintable()
    assert len(quoted) <= 10 * 80 + 2


def test_a_quote_cuts_what_is_long() -> None:
    assert quote("x" * 81) == "'" + "x" * 77 + "...'"


@pytest.mark.parametrize(
    "url",
    ["https://tz.example", "https://name:secret@tz.example", "https://na@me:sec@ret@tz.example"],
)
def test_a_url_is_shown_without_its_password(url: str) -> None:
    assert without_password(url) == "https://tz.example"


def test_the_rest_of_a_url_stays() -> None:
    assert without_password("http://name@tz.example:8080/zones/?a=@") == "http://tz.example:8080/zones/?a=@"
