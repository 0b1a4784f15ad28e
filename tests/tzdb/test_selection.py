"""From zone lists to names with reasons: every kind of selector, every mode of aliases, and all that is unknown."""

import itertools
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidName, UnknownZones
from app.tzdb.names import by_component
from app.tzdb.release import Release
from app.tzdb.selection import Aliases, Selector, parse_selector, parse_selectors, select
from tests.data.invented_release import make_invented_release
from tests.data.real_releases import real_release

INVENTED = make_invented_release()
NAMES = [*INVENTED.files]
TEXTS = [*NAMES, "Test/*", "*", "Etc/*", "*e*t*", "T**r", "country:XA", "country:XB"]


@pytest.fixture(scope="session")
def newest(wheels_dir: Path) -> Release:
    return real_release(wheels_dir, "2026.6")


def pick(release: Release, *texts: str, aliases: Aliases = "exact") -> list[str]:
    return [*select(release, parse_selectors(texts), aliases=aliases)]


class TestParsing:
    """Texts to selectors."""

    @pytest.mark.parametrize(
        ("text", "selector"),
        [
            ("Europe/Berlin", Selector("name", "Europe/Berlin")),
            ("Etc/GMT+5", Selector("name", "Etc/GMT+5")),
            ("country:DE", Selector("country", "DE")),
            ("*", Selector("glob", "*")),
            ("Europe/*", Selector("glob", "Europe/*")),
            ("*-*", Selector("glob", "*-*")),
        ],
    )
    def test_a_selector_is_read_and_prints_as_it_was_written(self, text: str, selector: Selector) -> None:
        assert parse_selector(text) == selector
        assert str(selector) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "country:",
            "country:de",
            "country:DEU",
            "country:*",
            "country:Д*",
            "Country:DE",
            "/*",
            "../*",
            "Europe/*\n",
            "Europe/?*",
            "Europe/[A-Z]*",
            "Еurope/*",
            "*\0",
            "*" * 65,
        ],
    )
    def test_what_is_no_selector_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidName) as caught:
            parse_selector(text)
        assert caught.value.facts["zones"] == [text[:64]]

    def test_order_and_duplicates_make_no_difference(self) -> None:
        texts = ["country:DE", "Europe/*", "UTC", "Asia/Shanghai", "UTC"]
        expected = parse_selectors(texts)
        assert [str(selector) for selector in expected] == ["Asia/Shanghai", "UTC", "country:DE", "Europe/*"]
        assert all(parse_selectors(order) == expected for order in itertools.permutations(texts))

    def test_all_bad_texts_are_reported_at_once(self) -> None:
        with pytest.raises(InvalidName, match=r"^3 zones are not well-formed; the first: '\.\.'") as caught:
            parse_selectors(["..", "UTC", "country:d", "/*"])
        assert caught.value.facts["zones"] == ["..", "country:d", "/*"]

    def test_long_texts_that_are_not_selectors_are_reported_cut(self) -> None:
        with pytest.raises(InvalidName) as caught:
            parse_selectors(["A" * 100, "*" * 100])
        assert caught.value.facts["zones"] == ["A" * 44, "*" * 64]

    def test_one_bad_text_is_reported_as_it_is(self) -> None:
        with pytest.raises(InvalidName, match=r"^'\.\.' is not a zone name"):
            parse_selectors(["UTC", ".."])

    def test_an_empty_list_is_refused(self) -> None:
        with pytest.raises(InvalidName, match="the list of zones is empty"):
            parse_selectors([])

    @given(st.text(max_size=80))
    def test_no_text_raises_anything_but_invalid_name(self, text: str) -> None:
        try:
            selector = parse_selector(text)
        except InvalidName:
            return
        assert str(selector) == text


class TestGlobs:
    """``*`` stands for any characters, slashes too; nothing else is special."""

    @pytest.mark.parametrize(
        ("glob", "names"),
        [
            ("*", NAMES),
            ("**", NAMES),
            ("*" * 64, NAMES),
            ("Test/*", ["Test/Area/Deep", "Test/Legacy", "Test/Merged", "Test/Other", "Test/Zone"]),
            ("*/Zone", ["Test/Zone"]),
            ("Test*Deep", ["Test/Area/Deep"]),
            ("*e*g*", ["Legacy", "Test/Legacy", "Test/Merged"]),
            ("*+*", ["Etc/Test+1"]),
            ("Legacy*", ["Legacy"]),
            ("*Legacy", ["Legacy", "Test/Legacy"]),
            ("***Legacy***", ["Legacy", "Test/Legacy"]),
            ("T*t*t*", ["Test/Other"]),
        ],
    )
    def test_a_glob_picks_what_it_matches(self, glob: str, names: list[str]) -> None:
        assert pick(INVENTED, glob) == names

    @pytest.mark.parametrize(
        "glob",
        [
            pytest.param("Legacy*Legacy", id="first-and-last-may-not-overlap"),
            pytest.param("Test/Zo*one", id="first-and-last-may-not-share-a-letter"),
            pytest.param("Test/Zone*e*", id="the-middle-may-not-reuse-the-first"),
            pytest.param("*Z*Zone", id="the-middle-may-not-reuse-the-last"),
            pytest.param("*ne*Zo*", id="parts-stand-in-order"),
            pytest.param("test/*", id="case-counts"),
            pytest.param("*//*", id="a-double-slash-is-in-no-name"),
        ],
    )
    def test_a_glob_that_matches_nothing_is_an_unknown_zone(self, glob: str) -> None:
        with pytest.raises(UnknownZones) as caught:
            pick(INVENTED, glob)
        assert caught.value.facts["zones"] == [glob]

    @given(st.text(alphabet="Tesoahr/*", max_size=12).filter(lambda text: "*" in text and not text.startswith("/")))
    def test_a_glob_means_what_its_pattern_means(self, glob: str) -> None:
        # An independent reading: walk both from the left, letting each star take every length.
        def matches(pattern: str, name: str) -> bool:
            ends = {0}
            for char in pattern:
                if char == "*":
                    ends = set(range(min(ends), len(name) + 1)) if ends else ends
                else:
                    ends = {end + 1 for end in ends if name[end : end + 1] == char}
            return len(name) in ends

        expected = [name for name in NAMES if matches(glob, name)]
        if expected:
            assert pick(INVENTED, glob) == expected
        else:
            with pytest.raises(UnknownZones):
                pick(INVENTED, glob)

    def test_two_thousand_globs_of_many_stars_are_answered(self, newest: Release) -> None:
        pairs = [*itertools.islice(itertools.product(string.ascii_letters, repeat=2), 2_000)]
        globs = {f"{'*' * 60}{one}*{two}*": (one, two) for one, two in pairs}
        with pytest.raises(UnknownZones) as caught:
            pick(newest, *globs)
        assert caught.value.facts["zones"] == [
            glob
            for glob, (one, two) in sorted(globs.items())
            if not any(two in name.partition(one)[2] for name in newest.files)
        ]


