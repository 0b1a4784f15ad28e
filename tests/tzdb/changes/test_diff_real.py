"""The diff of every real pair of releases, against ``zoneinfo`` on both trees: no more and no less than changed."""

from itertools import pairwise
from pathlib import Path

from app.tzdb.changes.diff import PERIODS, ReleaseDiff, ZoneDiff, default_future, diff_releases
from app.tzdb.changes.timeline import BEGINNING, Change
from app.tzdb.release import Release
from app.tzdb.selection import parse_selectors
from tests.data.real_releases import all_package_versions, real_release
from tests.tzdb.clock_oracle import START, Clock, clock_at, differing_spans

YEAR_1970, YEAR_2020 = 0, 1_577_836_800


def diff(before: Release, after: Release) -> ReleaseDiff:
    future_from = default_future(before.version, after.version)
    return diff_releases(before, after, selectors=parse_selectors(["*"]), aliases="exact", future_from=future_from)


def changes(found: ReleaseDiff) -> dict[str, str]:
    return {zone.zone: zone.change for zone in found.zones}


def test_zoneinfo_agrees_on_what_changes_from_when_and_in_which_period(wheels_dir: Path) -> None:
    releases = [real_release(wheels_dir, version) for version in all_package_versions(wheels_dir)]
    seen: dict[tuple[str, str], ZoneDiff] = {}
    for before, after in pairwise(releases):
        found = diff(before, after)
        shared = before.files.keys() & after.files.keys()
        unequal = {name for name in shared if before.files[name].content != after.files[name].content}
        assert {zone.zone for zone in found.zones} == unequal | (before.files.keys() ^ after.files.keys())
        for zone in found.zones:
            assert (zone.change == "added") == (zone.zone not in before.files)
            assert (zone.change == "removed") == (zone.zone not in after.files)
            if zone.zone in unequal:
                pair = before.files[zone.zone].sha256, after.files[zone.zone].sha256
                known = seen.setdefault(pair, zone)
                assert (known.change, known.before, known.after) == (zone.change, zone.before, zone.after)
                if known is zone:
                    check_against_zoneinfo(zone, before, after, future_from=found.future_from)
    assert len(seen) > 200


def test_trees_that_are_equal_have_no_diff(wheels_dir: Path) -> None:
    for before, after in (("2022.2", "2022.3"), ("2023.1", "2023.3")):
        found = diff(real_release(wheels_dir, before), real_release(wheels_dir, after))
        assert (found.affected, found.first_affected, found.zones, found.roles) == (False, None, (), ())


def test_a_diff_backwards_is_the_same_diff(wheels_dir: Path) -> None:
    old, new = real_release(wheels_dir, "2020.1"), real_release(wheels_dir, "2026.6")
    forwards, backwards = diff(old, new), diff(new, old)
    turned = {"added": "removed", "removed": "added"}
    assert changes(backwards) == {zone: turned.get(change, change) for zone, change in changes(forwards).items()}
    assert backwards.first_affected == forwards.first_affected
    assert [zone.after for zone in backwards.zones] == [zone.before for zone in forwards.zones]


def check_against_zoneinfo(zone: ZoneDiff, before: Release, after: Release, *, future_from: int) -> None:
    old, new = before.files[zone.zone].content, after.files[zone.zone].content
    spans = differing_spans(old, new)
    where = f"{zone.zone} from {before.version} to {after.version}"
    if not spans:
        assert (zone.change, zone.first_affected, zone.period_affected) == ("binary-only", None, None), where
        return
    assert zone.first_affected == as_told(spans[0][0]), where
    starts = dict(zip(PERIODS, (future_from, YEAR_2020, YEAR_1970, START), strict=True))
    period = next(period for period, start in starts.items() if spans[-1][1] > start)
    first, _ = next(span for span in spans if span[1] > starts[period])
    assert (zone.change, zone.period_affected) == (period, as_told(max(first, starts[period]))), where
    for content, told in ((old, zone.before), (new, zone.after)):
        check_changes(content, told, affected=max(first, starts[period]))


def as_told(t: int) -> int:
    return BEGINNING if t == START else t


def check_changes(content: bytes, told: tuple[Change, ...], *, affected: int) -> None:
    """Check that each change is one, and that the first holds at the affected instant."""
    assert 1 <= len(told) <= 4
    assert as_clock(told[0]) == clock_at(content, affected)
    for change in told:
        if change.at is not None:
            assert as_clock(change) == clock_at(content, change.at)
            assert as_clock(change) != clock_at(content, change.at - 1)
    instants = [change.at for change in told if change.at is not None]
    assert instants == sorted(instants)
    assert all(instant > affected for instant in instants[-len(told) + 1 :] if len(told) > 1)


def as_clock(change: Change) -> Clock:
    return Clock(change.local.utoff, change.local.is_dst, change.local.designation)
