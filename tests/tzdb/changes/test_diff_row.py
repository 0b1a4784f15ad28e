"""A diff as JSON: every member that clients rely on, with its very name and form."""

import json

import pytest

from app.instants import format_instant
from app.tzdb.changes.diff import ReleaseDiff, Role, RoleChange, ZoneDiff
from app.tzdb.changes.diff_row import change_row, diff_row, format_utc_offset
from app.tzdb.changes.doubts import DiffWarning
from app.tzdb.changes.timeline import BEGINNING, ENDING, Change
from app.tzdb.tzif.posix_tz import LocalTimeType

EET = LocalTimeType(7_200, False, "EET")
EEST = LocalTimeType(10_800, True, "EEST")

CAIRO = ZoneDiff(
    zone="Africa/Cairo",
    change="future",
    first_affected=1_682_632_800,
    period_affected=1_682_632_801,
    before=(Change(None, EET),),
    after=(Change(1_682_632_800, EEST),),
    role_before=Role("zone", None),
    role_after=Role("link", "Africa/Tripoli"),
)
NEW = ZoneDiff("Europe/Kyiv", "added", None, None, (), (), None, Role("zone", None))


def test_a_diff_has_its_members_and_no_others() -> None:
    roles = (RoleChange("Europe/Kiev", Role("zone", None), Role("link", "Europe/Kyiv")),)
    warnings = (DiffWarning("2023c", "wrong-zone", ("Africa/Cairo",), "in 2023c, it is wrong"),)
    row = diff_row(ReleaseDiff("2022g", "2023c", 1_672_531_200, 7, (CAIRO, NEW), roles, warnings))
    assert json.loads(json.dumps({**row, "zones": len(row["zones"])})) == {
        "from": "2022g",
        "to": "2023c",
        "affected": True,
        "first_affected": "2023-04-27T22:00:00Z",
        "period": "future",
        "period_affected": "2023-04-27T22:00:01Z",
        "future_from": "2023-01-01T00:00:00Z",
        "compared": 7,
        "counts": {
            "future": 1,
            "2020..": 0,
            "1970..2019": 0,
            "pre-1970": 0,
            "removed": 0,
            "added": 1,
            "binary-only": 0,
        },
        "zones": 2,
        "roles": [
            {
                "zone": "Europe/Kiev",
                "before": {"kind": "zone", "target": None},
                "after": {"kind": "link", "target": "Europe/Kyiv"},
            }
        ],
        "warnings": [
            {"release": "2023c", "code": "wrong-zone", "zones": ["Africa/Cairo"], "detail": "in 2023c, it is wrong"}
        ],
    }


def test_a_zone_has_its_members_and_no_others() -> None:
    row = diff_row(ReleaseDiff("2022g", "2023c", 0, 2, (CAIRO, NEW), ()))
    assert json.loads(json.dumps(row["zones"])) == [
        {
            "zone": "Africa/Cairo",
            "change": "future",
            "first_affected": "2023-04-27T22:00:00Z",
            "period_affected": "2023-04-27T22:00:01Z",
            "before": [change_row(Change(None, EET))],
            "after": [change_row(Change(1_682_632_800, EEST))],
            "role_before": {"kind": "zone", "target": None},
            "role_after": {"kind": "link", "target": "Africa/Tripoli"},
        },
        {
            "zone": "Europe/Kyiv",
            "change": "added",
            "first_affected": None,
            "period_affected": None,
            "before": [],
            "after": [],
            "role_before": None,
            "role_after": {"kind": "zone", "target": None},
        },
    ]


def test_a_diff_that_affects_nobody_has_null_for_its_instants() -> None:
    row = diff_row(ReleaseDiff("2022g", "2023c", 0, 1, (), ()))
    assert (row["affected"], row["first_affected"], row["period"], row["period_affected"]) == (False, None, None, None)


def test_a_change_says_what_clocks_show_from_then_on() -> None:
    assert change_row(Change(1_682_632_800, EEST)) == {
        "at": "2023-04-27T22:00:00Z",
        "unix": 1_682_632_800,
        "local_time": "2023-04-28T01:00:00",
        "utoff": 10_800,
        "utc_offset": "+03:00",
        "abbreviation": "EEST",
        "is_dst": True,
    }


def test_what_has_always_held_has_no_instant() -> None:
    assert change_row(Change(None, EET)) == {
        "at": None,
        "unix": None,
        "local_time": None,
        "utoff": 7_200,
        "utc_offset": "+02:00",
        "abbreviation": "EET",
        "is_dst": False,
    }


@pytest.mark.parametrize(
    ("t", "text"),
    [(0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (BEGINNING, "0001-01-01T00:00:00Z")],
)
def test_instants_are_written_in_rfc_3339_with_four_digits_of_the_year(t: int, text: str) -> None:
    assert format_instant(t) == text


def test_the_last_change_that_is_told_has_a_local_time_in_the_easternmost_zone() -> None:
    row = change_row(Change(ENDING - 1, LocalTimeType(93_599, False, "East")))
    assert row["local_time"] == "9999-12-31T01:59:58"


@pytest.mark.parametrize(
    ("utoff", "text"),
    [
        (0, "+00:00"),
        (20_700, "+05:45"),
        (-12_600, "-03:30"),
        (-1, "-00:00:01"),
        (-23_796, "-06:36:36"),
        (59, "+00:00:59"),
        (60, "+00:01"),
        (93_599, "+25:59:59"),
    ],
)
def test_offsets_have_a_sign_and_seconds_only_if_there_are_any(utoff: int, text: str) -> None:
    assert format_utc_offset(utoff) == text
