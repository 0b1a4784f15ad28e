"""Naming rules: what is a zone name, and what a refusal says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidName
from app.tzdb.names import (
    MAX_NAME_LENGTH,
    MAX_NAME_PARTS,
    by_component,
    check_zone_name,
    is_country_code,
    is_release_name,
    is_zone_name,
    quote,
)
from tests.tzdb.tzif.tzif_files import real_names

LONGEST = "A" * MAX_NAME_LENGTH

BROKEN = [
    pytest.param("", "it is empty", id="empty"),
    pytest.param("/", "starts with a slash", id="slash"),
    pytest.param("/etc/passwd", "starts with a slash", id="absolute"),
    pytest.param("..", "it holds '.'", id="parent"),
    pytest.param("../etc/passwd", "it holds '.'", id="climbs"),
    pytest.param("Europe/../../etc/passwd", "it holds '.'", id="climbs-inside"),
    pytest.param("Europe/./Berlin", "it holds '.'", id="dot"),
    pytest.param("%2e%2e%2fetc", "it holds '%'", id="percent-encoded"),
    pytest.param("Europe\\Berlin", "it holds '\\\\'", id="backslash"),
    pytest.param("C:/Windows", "it holds ':'", id="drive"),
    pytest.param("Europe/Berlin\0", "it holds '\\x00'", id="nul"),
    pytest.param("Europe/Ber\0lin", "it holds '\\x00'", id="nul-inside"),
    pytest.param("Europe/Berlin\n", "it holds '\\n'", id="line-end"),
    pytest.param("Europe/Berlin\r\nX: y", "it holds '\\n', '\\r', ' ', ':'", id="header"),
    pytest.param("Europe/Berlin ", "it holds a space; write a plus sign as %2B", id="space-at-the-end"),
    pytest.param("Etc/GMT 5", "it holds a space; write a plus sign as %2B", id="plus-sign-decoded"),
    pytest.param("Etc/ GMT!", "it holds ' ', '!'", id="space-and-more"),
    pytest.param("Europe//Berlin", "a part between its slashes is empty", id="double-slash"),
    pytest.param("Europe/", "a part between its slashes is empty", id="slash-at-the-end"),
    pytest.param("-Europe", "a part of it starts with a hyphen", id="option"),
    pytest.param("Europe/-Berlin", "a part of it starts with a hyphen", id="option-inside"),
    pytest.param("Еurope/Berlin", "it holds '\\u0415'", id="cyrillic-capital"),
    pytest.param("Europe/Вerlin", "it holds '\\u0412'", id="cyrillic-inside"),
    pytest.param("Europe／Berlin", "it holds '\\uff0f'", id="fullwidth-slash"),
    pytest.param("Europe∕Berlin", "it holds '\\u2215'", id="division-slash"),
    pytest.param("UT\u0421", "it holds '\\u0421'", id="es-for-c"),
    pytest.param("Etc/GMT−5", "it holds '\\u2212'", id="minus-sign"),
    pytest.param("Etc/GMT+５", "it holds '\\uff15'", id="fullwidth-digit"),
    pytest.param("Etc/GMT+٥", "it holds '\\u0665'", id="arabic-digit"),
    pytest.param("\ud800", "it holds '\\ud800'", id="lone-surrogate"),
    pytest.param("a/" * MAX_NAME_PARTS + "a", f"more than {MAX_NAME_PARTS} parts", id="deep"),
    pytest.param(LONGEST + "A", f"longer than {MAX_NAME_LENGTH} characters", id="long"),
    pytest.param("A" * 1_000_000, f"longer than {MAX_NAME_LENGTH} characters", id="very-long"),
]


@pytest.mark.parametrize(("name", "rule"), BROKEN)
def test_a_refusal_says_which_rule_is_broken(name: str, rule: str) -> None:
    with pytest.raises(InvalidName) as caught:
        check_zone_name(name)
    assert rule in caught.value.detail
    assert caught.value.facts == {"zones": [name[:MAX_NAME_LENGTH]]}
    assert not is_zone_name(name)


@pytest.mark.parametrize(
    "name", ["UTC", "Etc/GMT+5", "Etc/GMT-14", "America/Argentina/Buenos_Aires", "EST5EDT", "GMT0", "a", LONGEST]
)
def test_names_within_the_rules_pass(name: str) -> None:
    check_zone_name(name)
    assert is_zone_name(name)


def test_every_name_of_the_installed_release_passes() -> None:
    assert [name for name in real_names() if not is_zone_name(name)] == []


def test_the_deepest_name_passes() -> None:
    check_zone_name("/".join("a" * MAX_NAME_PARTS))


@given(st.text(max_size=60))
def test_both_checks_agree_and_a_refusal_is_one_printable_line(name: str) -> None:
    try:
        check_zone_name(name)
    except InvalidName as error:
        assert not is_zone_name(name)
        assert re.fullmatch(r"[ -~]+", error.detail)  # noqa: PT017 - most texts raise, some do not
    else:
        assert is_zone_name(name)
        assert re.fullmatch(r"[A-Za-z0-9_+/-]+", name)
        assert not {"", ".", ".."} & set(name.split("/"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026f", True),
        ("1996za", True),
        ("2026", False),
        ("2026F", False),
        ("2026f\n", False),
        ("2026abc", False),
        ("٢٠٢٦f", False),
        ("../x", False),
        ("http://a", False),
        ("latest", False),
        ("", False),
    ],
)
def test_release_names(name: str, expected: bool) -> None:
    assert is_release_name(name) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DE", True),
        ("de", False),
        ("De", False),
        ("DEU", False),
        ("D", False),
        ("", False),
        ("ДE", False),
        ("DE\n", False),
    ],
)
def test_country_codes(code: str, expected: bool) -> None:
    assert is_country_code(code) is expected


def test_names_sort_by_component_and_not_by_character() -> None:
    names = ["Etc/GMT", "Etc", "Etc+1", "Etc-1", "America/Indiana/Knox", "America/Indianapolis"]
    assert sorted(names, key=by_component) == [
        "America/Indiana/Knox",
        "America/Indianapolis",
        "Etc",
        "Etc/GMT",
        "Etc+1",
        "Etc-1",
    ]


@given(st.text())
def test_quotes_are_short_printable_and_on_one_line(text: str) -> None:
    quoted = quote(text)
    assert quoted.isascii()
    assert quoted.isprintable()
    assert len(quoted) <= 10 * 80 + 2


def test_a_quote_cuts_what_is_long() -> None:
    assert quote("x" * 81) == "'" + "x" * 77 + "...'"
