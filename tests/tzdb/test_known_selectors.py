"""Whether any of several releases has what is asked for, and the error if none has."""

from pathlib import Path

import pytest

from app.errors import InvalidName, InvalidOption, UnknownZones
from app.tzdb.release import Release
from app.tzdb.selection import check_known, check_one_name, has_any, parse_selector, parse_selectors, select
from tests.data.invented_release import make_invented_release
from tests.data.real_releases import real_release

INVENTED = make_invented_release()


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
