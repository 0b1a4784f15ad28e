"""Releases: what the real ones hold, and one refusal for every check of ``make_release``."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.digest import tree_digest
from app.errors import InvalidContent, InvalidName, InvalidTable, InvalidTzif
from app.tzdb.names import by_component
from app.tzdb.release import Origin, Release, TzifPool, make_release
from app.tzdb.tables import TableName
from tests.data.invented_release import contents_and_tables, make_invented_release
from tests.data.real_releases import all_package_versions, real_release
from tests.tzdb.tzif.tzif_files import Block, encode_tzif

ORIGIN = Origin(source="invented", package_version=None, sha256=None, verified="nothing")
UTC = encode_tzif(Block(designations=b"UTC\0"), footer=b"UTC0")
CONTENTS, TABLES = contents_and_tables()


def make(
    *,
    contents: Mapping[str, bytes] = CONTENTS,
    tables: Mapping[TableName, bytes] = TABLES,
    absent: frozenset[str] = frozenset(),
    pool: TzifPool | None = None,
) -> Release:
    return make_release("2099a", origin=ORIGIN, contents=contents, tables=tables, absent=absent, pool=pool)


def with_table(table: TableName, text: str) -> dict[TableName, bytes]:
    """Return the invented tables with text added to one of them."""
    return {**TABLES, table: TABLES[table] + text.encode()}


def with_zones(*names: str) -> tuple[dict[str, bytes], dict[TableName, bytes]]:
    """Return the invented release with more Zones, each declared and with a file."""
    lines = "".join(f"Z {name} 0 - UTC\n" for name in names)
    return CONTENTS | dict.fromkeys(names, UTC), with_table("tzdata.zi", lines)


@pytest.fixture(scope="session")
def newest(wheels_dir: Path) -> Release:
    return real_release(wheels_dir, "2026.6")


class TestRealReleases:
    """What is known of the releases that there are."""

    def test_the_counts_of_2026f(self, newest: Release) -> None:
        assert newest.version == "2026f"
        assert (newest.zone_count, len(newest.links), len(newest.files)) == (345, 253, 598)
        assert len(newest.zone1970_rows) == 312

    def test_every_release_loads_whole(self, wheels_dir: Path) -> None:
        releases = [real_release(wheels_dir, version) for version in all_package_versions(wheels_dir)]
        assert len(releases) == 33
        for release in releases:
            assert [*release.files] == sorted(release.files, key=by_component)
            assert release.targets == release.links, "no release so far has a chain"
            assert release.zone1970_rows.keys() <= release.files.keys() - release.links.keys()
            assert release.tree_digest == tree_digest((name, file.sha256) for name, file in release.files.items())

    @pytest.mark.parametrize(
        ("name", "kind", "zone_class", "canonical", "countries"),
        [
            ("Europe/Berlin", "zone", "zone-geographic", "Europe/Berlin", ("DE", "DK", "NO", "SE", "SJ")),
            ("Europe/Stockholm", "link", "alias-merged", "Europe/Berlin", ("SE",)),
            ("Atlantic/Reykjavik", "link", "alias-merged", "Africa/Abidjan", ("IS",)),
            ("US/Pacific", "link", "alias-legacy", "America/Los_Angeles", ("US",)),
            ("Asia/Calcutta", "link", "alias-legacy", "Asia/Kolkata", ("IN",)),
            ("Europe/Kiev", "link", "alias-legacy", "Europe/Kyiv", ("UA",)),
            ("Etc/UTC", "zone", "zone-other", "Etc/UTC", ()),
            ("UTC", "link", "alias-legacy", "Etc/UTC", ()),
            ("Factory", "zone", "zone-other", "Factory", ()),
        ],
    )
    def test_what_is_said_of_a_name(
        self, newest: Release, name: str, kind: str, zone_class: str, canonical: str, countries: tuple[str, ...]
    ) -> None:
        assert (newest.kind(name), newest.zone_class(name), newest.canonical(name)) == (kind, zone_class, canonical)
        assert newest.countries_of(name) == countries

    @pytest.mark.parametrize(
        ("package_version", "kind"), [("2024.1", "zone"), ("2024.2", "link"), ("2026.3", "link"), ("2026.4", "zone")]
    )
    def test_whether_est5edt_is_a_link_depends_on_the_release(
        self, wheels_dir: Path, package_version: str, kind: str
    ) -> None:
        assert real_release(wheels_dir, package_version).kind("EST5EDT") == kind

    def test_kyiv_and_kiev_change_places(self, wheels_dir: Path) -> None:
        before, after = real_release(wheels_dir, "2022.1"), real_release(wheels_dir, "2022.2")
        assert before.kind("Europe/Kiev") == "zone"
        assert "Europe/Kyiv" not in before.files
        assert (after.kind("Europe/Kyiv"), after.canonical("Europe/Kiev")) == ("zone", "Europe/Kyiv")

    def test_the_zones_of_a_country_stand_in_the_order_of_the_table(self, newest: Release) -> None:
        assert newest.zones_of_country("DE") == ("Europe/Zurich", "Europe/Berlin")
        assert newest.zones_of_country("SE") == ("Europe/Berlin",)
        assert newest.zones_of_country("CN") == ("Asia/Shanghai", "Asia/Urumqi")
        assert newest.zones_of_country("XX") == ()
        assert newest.countries["CN"] == "China"

    def test_links_to_a_zone_are_all_of_them_in_order(self, newest: Release) -> None:
        assert newest.links_to("Europe/Kyiv") == ("Europe/Kiev", "Europe/Uzhgorod", "Europe/Zaporozhye")
        assert newest.links_to("Europe/Kiev") == ()

    def test_names_and_links_stand_component_by_component(self) -> None:
        contents, tables = with_zones()
        links = {"Test+1": "Test/Zone", "Test-1": "Test/Zone"}
        contents |= dict.fromkeys(links, CONTENTS["Test/Zone"])
        lines = "".join(f"L {target} {name}\n" for name, target in links.items())
        release = make(contents=contents, tables={**tables, "tzdata.zi": TABLES["tzdata.zi"] + lines.encode()})
        assert release.links_to("Test/Zone") == ("Test/Merged", "Test+1", "Test-1")
        assert [*release.files][-3:] == ["Test/Zone", "Test+1", "Test-1"]

    def test_a_name_the_release_lacks_has_no_zone_behind_it(self, newest: Release) -> None:
        with pytest.raises(KeyError, match="Asia/Hanoi"):
            newest.canonical("Asia/Hanoi")

    def test_only_the_wrong_wheels_carry_warnings(self, wheels_dir: Path) -> None:
        warned = {
            version: [(warning.code, warning.zones) for warning in release.warnings]
            for version in all_package_versions(wheels_dir)
            if (release := real_release(wheels_dir, version)).warnings
        }
        ojinaga = ("wrong-zone", ("America/Ojinaga",))
        palestine = [("wrong-zone", ("Asia/Gaza",)), ("wrong-zone", ("Asia/Hebron",))]
        assert warned == {
            "2022.7": [ojinaga],
            "2023.1": [ojinaga, *palestine],
            "2023.2": [ojinaga, *palestine],
            "2023.3": [ojinaga, *palestine],
        }

    def test_a_warning_says_what_is_wrong(self, wheels_dir: Path) -> None:
        first, second, _ = real_release(wheels_dir, "2023.3").warnings
        assert first.detail.startswith("America/Ojinaga is wrong as published: the last transition, at 1667116800, is")
        assert second.detail.startswith("Asia/Gaza is wrong as published: standard time in the winters")


def test_the_invented_release_is_taken() -> None:
    release = make()
    assert release.links == {"Legacy": "Test/Other", "Test/Legacy": "Test/Other", "Test/Merged": "Test/Zone"}
    assert release.targets == {"Legacy": "Test/Legacy", "Test/Legacy": "Test/Other", "Test/Merged": "Test/Zone"}
    assert {release.zone_class(name) for name in release.files} == {
        "zone-geographic",
        "zone-other",
        "alias-merged",
        "alias-legacy",
    }
    assert release.countries_of("Test/Merged") == ("XB",)
    assert release.countries_of("Legacy") == ("XA",)


def test_the_same_release_comes_out_whatever_order_the_files_come_in() -> None:
    assert make(contents=dict(reversed(CONTENTS.items()))) == make()
    assert [*make(contents=dict(reversed(CONTENTS.items()))).files] == [*make().files]


def test_equal_files_are_shared_within_a_release_and_between_releases() -> None:
    pool: TzifPool = {}
    first, second = make(pool=pool), make(pool=pool)
    assert first.files["Test/Merged"] is first.files["Test/Zone"]
    assert second.files["Test/Zone"] is first.files["Test/Zone"]
    assert len(pool) == 4
    assert {file.sha256 for file in first.files.values()} == pool.keys()


def test_tables_are_optional() -> None:
    release = make(tables={})
    assert release.zi is None
    assert (release.zone_count, release.links, release.countries) == (7, {}, {})
    assert {release.kind(name) for name in release.files} == {"zone"}


def test_names_said_to_be_absent_may_be_missing() -> None:
    absent = frozenset({"Test/Zone", "Test/Merged"})
    release = make(contents={name: CONTENTS[name] for name in CONTENTS.keys() - absent}, absent=absent)
    assert not absent & {*release.files, *release.links, *release.zone1970_rows, *release.zone_tab_rows}
    assert release.zi is not None
    assert not absent & {*release.zi.zones, *release.zi.links}


class TestRefusals:
    """``make_release`` refuses the whole release at the first thing that is wrong."""

    def test_a_name_against_the_rules(self) -> None:
        with pytest.raises(InvalidName, match=r"'\.\./evil' is not a zone name"):
            make(contents={**CONTENTS, "../evil": UTC})

    def test_names_that_differ_only_in_case(self) -> None:
        contents, tables = with_zones("test/zone")
        with pytest.raises(InvalidContent, match="'Test/Zone' and 'test/zone' differ only in case"):
            make(contents=contents, tables=tables)

    @pytest.mark.parametrize("name", ["Test", "TEST", "Test/Zone/Inner"])
    def test_a_name_that_is_a_directory_of_another(self, name: str) -> None:
        contents, tables = with_zones(name)
        with pytest.raises(InvalidContent, match="is a zone and a directory of"):
            make(contents=contents, tables=tables)

    def test_a_directory_is_named_with_all_its_parts(self) -> None:
        contents, tables = with_zones("A/B", "A/B/C")
        with pytest.raises(InvalidContent, match="'A/B' is a zone and a directory of 'A/B/C'"):
            make(contents=contents, tables=tables)

    def test_bytes_that_are_not_tzif_with_the_name_they_stand_under(self) -> None:
        with pytest.raises(InvalidTzif, match=r"^Test/Other: the file ends at byte 4") as caught:
            make(contents={**CONTENTS, "Test/Other": b"TZif"})
        assert caught.value.facts == {"zones": ["Test/Other"]}

    def test_bad_bytes_are_refused_again_with_the_same_pool(self) -> None:
        pool: TzifPool = {}
        for _ in range(2):
            with pytest.raises(InvalidTzif, match="Test/Other"):
                make(contents={**CONTENTS, "Test/Other": b"TZif"}, pool=pool)

    def test_a_link_unlike_its_target(self) -> None:
        with pytest.raises(InvalidContent, match="the Link 'Test/Merged' differs in bytes from its Zone 'Test/Zone'"):
            make(contents={**CONTENTS, "Test/Merged": UTC})

    def test_a_declared_name_without_a_file(self) -> None:
        contents = {name: content for name, content in CONTENTS.items() if name not in {"Legacy", "Test/Zone"}}
        with pytest.raises(InvalidContent, match=r"2 names of tzdata.zi have no file; the first is 'Legacy'"):
            make(contents=contents)

    def test_a_file_without_a_declared_name(self) -> None:
        with pytest.raises(InvalidContent, match=r"1 files are not in tzdata.zi; the first is 'Test/Extra'"):
            make(contents={**CONTENTS, "Test/Extra": UTC})

    def test_a_name_that_is_both_zone_and_link(self) -> None:
        with pytest.raises(InvalidTable, match="calls 'Test/Zone' both a Zone and a Link"):
            make(tables=with_table("tzdata.zi", "L Test/Other Test/Zone\n"))

    def test_a_link_loop(self) -> None:
        with pytest.raises(InvalidTable, match="part of a loop"):
            make(tables=with_table("tzdata.zi", "L Test/A Test/B\nL Test/B Test/A\n"))

    def test_a_link_to_nothing(self) -> None:
        with pytest.raises(InvalidTable, match="'Test/A' leads to 'Test/B', which is neither a Zone"):
            make(tables=with_table("tzdata.zi", "L Test/B Test/A\n"))

    @pytest.mark.parametrize("table", ["zone.tab", "zone1970.tab"])
    def test_a_row_for_no_name(self, table: TableName) -> None:
        with pytest.raises(InvalidTable, match=f"{table} has a row for 'Test/Nowhere', which the release lacks"):
            make(tables=with_table(table, "XA\t+1+2\tTest/Nowhere\n"))

    @pytest.mark.parametrize("table", ["zone.tab", "zone1970.tab"])
    def test_two_rows_for_one_name(self, table: TableName) -> None:
        with pytest.raises(InvalidTable, match=f"{table} has two rows for 'Test/Zone'"):
            make(tables=with_table(table, "XB\t+1+2\tTest/Zone\n"))

    @pytest.mark.parametrize("table", ["iso3166.tab", "tzdata.zi", "zone.tab", "zone1970.tab"])
    def test_a_table_that_is_not_utf_8(self, table: TableName) -> None:
        with pytest.raises(InvalidTable, match=rf"{table} is not UTF-8 at byte {len(TABLES[table])}$"):
            make(tables={**TABLES, table: TABLES[table] + b"\xff"})


def test_a_file_that_disagrees_with_its_footer_is_taken_with_a_warning_for_its_links_too() -> None:
    block = Block(transitions=(0,), type_indices=(1,), types=((0, 0, 0), (3600, 0, 4)), designations=b"UTC\0WRG\0")
    wrong = encode_tzif(block, footer=b"UTC0")
    (warning,) = make(contents={**CONTENTS, "Test/Zone": wrong, "Test/Merged": wrong}).warnings
    assert warning.zones == ("Test/Zone", "Test/Merged")
    assert warning.detail.startswith("Test/Zone is wrong as published: the last transition, at 0, is WRG")


def test_the_version_is_the_caller_s() -> None:
    assert make_invented_release("1999b").version == "1999b"
