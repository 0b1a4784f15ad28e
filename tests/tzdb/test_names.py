"""Naming rules: what is a zone name, and what a refusal says."""

import re
import string

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
    name_of_nth,
    nth_of_year,
    release_order,
)
from tests.tzdb.tzif.tzif_files import real_names

LONGEST = "A" * MAX_NAME_LENGTH
LETTERS = string.ascii_lowercase

BROKEN = [
    pytest.param("", "it is empty", id="empty"),
    pytest.param("/", "starts with a slash", id="slash"),
    pytest.param("/etc/passwd", "starts with a slash", id="absolute"),
    pytest.param("..", "it contains '.'", id="parent"),
    pytest.param("../etc/passwd", "it contains '.'", id="climbs"),
    pytest.param("Europe/../../etc/passwd", "it contains '.'", id="climbs-inside"),
    pytest.param("Europe/./Berlin", "it contains '.'", id="dot"),
    pytest.param("%2e%2e%2fetc", "it contains '%'", id="percent-encoded"),
    pytest.param("Europe\\Berlin", "it contains '\\\\'", id="backslash"),
    pytest.param("C:/Windows", "it contains ':'", id="drive"),
    pytest.param("Europe/Berlin\0", "it contains '\\x00'", id="nul"),
    pytest.param("Europe/Ber\0lin", "it contains '\\x00'", id="nul-inside"),
    pytest.param("Europe/Berlin\n", "it contains '\\n'", id="line-end"),
    pytest.param("Europe/Berlin\r\nX: y", "it contains '\\n', '\\r', ' ', ':'", id="header"),
    pytest.param("Europe/Berlin ", "it contains a space; in a query, write a plus sign as %2B", id="space-at-the-end"),
    pytest.param("Etc/GMT 5", "it contains a space; in a query, write a plus sign as %2B", id="plus-sign-decoded"),
    pytest.param("Etc/ GMT!", "it contains ' ', '!'", id="space-and-more"),
    pytest.param("Europe//Berlin", "a part between its slashes is empty", id="double-slash"),
    pytest.param("Europe/", "a part between its slashes is empty", id="slash-at-the-end"),
    pytest.param("-Europe", "a part of it starts with a hyphen", id="option"),
    pytest.param("Europe/-Berlin", "a part of it starts with a hyphen", id="option-inside"),
    pytest.param("Еurope/Berlin", "it contains '\\u0415'", id="cyrillic-capital"),
    pytest.param("Europe/Вerlin", "it contains '\\u0412'", id="cyrillic-inside"),
    pytest.param("Europe／Berlin", "it contains '\\uff0f'", id="fullwidth-slash"),
    pytest.param("Europe∕Berlin", "it contains '\\u2215'", id="division-slash"),
    pytest.param("UT\u0421", "it contains '\\u0421'", id="es-for-c"),
    pytest.param("Etc/GMT−5", "it contains '\\u2212'", id="minus-sign"),
    pytest.param("Etc/GMT+５", "it contains '\\uff15'", id="fullwidth-digit"),
    pytest.param("Etc/GMT+٥", "it contains '\\u0665'", id="arabic-digit"),
    pytest.param("\ud800", "it contains '\\ud800'", id="lone-surrogate"),
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
        ("1996zz", True),
        ("1996aa", False),
        ("1996zzz", False),
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


RELEASES = st.builds("{:04}{}{}".format, st.integers(0, 9999), st.sampled_from(["", "z"]), st.sampled_from(LETTERS))


@pytest.mark.parametrize(("release", "n"), [("2026a", 1), ("2026f", 6), ("2026z", 26), ("2026za", 27), ("2026zz", 52)])
def test_the_letters_count_the_releases_of_a_year(release: str, n: int) -> None:
    assert nth_of_year(release) == n
    assert name_of_nth(2026, n) == release


@given(RELEASES)
def test_the_nth_release_has_the_name_that_counts_it(release: str) -> None:
    assert is_release_name(release)
    assert name_of_nth(int(release[:4]), nth_of_year(release)) == release


@given(st.integers(0, 9999), st.integers(1, 52))
def test_the_first_52_of_a_year_are_release_names(year: int, n: int) -> None:
    assert is_release_name(name_of_nth(year, n))
    assert nth_of_year(name_of_nth(year, n)) == n


def test_a_year_that_would_need_three_letters_has_a_name_that_is_not_served() -> None:
    assert name_of_nth(2026, 53) == "2026zza"
    assert not is_release_name("2026zza")


@given(st.lists(RELEASES, unique=True))
def test_releases_stand_in_the_order_in_which_they_are_counted(releases: list[str]) -> None:
    counted = sorted(releases, key=lambda release: (int(release[:4]), nth_of_year(release)))
    assert sorted(releases, key=release_order) == counted


@pytest.mark.parametrize(
    ("older", "newer"), [("2025z", "2026a"), ("2026a", "2026b"), ("2026z", "2026za"), ("2026za", "2026zb")]
)
def test_releases_come_in_the_order_they_appeared(older: str, newer: str) -> None:
    assert release_order(older) < release_order(newer)


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
