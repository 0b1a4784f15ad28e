"""Histories: which of many releases touch a selection, in plain cases; the feed's tests have real ones."""

from collections.abc import Mapping

import pytest

from app.errors import UnknownZones
from app.tzdb.changes.history import Step, StepRow, make_steps, stand_in_date, step_row
from app.tzdb.release import Origin, Release, make_release
from app.tzdb.selection import parse_selectors
from tests.tzdb.tzif.tzif_files import Block, encode_tzif


def file(*transitions: int) -> bytes:
    """Return a file that is at AAA (0) at first and changes to BBB (+1) and back at the transitions."""
    indices = tuple((index + 1) % 2 for index in range(len(transitions)))
    types = ((0, 0, 0), (3600, 0, 4))
    return encode_tzif(Block(transitions, indices, types, b"AAA\0BBB\0"), version=b"3", footer=b"AAA0")


def make(version: str, contents: Mapping[str, bytes]) -> Release:
    origin = Origin(source="test", package_version=None, sha256=None, verified="nothing")
    return make_release(version, origin=origin, contents=contents, tables={})


OLD = make("2026a", {"Test/Zone": file(), "Etc/UTC": file()})
SAME = make("2026b", {"Test/Zone": file(), "Etc/UTC": file(), "Test/New": file()})
CHANGED = make("2026c", {"Test/Zone": file(1_000_000, 2_000_000), "Etc/UTC": file(), "Test/New": file()})


def steps(*zones: str) -> list[Step]:
    return [*make_steps([CHANGED, SAME, OLD], selectors=parse_selectors(zones), aliases="exact")]


def rows(*zones: str) -> list[StepRow]:
    return [step_row(step) for step in steps(*zones)]


def test_each_release_is_compared_with_the_one_before_it_newest_first() -> None:
    assert [(step.release, step.before) for step in steps("Test/Zone")] == [
        ("2026c", "2026b"),
        ("2026b", "2026a"),
        ("2026a", None),
    ]


def test_a_step_tells_whether_and_from_when_the_selection_is_touched() -> None:
    changed, same, first = rows("Test/Zone")
    assert (changed["affected"], changed["period"], changed["period_affected"], changed["compared"]) == (
        True,
        "1970..2019",
        "1970-01-12T13:46:40Z",
        1,
    )
    assert changed["counts"] is not None
    assert changed["counts"]["1970..2019"] == 1
    assert (same["affected"], same["period"], same["period_affected"], same["compared"]) == (False, None, None, 1)
    assert first == {
        "release": "2026a",
        "before": None,
        "affected": None,
        "period": None,
        "period_affected": None,
        "compared": None,
        "counts": None,
        "warnings": [],
    }


def test_a_name_that_comes_touches_the_selection_without_an_instant() -> None:
    _, came, first = steps("Test/New")
    assert step_row(came)["affected"] is True
    assert step_row(came)["period_affected"] is None
    assert (came.whole, first.whole) == (True, False)


def test_where_neither_release_has_the_selection_nothing_is_compared() -> None:
    later = make("2026d", {"Test/Later": file()})
    selectors = parse_selectors(["Test/Later"])
    newest, before, *_ = make_steps([later, CHANGED, SAME], selectors=selectors, aliases="exact")
    assert newest.diff is not None
    assert (before.diff, before.compared, before.whole) == (None, (), False)
    assert step_row(before)["affected"] is False


def test_what_no_release_has_is_an_error_at_once() -> None:
    with pytest.raises(UnknownZones) as caught:
        make_steps([CHANGED, SAME], selectors=parse_selectors(["Test/Zone", "Mars/*"]), aliases="exact")
    assert caught.value.facts["zones"] == ["Mars/*"]


def test_dates_stand_in_the_order_of_the_releases() -> None:
    releases = ["0000a", "2021e", "2022a", "2022b", "2022z", "2022za", "2022zb", "2023a"]
    dates = [stand_in_date(release) for release in releases]
    assert dates == sorted({*dates})
    assert dates[0] == "0001-01-01T00:00:00Z"
    assert dates[2] == "2022-01-01T00:00:00Z"
