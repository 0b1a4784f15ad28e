"""Reading ``tzdata.zi`` and the ``.tab`` files: every real one, and a refusal with its place for each broken one."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import InvalidTable
from app.tzdb.tables import ZoneRow, parse_iso3166_tab, parse_zi, parse_zone_tab, table_rows

WHOLE_WORDS = """\
# version 2099a
# A remark.
Rule T 2000 max - Mar lastSun 2:00 1:00 D
Rule T 2000 max - Oct lastSun 3:00 0 S
# A remark inside.

Zone Test/Zone 1:30 - LMT 1950 Jan 1 0:00
 2:00 T T%sT
Link Test/Zone Test/Link
"""
ABBREVIATED = """\
# version 2099a
R T 2000 ma - Mar lastSu 2 1 D
Z Test/Zone 1:30 - LMT 1950
2 T T%sT
L Test/Zone Test/Link
"""


def zone_lines(*lines: str) -> str:
    return "\n".join(("# version 2099a", "Z Test/Zone 1:30 - LMT 1950", *lines, ""))


@pytest.fixture(scope="session")
def real_tables(wheels_dir: Path) -> dict[str, dict[str, str]]:
    """Return package version → file name → text of the tables and of the list of names."""
    names = ("tzdata.zi", "zone1970.tab", "zone.tab", "iso3166.tab")
    tables = {}
    for wheel in wheels_dir.glob("tzdata-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            texts = {name: archive.read(f"tzdata/zoneinfo/{name}").decode() for name in names}
            tables[wheel.name.split("-")[1]] = texts | {"zones": archive.read("tzdata/zones").decode()}
    return tables


def test_every_release_s_tzdata_zi_declares_the_names_of_its_package(real_tables: dict[str, dict[str, str]]) -> None:
    assert len(real_tables) == 33
    for version, texts in real_tables.items():
        zi = parse_zi(texts["tzdata.zi"])
        assert zi.zones.keys() | zi.links.keys() == set(texts["zones"].split()), version
        assert not zi.zones.keys() & zi.links.keys(), version
        assert set(zi.links.values()) <= zi.zones.keys(), version
        assert zi.header[0].startswith("# version 20"), version


def test_no_line_of_a_real_tzdata_zi_is_lost(real_tables: dict[str, dict[str, str]]) -> None:
    for texts in real_tables.values():
        zi = parse_zi(texts["tzdata.zi"])
        kept = [*zi.header, *(line for lines in zi.rules.values() for line in lines)]
        kept += [line for lines in zi.zones.values() for line in lines]
        kept += [f"L {target} {name}" for name, target in zi.links.items()]
        assert sorted(kept) == sorted(texts["tzdata.zi"].splitlines())


def test_every_release_s_zone_tables_are_read(real_tables: dict[str, dict[str, str]]) -> None:
    for texts in real_tables.values():
        zi = parse_zi(texts["tzdata.zi"])
        codes = parse_iso3166_tab(texts["iso3166.tab"])
        zone1970 = parse_zone_tab(texts["zone1970.tab"], table="zone1970.tab")
        zone_tab = parse_zone_tab(texts["zone.tab"], table="zone.tab")
        assert {row.zone for row in zone1970} <= zi.zones.keys()
        assert {row.zone for row in zone_tab} <= zi.zones.keys() | zi.links.keys()
        assert {code for row in (*zone1970, *zone_tab) for code in row.countries} <= codes.keys()
        assert all(len(row.countries) == 1 for row in zone_tab)
    newest = parse_zone_tab(real_tables["2026.6"]["zone1970.tab"], table="zone1970.tab")
    assert len(newest) == 312


def test_keywords_may_be_whole_words() -> None:
    zi = parse_zi(WHOLE_WORDS)
    assert zi.header[0] == "# version 2099a"
    assert zi.header == ("# version 2099a", "# A remark.")
    assert [len(lines) for lines in zi.rules.values()] == [2]
    assert zi.zones == {"Test/Zone": ("Zone Test/Zone 1:30 - LMT 1950 Jan 1 0:00", " 2:00 T T%sT")}
    assert zi.links == {"Test/Link": "Test/Zone"}


def test_keywords_may_be_letters() -> None:
    zi = parse_zi(ABBREVIATED)
    assert zi.zones["Test/Zone"] == ("Z Test/Zone 1:30 - LMT 1950", "2 T T%sT")
    assert (zi.links, [*zi.rules]) == ({"Test/Link": "Test/Zone"}, ["T"])


def test_an_empty_file_has_nothing_and_no_version() -> None:
    zi = parse_zi("")
    assert (zi.header, zi.rules, zi.zones, zi.links) == ((), {}, {}, {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("# version 2099a\nX Test/Zone 1\n", "line 2", id="unknown-keyword"),
        pytest.param("\n\nR T 2000 ma - Mar lastSu 2 1\n", "line 3", id="rule-too-short"),
        pytest.param("R T 2000 ma - Mar lastSu 2 1 D D\n", "line 1", id="rule-too-long"),
        pytest.param("Z Test/Zone 1 -\n", "line 1", id="zone-too-short"),
        pytest.param("Z Test/Zone 1 - X 2000 Jan 1 0 0\n", "line 1", id="zone-too-long"),
        pytest.param("Z ../Zone 1 - X\n", "line 1", id="zone-name-climbs"),
        pytest.param("Z A 1 - X\nZ A 1 - X\n", "line 2", id="zone-twice"),
        pytest.param("L Test/Zone\n", "line 1", id="link-too-short"),
        pytest.param("L A B C\n", "line 1", id="link-too-long"),
        pytest.param("L A /etc/passwd\n", "line 1", id="link-name-absolute"),
        pytest.param("L ../A B\n", "line 1", id="target-climbs"),
        pytest.param("L A B\nL C B\n", "line 2", id="link-twice"),
        pytest.param("2 T T%sT\n", "line 1", id="continues-nothing"),
        pytest.param("Z A 1 - X\n2 T T%sT\n", "line 2", id="continues-a-finished-zone"),
        pytest.param(zone_lines("R T 2000 ma - Mar lastSu 2 1 D"), "line 3", id="rule-instead-of-continuation"),
        pytest.param(zone_lines("L A B"), "line 3", id="link-instead-of-continuation"),
        pytest.param(zone_lines("Z Test/Zone 1 - X"), "line 3", id="same-zone-instead-of-continuation"),
        pytest.param(zone_lines("Zone ../Zone 1 - X"), "line 3", id="bad-zone-instead-of-continuation"),
        pytest.param(zone_lines("2 T"), "line 3", id="continuation-too-short"),
        pytest.param(zone_lines("2 T T%sT 2000 Jan 1 0 0"), "line 3", id="continuation-too-long"),
        pytest.param(zone_lines(), "ends inside a Zone", id="no-continuation"),
    ],
)
def test_a_broken_line_of_tzdata_zi_is_refused_with_its_number(text: str, place: str) -> None:
    with pytest.raises(InvalidTable, match=place):
        parse_zi(text)


def test_a_row_without_comments_has_empty_ones() -> None:
    text = "# remark\nXA,XB\t+0102+00304\tTest/Zone\n#@ remark\nXA\t-1-2\tTest/Other\tBay, Märchen\n"
    assert parse_zone_tab(text, table="zone1970.tab") == (
        ZoneRow(("XA", "XB"), "+0102+00304", "Test/Zone", ""),
        ZoneRow(("XA",), "-1-2", "Test/Other", "Bay, Märchen"),
    )


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("XA\t+0102+00304", id="two-columns"),
        pytest.param("XA\t+0102+00304\tTest/Zone\ta\tb", id="five-columns"),
        pytest.param("XA +0102+00304 Test/Zone", id="spaces"),
        pytest.param("xa\t+0102+00304\tTest/Zone", id="small-letters"),
        pytest.param("XA,\t+0102+00304\tTest/Zone", id="empty-country"),
        pytest.param("XA\t+0102+00304\t../Zone", id="bad-name"),
    ],
)
def test_a_broken_row_of_a_zone_table_is_refused_with_its_number(row: str) -> None:
    with pytest.raises(InvalidTable, match=r"^zone.tab, row 2: "):
        parse_zone_tab(f"# remark\nXA\t+1+2\tTest/Good\n{row}\n", table="zone.tab")


@pytest.mark.parametrize("row", ["XA", "XA Testland", "Xa\tTestland", "XA\tTestland\tmore"])
def test_a_broken_row_of_countries_is_refused_with_its_number(row: str) -> None:
    with pytest.raises(InvalidTable, match=r"^iso3166.tab, row 2: "):
        parse_iso3166_tab(f"# remark\nXB\tOtherland\n{row}\n")


def test_rows_of_a_table_come_with_their_lines() -> None:
    assert [*table_rows("# remark\n\na\tb\n\nc\n")] == [("a\tb", ["a", "b"]), ("c", ["c"])]


WORDS = st.sampled_from(
    [*"RZLT-12\t\n#", "\n", "\n", "Rule", "Zone", "Link", "Test/Zone", "XA", "XA,XB", "ma", "S%sT", "\0", "\u2028", "é"]
)
TEXTS = st.text() | st.lists(WORDS).map(" ".join) | st.lists(WORDS).map("\t".join)
PARSERS: list[Callable[[str], object]] = [
    parse_zi,
    lambda text: parse_zone_tab(text, table="zone.tab"),
    parse_iso3166_tab,
]


@pytest.mark.parametrize("parse", PARSERS, ids=["tzdata.zi", "zone.tab", "iso3166.tab"])
@given(text=TEXTS)
@example(text=WHOLE_WORDS)
def test_no_text_raises_anything_but_invalid_table(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except InvalidTable as error:
        assert error.detail.isprintable()  # noqa: PT017 - most texts raise, some do not
