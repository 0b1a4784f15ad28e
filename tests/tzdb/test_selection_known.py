"""Whether any of several releases has what is asked for, and the error if none has."""

from pathlib import Path

import pytest

from app.errors import InvalidName, InvalidOption, UnknownZones
from app.tzdb.release import Release
from app.tzdb.selection import check_known, check_one_name, has_any, parse_selector, parse_selectors, select
from tests.data.invented_release import make_invented_release
from tests.data.real_releases import real_release

INVENTED = make_invented_release()


def pick(release: Release, *texts: str) -> list[str]:
    return [*select(release, parse_selectors(texts), aliases="exact")]


@pytest.fixture(scope="module")
def newest(wheels_dir: Path) -> Release:
    return real_release(wheels_dir, "2026.6")


@pytest.mark.parametrize(
    ("text", "there"),
    [
        *(("Test/Zone", True), ("Test/*", True), ("country:XA", True)),
        *(("Mars/Base", False), ("Mars/*", False), ("country:ZZ", False)),
    ],
)
def test_a_selector_has_something_in_a_release_or_not(text: str, *, there: bool) -> None:
    assert has_any(INVENTED, parse_selector(text)) is there


def test_one_release_that_has_it_is_enough(newest: Release) -> None:
    for releases in ([INVENTED, newest], [newest, INVENTED]):
        check_known(releases, parse_selectors(["Test/Zone", "Europe/Berlin"]))


def test_what_none_has_is_the_error_that_selecting_it_would_be(newest: Release) -> None:
    selectors = parse_selectors(["Test/Zone", "Europe/Berln", "country:ZZ"])
    with pytest.raises(UnknownZones) as caught:
        check_known([newest, INVENTED], selectors)
    with pytest.raises(UnknownZones) as selected:
        select(newest, parse_selectors(["Europe/Berln", "country:ZZ"]), aliases="exact")
    assert caught.value.facts["zones"] == ["Europe/Berln", "country:ZZ"]
    assert (caught.value.detail, caught.value.facts) == (selected.value.detail, selected.value.facts)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        *(("Test/*", InvalidOption), ("country:XA", InvalidOption), ("", InvalidName)),
        *(("Mars/Base", UnknownZones), ("Mars/*", UnknownZones), ("country:ZZ", UnknownZones)),
    ],
)
def test_one_name_is_one_that_the_release_has(text: str, error: type[Exception]) -> None:
    check_one_name(INVENTED, "Test/Zone")
    with pytest.raises(error):
        check_one_name(INVENTED, text)


class TestUnknown:
    """Everything that a release lacks is named at once, each with suggestions, and nothing is corrected."""

    def test_one_unknown_name_is_told_with_its_suggestion(self) -> None:
        with pytest.raises(UnknownZones) as caught:
            pick(INVENTED, "Test/Zone", "test/zone")
        assert caught.value.detail.startswith("'test/zone' is not in release 2099a; did you mean Test/Zone")
        assert caught.value.facts["zones"] == ["test/zone"]
        assert caught.value.facts["release"] == "2099a"

    def test_all_unknown_names_are_told_at_once(self, newest: Release) -> None:
        unknown = ["Asia/Hanoi", "Asia/Beijing", "Europe/berlin", "Mars/*", "country:UK", "qqqq"]
        with pytest.raises(UnknownZones) as caught:
            pick(newest, "UTC", *unknown)
        suggestions = caught.value.facts["suggestions"]
        assert isinstance(suggestions, dict)
        assert caught.value.facts["zones"] == [
            "Asia/Beijing",
            "Asia/Hanoi",
            "Europe/berlin",
            "qqqq",
            "country:UK",
            "Mars/*",
        ]
        assert suggestions.keys() == set(unknown)
        assert all(len(each) <= 3 for each in suggestions.values())
        assert suggestions["Europe/berlin"][0] == "Europe/Berlin"
        assert suggestions["country:UK"][0] == "country:GB"
        assert suggestions["qqqq"] == []
        assert caught.value.detail.startswith("6 of the zones are not in release 2026f: Asia/Beijing, Asia/Hanoi, ")

    def test_a_long_list_is_told_in_one_short_sentence_and_whole_in_the_facts(self, newest: Release) -> None:
        names = [f"Mars/Crater_{number}" for number in range(2_000)]
        with pytest.raises(UnknownZones) as caught:
            pick(newest, *names)
        assert caught.value.facts["zones"] == sorted(names)
        assert caught.value.detail.endswith(" and 1990 more")
        assert len(caught.value.detail) < 400

    @pytest.mark.parametrize(("count", "end"), [(2, "Q/01"), (10, "Q/09"), (11, "Q/09 and 1 more")])
    def test_up_to_ten_are_told_by_name(self, count: int, end: str) -> None:
        with pytest.raises(UnknownZones) as caught:
            pick(INVENTED, *(f"Q/{number:02}" for number in range(count)))
        assert caught.value.detail.endswith(f", {end}")