class TestCountries:
    """``country:XX`` is what ``zone1970.tab`` says."""

    def test_a_country_picks_its_zones(self, newest: Release) -> None:
        assert pick(newest, "country:DE") == ["Europe/Berlin", "Europe/Zurich"]
        assert pick(newest, "country:SE") == ["Europe/Berlin"]

    def test_a_country_with_no_zone_is_an_unknown_zone(self) -> None:
        with pytest.raises(UnknownZones, match="'country:XC' is not in release 2099a; did you mean country:XA or"):
            pick(INVENTED, "country:XC")


class TestAliases:
    """What comes along with what was asked for."""

    def test_exact_is_what_was_asked_for_and_nothing_more(self) -> None:
        assert pick(INVENTED, "Test/Merged", "Etc/Test+1") == ["Etc/Test+1", "Test/Merged"]

    def test_target_adds_the_zone_behind_each_link(self) -> None:
        assert select(INVENTED, parse_selectors(["Legacy", "Test/Zone"]), aliases="target") == {
            "Legacy": "requested",
            "Test/Other": "Zone behind the Link Legacy",
            "Test/Zone": "requested",
        }

    def test_all_adds_every_link_of_each_zone(self) -> None:
        assert select(INVENTED, parse_selectors(["Legacy", "Test/Zone"]), aliases="all") == {
            "Legacy": "requested",
            "Test/Legacy": "Link to Test/Other",
            "Test/Merged": "Link to Test/Zone",
            "Test/Other": "Zone behind the Link Legacy",
            "Test/Zone": "requested",
        }

    def test_a_zone_without_links_stays_alone(self) -> None:
        assert pick(INVENTED, "Test/Area/Deep", aliases="all") == ["Test/Area/Deep"]

    def test_links_of_a_real_zone(self, newest: Release) -> None:
        assert pick(newest, "Asia/Calcutta", aliases="all") == ["Asia/Calcutta", "Asia/Kolkata"]


class TestReasons:
    """Each name has one reason, whatever the order of the list."""

    def test_a_name_has_the_reason_of_the_selector_that_says_most(self) -> None:
        selectors = parse_selectors(["*", "Test/*", "Test/Z*", "country:XA", "Test/Other"])
        assert select(INVENTED, selectors, aliases="all") == {
            "Etc/Test+1": "matches *",
            "Legacy": "matches *",
            "Test/Area/Deep": "in country:XA",
            "Test/Legacy": "matches Test/*",
            "Test/Merged": "matches Test/*",
            "Test/Other": "requested",
            "Test/Zone": "in country:XA",
        }
        assert select(INVENTED, parse_selectors(["*", "Test/*", "Test/Z*"]), aliases="exact")["Test/Zone"] == (
            "matches Test/Z*"
        )

    @given(
        st.lists(st.sampled_from(TEXTS), min_size=1).flatmap(
            lambda texts: st.tuples(st.just(texts), st.permutations(texts + texts[:3]))
        ),
        st.sampled_from(["exact", "target", "all"]),
    )
    @settings(max_examples=200)
    def test_order_and_duplicates_make_no_difference(
        self, texts: tuple[list[str], list[str]], aliases: Aliases
    ) -> None:
        some, others = (select(INVENTED, parse_selectors(each), aliases=aliases) for each in texts)
        assert [*some.items()] == [*others.items()]
        assert [*some] == sorted(some, key=by_component)

    @given(st.lists(st.sampled_from([parse_selector(text) for text in TEXTS]), min_size=1))
    def test_selectors_may_come_unsorted(self, selectors: list[Selector]) -> None:
        sorted_ones = parse_selectors(map(str, selectors))
        assert select(INVENTED, selectors, aliases="all") == select(INVENTED, sorted_ones, aliases="all")
