"""Warnings about changes that are known to be, or to correct, the fault of a release."""

from pathlib import Path

import pytest

from app.tzdb.changes.diff import ReleaseDiff, default_future, diff_releases
from app.tzdb.changes.doubts import DiffWarning, warnings_about
from app.tzdb.selection import parse_selectors
from tests.data.real_releases import real_release


def diff(wheels_dir: Path, before: str, after: str, *zones: str) -> ReleaseDiff:
    one, other = real_release(wheels_dir, before), real_release(wheels_dir, after)
    future = default_future(one.version, other.version)
    return diff_releases(one, other, selectors=parse_selectors(zones), aliases="exact", future_from=future)


@pytest.mark.parametrize(
    ("before", "after", "zones", "wanted"),
    [
        ("2022.6", "2022.7", ("America/Ojinaga",), [("2022g", ("America/Ojinaga",))]),
        ("2022.6", "2022.7", ("*",), [("2022g", ("America/Ojinaga",))]),
        ("2022.6", "2022.7", ("Etc/UTC", "America/Chihuahua"), []),
        ("2023.3", "2023.4", ("America/Ojinaga",), [("2023c", ("America/Ojinaga",))]),
        ("2023.3", "2023.4", ("Asia/Gaza",), [("2023c", ("Asia/Gaza",))]),
        ("2022.7", "2023.1", ("Asia/Gaza", "Asia/Hebron"), [("2023a", ("Asia/Gaza",)), ("2023a", ("Asia/Hebron",))]),
        ("2022.7", "2023.1", ("America/Ojinaga",), []),  # wrong in both, and the same bytes
        ("2022.6", "2023.4", ("*",), []),  # wrong only in between
        ("2023.4", "2023.3", ("Asia/Gaza",), [("2023c", ("Asia/Gaza",))]),
        ("2026.5", "2026.6", ("*",), []),
    ],
)
def test_they_are_those_of_both_releases_about_names_that_were_asked_for_and_change(
    wheels_dir: Path, before: str, after: str, zones: tuple[str, ...], wanted: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = diff(wheels_dir, before, after, *zones)
    assert [(warning.release, warning.zones) for warning in found.warnings] == wanted
    assert {warning.code for warning in found.warnings} <= {"wrong-zone"}


def test_they_say_in_which_release_what_is_wrong_and_what_that_means(wheels_dir: Path) -> None:
    (arriving,) = diff(wheels_dir, "2022.6", "2022.7", "America/Ojinaga").warnings
    (leaving,) = diff(wheels_dir, "2023.3", "2023.4", "America/Ojinaga").warnings
    assert arriving.detail.startswith("in 2022g, America/Ojinaga is wrong as published: ")
    assert arriving.detail.endswith("; what changes may be only that mistake")
    assert leaving.detail.endswith("; what changes may be only the correction of that")


def test_what_is_left_out_takes_its_warning_along(wheels_dir: Path) -> None:
    found = diff(wheels_dir, "2023.3", "2023.4", "*")
    assert {name for warning in found.warnings for name in warning.zones} >= {"America/Ojinaga", "Asia/Gaza"}
    kept = {zone.zone for zone in found.since("future").zones}
    assert {name for warning in found.since("future").warnings for name in warning.zones} <= kept


def test_a_warning_keeps_the_names_that_count() -> None:
    warning = DiffWarning("2026a", "wrong-zone", ("A", "B", "C"), "wrong")
    assert [left.zones for left in warnings_about([warning], {"C", "A"})] == [("A", "C")]
    assert warnings_about([warning], {"D"}) == ()
