"""What a name that a release lacks may have meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tzdb.release import Release, make_release
from app.tzdb.suggestions import MAX_SUGGESTIONS, suggest_countries, suggest_names
from app.tzdb.tables import TableName
from tests.data.invented_release import contents_and_tables, make_invented_release
from tests.data.real_releases import real_release
from tests.tzdb.tzif.tzif_files import Block, encode_tzif

INVENTED = make_invented_release()


@pytest.fixture(scope="session")
def newest(wheels_dir: Path) -> Release:
    return real_release(wheels_dir, "2026.6")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        pytest.param("europe/berlin", "Europe/Berlin", id="small-letters"),
        pytest.param("EUROPE/BERLIN", "Europe/Berlin", id="capitals"),
        pytest.param("utc", "UTC", id="a-name-without-area"),
        pytest.param("etc/gmt+5", "Etc/GMT+5", id="a-sign"),
        pytest.param("Berlin", "Europe/Berlin", id="the-place-alone"),
        pytest.param("Asia/Kiev", "Europe/Kiev", id="another-area"),
        pytest.param("Turkey/Istanbul", "Asia/Istanbul", id="a-country-for-an-area"),
        pytest.param("America/Berlin", "Europe/Berlin", id="another-continent"),
        pytest.param("Europe/Berln", "Europe/Berlin", id="a-letter-short"),
        pytest.param("Asia/Shanghia", "Asia/Shanghai", id="letters-swapped"),
        pytest.param("Berln", "Europe/Berlin", id="the-place-alone-misspelt"),
        pytest.param("America/New York", "America/New_York", id="a-space"),
        pytest.param("Beijing", "Asia/Shanghai", id="a-word-of-the-comments"),
        pytest.param("Asia/Beijing", "Asia/Shanghai", id="a-word-of-the-comments-with-an-area"),
        pytest.param("Germany", "Europe/Zurich", id="a-country"),
        pytest.param("PST", "PST8PDT", id="the-start-of-a-name"),
    ],
)
def test_the_first_suggestion(newest: Release, name: str, first: str) -> None:
    assert suggest_names(newest, [name])[name][:1] == [first]


def test_a_place_in_two_areas_is_suggested_with_both(newest: Release) -> None:
    assert suggest_names(newest, ["Istanbul"])["Istanbul"][:2] == ["Asia/Istanbul", "Europe/Istanbul"]


@pytest.mark.parametrize(
    ("package_version", "name", "first"),
    [
        pytest.param("2022.1", "Europe/Kyiv", "Europe/Kiev", id="before-a-new-name"),
        pytest.param("2026.6", "Europe/Kyjiv", "Europe/Kyiv", id="after-a-new-name"),
        pytest.param("2020.1", "Kiribati/Enderbury", "Pacific/Enderbury", id="an-old-name-in-an-old-release"),
    ],
)
def test_suggestions_are_those_of_the_release(wheels_dir: Path, package_version: str, name: str, first: str) -> None:
    release = real_release(wheels_dir, package_version)
    assert suggest_names(release, [name])[name][0] == first


@pytest.mark.parametrize("word", ["islands", "Märchen", "INVENTED", "Mergeria"])
def test_words_of_comments_and_countries_are_found_without_their_marks(word: str) -> None:
    assert suggest_names(INVENTED, [word])[word][:1] in (["Test/Other"], ["Test/Zone"])


def test_of_names_alike_a_zone_comes_before_its_links() -> None:
    tables: dict[TableName, bytes] = {"tzdata.zi": b"Z Area/Placed 0 - UTC\nL Area/Placed Area/Placea\n"}
    utc = encode_tzif(Block(designations=b"UTC\0"), footer=b"UTC0")
    contents = dict.fromkeys(("Area/Placea", "Area/Placed"), utc)
    release = make_release("2099a", origin=INVENTED.origin, contents=contents, tables=tables)
    assert suggest_names(release, ["Area/Placex"]) == {"Area/Placex": ["Area/Placed", "Area/Placea"]}


def test_words_of_comments_are_found_where_no_table_names_the_countries() -> None:
    contents, tables = contents_and_tables()
    del tables["iso3166.tab"]
    release = make_release("2099a", origin=INVENTED.origin, contents=contents, tables=tables)
    assert suggest_names(release, ["Märchen"]) == {"Märchen": ["Test/Other"]}


def test_what_is_like_nothing_has_no_suggestions(newest: Release) -> None:
    assert suggest_names(newest, ["zzzzzzzz", "xx", "q"]) == {"zzzzzzzz": [], "xx": [], "q": []}


def test_what_only_begins_like_a_place_has_no_suggestions() -> None:
    assert suggest_names(INVENTED, ["Zoxxxxxx"]) == {"Zoxxxxxx": []}


def test_every_name_of_a_long_list_gets_an_answer_and_the_cheap_ones_stay_right(newest: Release) -> None:
    names = [f"Mars/Crater_{number}" for number in range(1_000)]
    suggestions = suggest_names(newest, [*names, "mars/berlin", "mars/new york"])
    assert len(suggestions) == 1_002
    assert suggestions["mars/berlin"] == ["Europe/Berlin"]
    assert suggestions["mars/new york"] == ["America/New_York"]


@given(st.lists(st.text(max_size=64) | st.text(alphabet="TestZonAr/*", max_size=20), max_size=4))
def test_suggestions_are_few_distinct_and_in_the_release(names: list[str]) -> None:
    suggestions = suggest_names(INVENTED, names)
    assert suggestions.keys() == set(names)
    for found in suggestions.values():
        assert len(found) == len(set(found)) <= MAX_SUGGESTIONS
        assert set(found) <= INVENTED.files.keys()


@pytest.mark.parametrize(
    ("code", "first"),
    [
        pytest.param("UK", "country:GB", id="a-word-of-the-name"),
        pytest.param("ED", "country:DE", id="letters-turned-round"),
        pytest.param("DX", "country:DE", id="the-first-letter"),
    ],
)
def test_countries_that_may_have_been_meant(newest: Release, code: str, first: str) -> None:
    found = suggest_countries(newest, code)
    assert found[0] == first
    assert len(found) <= MAX_SUGGESTIONS


def test_only_countries_with_zones_are_suggested() -> None:
    assert suggest_countries(INVENTED, "XC") == ["country:XA", "country:XB"]
    assert suggest_countries(INVENTED, "QQ") == []
