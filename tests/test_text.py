"""Text of strangers in messages: one line, printable, short."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import cut, format_json, one_line, quote, without_password


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


def test_one_line_leaves_what_can_be_printed() -> None:
    assert one_line("Märchen Point → 北京") == "Märchen Point → 北京"
    assert one_line("a\tb\x00\x9b\u202e\udc80") == "a\\tb\\x00\\x9b\\u202e\\udc80"


@given(st.text(st.characters()))
def test_one_line_is_printable_and_one_line(text: str) -> None:
    assert one_line(text).isprintable()


def test_what_is_short_enough_is_not_cut() -> None:
    assert (cut("abcd", 4), cut("abcde", 4)) == ("abcd", "a...")


@pytest.mark.parametrize("ensure_ascii", [True, False])
@given(text=st.text(st.characters()))
def test_json_is_printable_and_says_the_same(text: str, *, ensure_ascii: bool) -> None:
    written = format_json({text: [text]}, indent=2, ensure_ascii=ensure_ascii)
    assert all(line.isprintable() for line in written.split("\n"))
    assert json.loads(written) == {text: [text]}


def test_json_keeps_what_can_be_printed_if_it_may() -> None:
    assert format_json("北京\x7f", ensure_ascii=False) == '"北京\\u007f"'
    assert format_json("a\x7f") == '"a\\u007f"'
