"""The diff of two releases, in plain cases that can be read; ``test_diff_real`` has every real one."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from app.errors import InvalidOption, UnknownZones
from app.tzdb.changes.diff import (
    CHANGE_KINDS,
    ReleaseDiff,
    Role,
    ZoneDiff,
    default_future,
    diff_releases,
    parse_instant,
    parse_since,
)
from app.tzdb.changes.timeline import BEGINNING
from app.tzdb.release import Origin, Release, make_release
from app.tzdb.selection import Aliases, parse_selectors
from tests.data.invented_release import make_invented_release
from tests.data.real_releases import real_release
from tests.tzdb.tzif.tzif_files import Block, encode_tzif


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def diff(before: Release, after: Release, *zones: str, aliases: Aliases = "exact") -> ReleaseDiff:
    future_from = default_future(before.version, after.version)
    selectors = parse_selectors(zones or ("*",))
    return diff_releases(before, after, selectors=selectors, aliases=aliases, future_from=future_from)


def changes(found: ReleaseDiff) -> dict[str, str]:
    return {zone.zone: zone.change for zone in found.zones}


def make(version: str, contents: Mapping[str, bytes]) -> Release:
    origin = Origin(source="test", package_version=None, sha256=None, verified="nothing")
    return make_release(version, origin=origin, contents=contents, tables={})


def file(*transitions: int, footer: bytes = b"AAA0") -> bytes:
    """Return a file that is at AAA (0) at first and changes to BBB (+1) and back at the transitions."""
    indices = tuple((index + 1) % 2 for index in range(len(transitions)))
    types = ((0, 0, 0), (3600, 0, 4))
    return encode_tzif(Block(transitions, indices, types, b"AAA\0BBB\0"), version=b"3", footer=footer)


def diff_files(before: bytes, after: bytes) -> ZoneDiff:
    (zone,) = diff(make("2026a", {"Zone": before}), make("2026b", {"Zone": after})).zones
    return zone


class TestKnownReleases:
    """What the announcements of the releases say, in a few plain lines."""

    @pytest.mark.parametrize(
        ("versions", "zone", "instant", "clocks"),
        [
            (("2022.7", "2023.3"), "Africa/Cairo", "2023-04-27T22:00:00", ("EET", "EEST")),
            (("2022.5", "2022.6"), "America/Mexico_City", "2023-04-02T08:00:00", ("CDT", "CST")),
            (("2022.7", "2023.3"), "America/Nuuk", "2023-03-26T01:00:00", ("-02", "-02")),
            (("2023.3", "2023.4"), "America/Scoresbysund", "2024-03-31T01:00:00", ("+00", "-01")),
        ],
    )
    def test_it_says_when_clocks_begin_to_differ(
        self, wheels_dir: Path, versions: tuple[str, str], zone: str, instant: str, clocks: tuple[str, str]
    ) -> None:
        before, after = (real_release(wheels_dir, version) for version in versions)
        (found,) = diff(before, after, zone, "Etc/UTC").zones
        assert (found.zone, found.change) == (zone, "future")
        assert found.period_affected == at(instant)
        assert (found.before[0].local.designation, found.after[0].local.designation) == clocks

    def test_zones_that_nothing_happened_to_are_not_affected_in_six_years(self, wheels_dir: Path) -> None:
        old, new = real_release(wheels_dir, "2020.1"), real_release(wheels_dir, "2026.6")
        found = diff(old, new, "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Etc/UTC")
        assert not found.affected
        assert found.compared == 4

    def test_a_renamed_zone_is_an_added_zone_and_a_link(self, wheels_dir: Path) -> None:
        found = diff(
            real_release(wheels_dir, "2022.1"), real_release(wheels_dir, "2022.2"), "Europe/Kiev", "Europe/Kyiv"
        )
        assert changes(found) == {"Europe/Kyiv": "added"}
        assert found.affected
        (role,) = found.roles
        assert (role.zone, role.before, role.after) == (
            "Europe/Kiev",
            Role("zone", None),
            Role("link", "Europe/Kyiv"),
        )

    def test_a_zone_that_becomes_a_link_and_a_zone_again(self, wheels_dir: Path) -> None:
        versions = ("2024.1", "2024.2", "2026.3", "2026.4")
        releases = [real_release(wheels_dir, version) for version in versions]
        kinds = [
            [(role.before.kind, role.after.kind) for role in diff(*pair, "EST5EDT").roles]
            for pair in pairwise(releases)
        ]
        assert kinds == [[("zone", "link")], [], [("link", "zone")]]
        (zone,) = diff(releases[0], releases[1], "EST5EDT").zones
        assert (zone.change, zone.first_affected, zone.after[0].local.designation) == ("pre-1970", BEGINNING, "LMT")

    def test_a_country_compares_the_zones_it_has_in_either_release(self, wheels_dir: Path) -> None:
        found = diff(real_release(wheels_dir, "2022.1"), real_release(wheels_dir, "2022.2"), "country:IS")
        assert {zone.zone: (zone.change, zone.role_after) for zone in found.zones} == {
            "Africa/Abidjan": ("added", Role("zone", None)),
            "Atlantic/Reykjavik": ("removed", Role("link", "Africa/Abidjan")),
        }


class TestFiles:
    def test_what_lies_before_1970_is_told_with_its_period(self) -> None:
        zone = diff_files(file(-2_000, -1_000), file(-2_000, -900))
        assert (zone.change, zone.first_affected, zone.period_affected) == ("pre-1970", -1_000, -1_000)
        assert [change.at for change in zone.before] == [-1_000]
        assert [change.at for change in zone.after] == [-2_000, -900]

    def test_a_file_that_differs_in_two_periods_has_the_later_one_and_the_first_instant_of_both(self) -> None:
        before = file(-2_000, -1_000, 1_000, 2_000)
        zone = diff_files(before, file(-2_000, -900, 1_000, 3_000))
        assert (zone.change, zone.first_affected, zone.period_affected) == ("1970..2019", -1_000, 2_000)

    def test_a_difference_that_lasts_into_a_period_belongs_to_it(self) -> None:
        zone = diff_files(file(-10, 10), file(-20, 10))
        assert (zone.change, zone.period_affected) == ("pre-1970", -20)
        zone = diff_files(file(10, 30), file(-20, 20))
        assert (zone.change, zone.first_affected, zone.period_affected) == ("1970..2019", -20, 0)

    def test_2020_has_a_period_of_its_own_up_to_the_future(self) -> None:
        zone = diff_files(file(at("2021-05-01"), at("2021-06-01")), file(at("2021-05-01"), at("2021-06-02")))
        assert (zone.change, zone.period_affected) == ("2020..", at("2021-06-01"))
        zone = diff_files(file(at("2021-05-01"), at("2026-06-01")), file(at("2021-05-01"), at("2026-06-02")))
        assert (zone.change, zone.period_affected) == ("future", at("2026-06-01"))

    def test_a_difference_since_ever_starts_at_the_beginning(self) -> None:
        local_mean_time = Block((-10,), (1,), ((60, 0, 0), (0, 0, 4)), b"LMT\0AAA\0")
        zone = diff_files(file(), encode_tzif(local_mean_time, footer=b"AAA0"))
        assert (zone.change, zone.first_affected) == ("pre-1970", BEGINNING)
        assert ([change.at for change in zone.before], [change.at for change in zone.after]) == ([None], [None, -10])

    def test_only_the_footer_changes(self) -> None:
        zone = diff_files(file(0, 10, footer=b"AAA0"), file(0, 10, footer=b"AAA0BBB,M3.5.0/0,M10.5.0/0"))
        assert (zone.change, zone.first_affected) == ("future", at("1970-03-29T00:00:00"))
        assert zone.period_affected == at("2026-03-29T00:00:00")

    def test_rules_that_differ_in_leap_years_alone_are_found_beyond_the_century(self) -> None:
        last = at("2097-01-01")
        counted, uncounted = (file(0, last, footer=b"AAA0BBB," + day + b"/0,J300/0") for day in (b"59", b"J60"))
        zone = diff_files(counted, uncounted)
        assert (zone.change, zone.first_affected) == ("future", at("2104-02-29T00:00:00"))

    def test_rules_that_begin_after_the_next_two_cycles_of_the_calendar_are_compared(self) -> None:
        early, late = (file(0, at("3000-01-01"), footer=b"AAA0BBB," + day + b",M10.5.0") for day in (b"J60", b"J90"))
        assert diff_files(early, late).first_affected == at("3000-03-01T02:00:00")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(b"AAA0BBB,M3.5.0,M10.5.0", b"AAA0BBB-1,M3.5.0/2,M10.5.0/02:00", id="the same rule"),
            pytest.param(b"<-00>0AAA0,0/0,J365/25", b"<+00>0AAA0,0/0,J365/24", id="all year daylight saving time"),
        ],
    )
    def test_footers_written_otherwise_that_mean_the_same_differ_in_bytes_alone(self, one: bytes, other: bytes) -> None:
        block = Block((0,), (1,), ((0, 0, 0), (0, 1, 0)) if b"J365" in one else ((0, 0, 0), (0, 0, 0)), b"AAA\0")
        zone = diff_files(encode_tzif(block, version=b"3", footer=one), encode_tzif(block, version=b"3", footer=other))
        assert (zone.change, zone.first_affected, zone.before, zone.after) == ("binary-only", None, (), ())

    def test_transitions_written_out_that_the_footer_gives_differ_in_bytes_alone(self) -> None:
        footer = b"AAA0BBB,M3.5.0/0,M10.5.0/1"
        types = ((0, 0, 0), (3600, 1, 4))
        short = Block((at("2025-03-30"),), (1,), types, b"AAA\0BBB\0")
        long = Block((at("2025-03-30"), at("2025-10-26"), at("2026-03-29")), (1, 0, 1), types, b"AAA\0BBB\0")
        assert diff_files(encode_tzif(short, footer=footer), encode_tzif(long, footer=footer)).change == "binary-only"

    def test_an_abbreviation_or_the_mark_of_daylight_saving_time_alone_is_a_difference(self) -> None:
        marked = Block((0,), (1,), ((0, 0, 0), (0, 1, 0)), b"AAA\0")
        renamed = Block((0,), (1,), ((0, 0, 0), (0, 0, 4)), b"AAA\0BBB\0")
        plain = Block((0,), (1,), ((0, 0, 0), (0, 0, 0)), b"AAA\0")
        for other in (marked, renamed):
            assert diff_files(encode_tzif(plain), encode_tzif(other)).first_affected == 0

    def test_transitions_outside_the_years_that_have_dates_are_no_trouble(self) -> None:
        early, late = -(2**59), 2**60
        zone = diff_files(file(early, 5, footer=b""), file(early, 9, late, footer=b""))
        assert (zone.first_affected, zone.change) == (5, "1970..2019")
        assert [change.at for change in zone.after] == [None, 9]

    def test_a_transition_at_the_very_beginning_has_always_held(self) -> None:
        zone = diff_files(file(BEGINNING, 5), file(BEGINNING, 9))
        assert [[change.at for change in changes] for changes in (zone.before, zone.after)] == [[5], [None, 9]]


class TestSelection:
    def test_names_stand_in_the_order_of_their_parts(self) -> None:
        after = make("2026b", {"X-B": file(), "X/C": file(), "Zone": file()})
        assert [zone.zone for zone in diff(make("2026a", {"Zone": file()}), after).zones] == ["X/C", "X-B"]

    def test_names_of_one_release_are_added_or_removed(self) -> None:
        old, new = make("2026a", {"Old": file(), "Kept": file()}), make("2026b", {"New": file(), "Kept": file()})
        found = diff(old, new, "Old", "New", "Kept")
        assert changes(found) == {"New": "added", "Old": "removed"}
        assert (found.affected, found.first_affected, found.period, found.compared) == (True, None, None, 3)

    def test_what_neither_release_has_is_an_error_that_names_it(self) -> None:
        old, new = make("2026a", {"Old": file()}), make("2026b", {"New": file()})
        with pytest.raises(UnknownZones) as caught:
            diff(old, new, "Old", "Nowhere", "None/*", "country:XX")
        assert caught.value.facts["zones"] == ["Nowhere", "country:XX", "None/*"]
        assert "2026a" in caught.value.detail
        assert "2026b" in caught.value.detail

    def test_aliases_widen_the_selection_in_both_releases(self) -> None:
        release = make_invented_release()
        assert diff(release, release, "Test/Other").compared == 1
        assert diff(release, release, "Test/Other", aliases="all").compared == 3

    def test_bytes_alone_affect_nobody(self) -> None:
        found = diff(make("2026a", {"Zone": file(0, 10)}), make("2026b", {"Zone": file(0, 10, footer=b"")}))
        assert (changes(found), found.affected) == ({"Zone": "binary-only"}, False)

    def test_since_leaves_out_what_lies_before_and_keeps_what_comes_or_goes(self) -> None:
        old = make(
            "2026a", {"Early": file(-9, -5), "Middle": file(5, 9), "Late": file(5, at("2027-01-01")), "Old": file()}
        )
        new = make("2026b", {"Early": file(-9, -4), "Middle": file(5, 8), "Late": file(5, at("2027-01-02"))})
        found = diff(old, new)
        kept = {since: {*changes(found.since(parse_since(since)))} for since in ("ever", "1970", "2020", "future")}
        assert kept == {
            "ever": {"Early", "Middle", "Late", "Old"},
            "1970": {"Middle", "Late", "Old"},
            "2020": {"Late", "Old"},
            "future": {"Late", "Old"},
        }

    def test_counts_and_order(self) -> None:
        old = make("2026a", {"Early": file(-9, -5), "Late": file(5, at("2027-01-01")), "Old": file(), "Same": file()})
        new = make("2026b", {"Early": file(-9, -4), "Late": file(5, at("2027-01-02")), "New": file(), "Same": file()})
        found = diff(old, new)
        assert [zone.zone for zone in found.most_urgent_first()] == ["Late", "Early", "Old", "New"]
        assert [zone.zone for zone in found.zones] == ["Early", "Late", "New", "Old"]
        assert found.counts == {kind: int(kind in changes(found).values()) for kind in CHANGE_KINDS}
        assert (found.period, found.period_affected, found.first_affected) == ("future", at("2027-01-01"), -5)


class TestInstants:
    def test_the_future_begins_with_the_year_of_the_later_release(self) -> None:
        assert default_future("2020a", "2026f") == default_future("2026f", "2020a") == at("2026-01-01")

    def test_instants_do_not_depend_on_where_the_process_believes_to_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as environ:
            environ.setenv("TZ", "Asia/Tokyo")
            time.tzset()
            found = default_future("2026f", "2020a"), parse_instant("2026-01-01")
        time.tzset()
        assert found == (at("2026-01-01"), at("2026-01-01"))

    @pytest.mark.parametrize("text", ["2026-10-25", "2026-10-25T00:00:00Z"])
    def test_dates_and_instants_are_read(self, text: str) -> None:
        assert parse_instant(text) == at("2026-10-25")

    @pytest.mark.parametrize(
        "text", ["", "now", "2026", "2026-13-01", "2026-02-30", "2026-10-25T00:00:00", "0000-01-01"]
    )
    def test_other_texts_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidOption) as caught:
            parse_instant(text)
        assert caught.value.facts == {"options": ["now"]}

    def test_other_choices_of_since_are_refused(self) -> None:
        with pytest.raises(InvalidOption, match="future, 2020, 1970, ever") as caught:
            parse_since("1980")
        assert caught.value.facts == {"options": ["since"]}
