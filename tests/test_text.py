"""Text of strangers in messages: one line, printable, short."""

from hypothesis import given
from hypothesis import strategies as st

from app.text import quote


@given(st.text())
def test_quotes_are_short_printable_and_on_one_line(text: str) -> None:
    quoted = quote(text)
    assert quoted.isascii()
    assert quoted.isprintable()
    assert len(quoted) <= 10 * 80 + 2


def test_a_quote_cuts_what_is_long() -> None:
    assert quote("x" * 81) == "'" + "x" * 77 + "...'"
