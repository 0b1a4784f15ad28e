"""Repository names: every set of zones has one, in any order, and nothing else is read as one."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.oci.names import (
    MAX_LENGTH,
    TREE_PREFIX,
    check_repository,
    format_repository,
    format_set,
    parse_repository,
    parse_set,
)
from app.artifact.spec import parse_spec
from app.artifact.zone_paths import format_zone_path
from app.errors import InvalidName, UnknownZones
from tests.artifact.plans import INVENTED, INVENTED_NAMES
from tests.data.real_releases import all_package_versions, real_release

# As the distribution specification writes it, with the bound on length that most clients have.
SPECIFIED = re.compile(
    r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*",
)
HEX = "0123456789abcdef" * 4


def zones_of(name: str) -> list[str]:
    return [str(selector) for selector in parse_repository(name, INVENTED).selectors]


@pytest.mark.parametrize("version", ["2020.1", "2021.2.post0", "2022.7", "2024.1", "2026.6"])
def test_every_name_of_a_release_is_a_repository_and_comes_back(wheels_dir: Path, version: str) -> None:
    assert version in all_package_versions(wheels_dir)
    release = real_release(wheels_dir, version)
    repositories = {format_repository([name]): name for name in release.files}
    assert len(repositories) == len(release.files)
    for repository, name in repositories.items():
        assert SPECIFIED.fullmatch(repository)
        assert [str(selector) for selector in parse_repository(repository, release).selectors] == [name]


@given(st.permutations(INVENTED_NAMES), st.integers(1, len(INVENTED_NAMES)))
def test_any_zones_in_any_order_are_one_spec(names: list[str], count: int) -> None:
    chosen = names[:count]
    spelled = "/".join(map(format_zone_path, chosen))
    expected = parse_spec(INVENTED.version, chosen, format="tar", options={"prefix": TREE_PREFIX})
    assert parse_repository(spelled, INVENTED) == parse_repository(format_repository(chosen), INVENTED) == expected


@given(st.permutations(INVENTED_NAMES))
def test_the_written_name_does_not_depend_on_the_order(names: list[str]) -> None:
    assert format_repository(names) == format_repository(INVENTED_NAMES)


def test_zones_named_twice_count_once() -> None:
    assert zones_of("test/zone/test/zone/etc/test.1") == ["Etc/Test+1", "Test/Zone"]


def test_a_country_may_stand_anywhere_among_the_zones() -> None:
    assert zones_of("country/xa") == ["country:XA"]
    assert zones_of("legacy/country/xa/etc/test.1") == ["Etc/Test+1", "Legacy", "country:XA"]


def test_go_before_the_zones_means_the_zip() -> None:
    spec = parse_repository("go/test/zone/etc/test.1", INVENTED)
    assert (spec.format, spec.prefix) == ("zip", "")
    assert format_repository(["Test/Zone", "Etc/Test+1"], format="zip") == "go/etc/test.1/test/zone"


@pytest.mark.parametrize(
    ("name", "piece", "suggestion"),
    [
        ("test/zon", "test/zon", "test/zone"),
        ("etc/test.1/test/zon", "test/zon", "test/zone"),
        ("test/zon/etc/test.1", "test/zon", "test/zone"),
        ("test/zone/x", "x", None),
        ("test", "test", None),
        ("country/xz", "country/xz", "country/xa"),
        ("legacy/country/xc", "country/xc", "country/xa"),
        ("country", "country", None),
        ("go/test/zon", "test/zon", "test/zone"),
        ("go", "go", None),
    ],
)
def test_what_no_zone_is_called_is_quoted_with_what_may_be_meant(name: str, piece: str, suggestion: str | None) -> None:
    with pytest.raises(UnknownZones) as raised:
        parse_repository(name, INVENTED)
    assert raised.value.facts["zones"] == [piece]
    assert repr(piece) in raised.value.detail
    if suggestion is not None:
        assert suggestion in raised.value.detail


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "Test/Zone", "test//zone", "/test/zone", "test/zone/", "test/../zone", "test/zone ", "test/zone\n"),
        *("test/z\N{LATIN SMALL LETTER O WITH DIAERESIS}ne", "test/.zone", "test/zone-", "etc/test+1", "a" * 256),
        *("test/___zone", "test/a..b", "test/a.-b"),
    ],
)
def test_what_can_be_no_repository_is_refused(name: str) -> None:
    assert not SPECIFIED.fullmatch(name) or len(name) > MAX_LENGTH
    for read in (check_repository, lambda text: parse_repository(text, INVENTED)):
        with pytest.raises(InvalidName):
            read(name)


@given(st.text(alphabet="abgo/._-+A ", max_size=12))
def test_names_are_read_exactly_where_the_specification_allows_them(name: str) -> None:
    try:
        check_repository(name)
        allowed = True
    except InvalidName:
        allowed = False
    assert allowed == (SPECIFIED.fullmatch(name) is not None)


def test_a_long_name_is_refused_with_the_way_out(wheels_dir: Path) -> None:
    with pytest.raises(InvalidName, match="/v1/sets"):
        format_repository(real_release(wheels_dir, "2026.6").files)


def test_the_longest_name_is_taken_and_one_character_more_is_not() -> None:
    check_repository("a" * MAX_LENGTH)
    with pytest.raises(InvalidName, match=f"more than {MAX_LENGTH} characters"):
        check_repository("a" * (MAX_LENGTH + 1))


def test_a_set_is_known_by_its_hex() -> None:
    assert parse_set(format_set(HEX)) == HEX
    assert parse_set("test/zone") is None
    for name in ("set", "set/x", f"set/{HEX[1:]}", f"set/{HEX}/x", f"set/{HEX.upper()}"):
        with pytest.raises(InvalidName):
            parse_set(name)
