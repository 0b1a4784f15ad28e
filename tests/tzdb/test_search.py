"""Searching a release: what finds a name, in which order, and what is said of it."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidName, UnknownZones
from app.sources.installed import InstalledSource
from app.tzdb.release import Release, make_release
from app.tzdb.search import ZoneFact, fact_row, search, zone_fact, zones_row
from tests.data.invented_release import contents_and_tables, make_invented_release

ORIGIN = make_invented_release().origin


@cache
def installed_release() -> Release:
    source = InstalledSource()
    (version,) = source.offers().releases
    return source.load(version, {}).release


def names(facts: tuple[ZoneFact, ...]) -> list[str]:
    return [fact.name for fact in facts]


class TestWhatFindsAName:
    def test_nothing_asked_gives_every_name_in_order(self) -> None:
        release = installed_release()
        assert names(search(release)) == [*release.files]

    @pytest.mark.parametrize("query", ["Shanghai", "shanghai", "  SHANGHAI ", "hangha", "asia/shanghai"])
    def test_a_part_of_the_name_in_any_case(self, query: str) -> None:
        assert "Asia/Shanghai" in names(search(installed_release(), query=query))

    @pytest.mark.parametrize("query", ["new york", "new_york", "America/New York"])
    def test_a_space_stands_for_an_underscore(self, query: str) -> None:
        assert names(search(installed_release(), query=query)) == ["America/New_York"]

    def test_a_link_finds_the_zone_behind_it_as_well(self) -> None:
        found = {fact.name: fact.reason for fact in search(installed_release(), query="calcutta")}
        assert found == {"Asia/Calcutta": "name", "Asia/Kolkata": "Link Asia/Calcutta"}

    def test_a_countrys_english_name_and_its_code(self) -> None:
        by_name = search(installed_release(), query="china")
        assert {"Asia/Shanghai", "Asia/Urumqi", "PRC"} <= {*names(by_name)}
        assert {fact.reason for fact in by_name} == {"country CN China"}
        assert "Asia/Shanghai" in names(search(installed_release(), query="cn"))

    def test_a_remark_on_a_link_with_a_row_of_its_own(self) -> None:
        contents, tables = contents_and_tables()
        tables["zone.tab"] = tables["zone.tab"].replace(b"\tTest/Merged\n", b"\tTest/Merged\tHarbour\n")
        release = make_release("2099a", origin=ORIGIN, contents=contents, tables=tables)
        assert [(fact.name, fact.reason) for fact in search(release, query="harbour")] == [("Test/Merged", "comments")]

    def test_a_code_that_no_table_has_a_name_for(self) -> None:
        contents, tables = contents_and_tables()
        del tables["iso3166.tab"]
        release = make_release("2099a", origin=ORIGIN, contents=contents, tables=tables)
        found = {fact.name: fact.reason for fact in search(release, query="xb")}
        assert found == {"Test/Zone": "country XB", "Test/Merged": "country XB"}

    def test_a_remark_of_the_table(self) -> None:
        found = {fact.name: fact.reason for fact in search(installed_release(), query="beijing")}
        assert found["Asia/Shanghai"] == "comments"

    def test_every_find_says_why(self) -> None:
        release = installed_release()
        assert {fact.reason for fact in search(release, query="berli")} == {"name"}
        assert {fact.reason for fact in search(release, query="berlin")} == {"name"}
        assert {fact.reason for fact in search(release)} == {"no query"}
        assert zone_fact(release, "Europe/Berlin").reason == "asked for by name"

    def test_what_was_found_is_json_with_its_release(self) -> None:
        release = installed_release()
        facts = search(release, query="berlin")
        assert zones_row(release, facts) == {
            "release": release.version,
            "zones": [fact_row(fact) for fact in facts],
        }

    def test_what_nothing_is_called_finds_nothing(self) -> None:
        assert search(installed_release(), query="no such place") == ()

    @given(st.text(max_size=12))
    def test_any_query_gives_names_of_the_release_each_once(self, query: str) -> None:
        release = installed_release()
        found = names(search(release, query=query))
        assert len({*found}) == len(found)
        assert {*found} <= release.files.keys()


class TestOrder:
    def test_who_has_a_link_of_that_name_comes_before_those_of_that_country(self) -> None:
        found = names(search(installed_release(), query="portugal"))
        assert found[:3] == ["Portugal", "Europe/Lisbon", "Atlantic/Azores"]

    def test_links_stand_in_the_order_of_their_parts(self) -> None:
        contents, tables = contents_and_tables()
        links = ("X/C", "X-B")
        added = "".join(f"L Test/Zone {name}\n" for name in reversed(links)).encode()
        tables["tzdata.zi"] += added
        contents |= dict.fromkeys(links, contents["Test/Zone"])
        release = make_release("2099a", origin=ORIGIN, contents=contents, tables=tables)
        (fact,) = [fact for fact in search(release, query="test/zone") if fact.name == "Test/Zone"]
        assert [link for link in fact.links if link in links] == [*links]

    def test_the_place_itself_comes_first(self) -> None:
        assert names(search(installed_release(), query="berlin"))[0] == "Europe/Berlin"

    def test_zones_come_before_links_found_alike(self) -> None:
        kinds = [fact.kind for fact in search(installed_release(), query="china")]
        assert kinds == sorted(kinds, key=["zone", "link"].index)


class TestFilters:
    def test_a_country_gives_the_names_that_stand_for_it(self) -> None:
        found = search(installed_release(), country="SE")
        assert {"Europe/Berlin", "Europe/Stockholm"} <= {*names(found)}
        assert all("SE" in fact.countries for fact in found)

    def test_kind_and_class_narrow_and_all_filters_hold_at_once(self) -> None:
        release = installed_release()
        assert len(search(release, kind="link")) == len(release.links)
        merged = search(release, country="SE", zone_class="alias-merged")
        assert names(merged) == ["Europe/Stockholm"]
        assert search(release, kind="zone", zone_class="alias-merged") == ()

    def test_a_country_without_zones_has_none(self) -> None:
        assert search(installed_release(), country="BV") == ()

    @pytest.mark.parametrize("code", ["de", "DEU", "Germany", "D", "ÄÖ", "D\n"])
    def test_what_is_no_code_is_refused(self, code: str) -> None:
        with pytest.raises(InvalidName, match="two capital letters"):
            search(installed_release(), country=code)

    def test_a_code_of_no_country_is_refused_with_suggestions(self) -> None:
        with pytest.raises(UnknownZones) as caught:
            search(installed_release(), country="ED")
        assert caught.value.facts["zones"] == ["country:ED"]
        assert caught.value.facts["suggestions"] == {"country:ED": ["country:DE", "country:EC", "country:EE"]}
        assert caught.value.detail.endswith("; did you mean DE or EC or EE?")
        assert caught.value.facts["release"] == installed_release().version

    def test_a_code_like_no_country_is_refused_without_any(self) -> None:
        with pytest.raises(UnknownZones) as caught:
            search(make_invented_release(), country="QQ")
        assert caught.value.detail == "QQ is not a country of release 2099a"
        assert caught.value.facts["suggestions"] == {"country:QQ": []}


class TestFacts:
    def test_a_zone(self) -> None:
        release = installed_release()
        fact = zone_fact(release, "Europe/Berlin")
        assert (fact.kind, fact.zone_class, fact.canonical) == ("zone", "zone-geographic", "Europe/Berlin")
        assert "DE" in fact.countries
        assert fact.coordinates == "+5230+01322"
        assert fact.links == release.links_to("Europe/Berlin")
        assert (fact.size, fact.sha256) == (
            len(release.files["Europe/Berlin"].content),
            release.files["Europe/Berlin"].sha256,
        )

    def test_a_link(self) -> None:
        fact = zone_fact(installed_release(), "Asia/Calcutta")
        assert (fact.kind, fact.zone_class, fact.canonical) == ("link", "alias-legacy", "Asia/Kolkata")
        assert (fact.countries, fact.coordinates, fact.comments, fact.links) == (("IN",), "", "", ())

    def test_a_link_with_a_row_of_its_own_has_its_place_and_country(self) -> None:
        fact = zone_fact(make_invented_release(), "Test/Merged")
        assert (fact.zone_class, fact.coordinates, fact.countries) == ("alias-merged", "+0910+01112", ("XB",))

    def test_a_name_the_release_lacks(self) -> None:
        with pytest.raises(KeyError, match="Asia/Hanoi"):
            zone_fact(installed_release(), "Asia/Hanoi")

    def test_a_fact_has_these_members_in_json(self) -> None:
        fact = zone_fact(make_invented_release(), "Test/Other")
        assert fact_row(fact) == {
            "name": "Test/Other",
            "kind": "zone",
            "class": "zone-geographic",
            "canonical": "Test/Other",
            "countries": ["XA"],
            "coordinates": "-0102-00304",
            "comments": "far islands, Märchen Point",
            "links": ["Legacy", "Test/Legacy"],
            "size": fact.size,
            "sha256": fact.sha256,
            "reason": "asked for by name",
        }

    def test_a_search_and_a_look_up_say_the_same(self) -> None:
        release = installed_release()
        for found in search(release, country="IN"):
            looked_up = zone_fact(release, found.name)
            assert {**fact_row(found), "reason": ""} == {**fact_row(looked_up), "reason": ""}
