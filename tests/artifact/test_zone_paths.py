"""Zones in a path of lower case: each name has one spelling, and a path has one reading."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.zone_paths import format_zone_path, is_zone_path, parse_zone_path
from app.errors import UnknownZones
from tests.artifact.plans import INVENTED, INVENTED_NAMES
from tests.data.real_releases import real_release


def test_a_plus_becomes_a_dot_and_a_minus_stays() -> None:
    assert format_zone_path("Etc/GMT+8") == "etc/gmt.8"
    assert format_zone_path("America/Port-au-Prince") == "america/port-au-prince"


@given(st.lists(st.sampled_from(INVENTED_NAMES), min_size=1))
def test_names_come_back_in_their_order(names: list[str]) -> None:
    assert parse_zone_path("/".join(map(format_zone_path, names)), INVENTED) == names


def test_all_names_of_a_release_in_one_path_come_back(wheels_dir: Path) -> None:
    release = real_release(wheels_dir, "2026.6")
    assert parse_zone_path("/".join(map(format_zone_path, release.files)), release) == [*release.files]


def test_a_country_stands_among_names() -> None:
    assert parse_zone_path("legacy/country/xa/test/zone", INVENTED) == ["Legacy", "country:XA", "Test/Zone"]


@pytest.mark.parametrize(
    ("path", "piece"),
    [
        ("", ""),
        ("test", "test"),
        ("test/zone/test", "test"),
        ("test/zoen/legacy", "test/zoen"),
        ("Test/Zone", "Test/Zone"),
        ("q/w/e/r/t/y/u/i/o/p", "q/w"),
        ("legacy/q/w/e/r/t/y/u/i/o/p", "q/w"),
        ("country/zz", "country/zz"),
        ("country/xac", "country/xac"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, piece: str) -> None:
    with pytest.raises(UnknownZones) as caught:
        parse_zone_path(path, INVENTED)
    assert caught.value.facts["zones"] == [piece]
    assert caught.value.facts["release"] == INVENTED.version
    assert not is_zone_path(path, INVENTED)


@given(st.text(alphabet="abcdestxz/.é", max_size=30))
def test_no_path_raises_anything_else(path: str) -> None:
    read: list[str] = []
    with contextlib.suppress(UnknownZones):
        read = parse_zone_path(path, INVENTED)
    assert is_zone_path(path, INVENTED) is (read != [])
