"""The published files that are wrong in a way no check of one file can see."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.tzdb.known_faults import find_known_fault
from app.tzdb.tzif.decoder import decode_tzif, find_footer_disagreement
from app.tzdb.tzif.transitions import transitions_between
from tests.data.real_releases import all_package_versions, real_release

ZONES = ("Asia/Gaza", "Asia/Hebron")
FAULTY = ("2023.1", "2023.2", "2023.3")


def changes(content: bytes, *, first: int, last: int) -> list[str]:
    """Return the dates of all transitions from the year ``first`` to the year ``last``."""
    start, end = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last + 1))
    found = transitions_between(decode_tzif(content), start=start, end=end)
    return [f"{datetime.fromtimestamp(each.at, UTC):%Y-%m-%d}" for each in found]


def test_the_faulty_files_are_those_of_three_releases_and_no_others(wheels_dir: Path) -> None:
    found = {
        (version, name)
        for version in all_package_versions(wheels_dir)
        for name, file in real_release(wheels_dir, version).files.items()
        if find_known_fault(file.sha256)
    }
    assert found == {(version, zone) for version in FAULTY for zone in ZONES}


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_said_to_be_missing_is_missing(wheels_dir: Path, zone: str) -> None:
    wrong, right = (real_release(wheels_dir, version).files[zone].content for version in ("2023.3", "2023.4"))
    assert changes(wrong, first=1900, last=2071) == changes(right, first=1900, last=2071)
    assert {*changes(right, first=2072, last=2074)} - {*changes(wrong, first=2072, last=2074)} == {
        "2072-10-28",
        "2073-03-25",
        "2073-10-27",
        "2074-03-24",
        "2074-10-26",
    }
    assert [len(changes(content, first=2076, last=2086)) for content in (wrong, right)] == [22, 44]
    assert changes(wrong, first=2087, last=2200) == changes(right, first=2087, last=2200)


@pytest.mark.parametrize("zone", ZONES)
def test_the_missing_changes_stand_in_the_rules_of_the_same_release(wheels_dir: Path, zone: str) -> None:
    release = real_release(wheels_dir, "2023.3")
    assert release.zi is not None
    assert "R P 2086 o - May 18 2 1 S" in release.zi.rules["P"]
    assert "2086-05-18" not in changes(release.files[zone].content, first=2086, last=2086)


@pytest.mark.parametrize("zone", ZONES)
def test_the_footer_check_cannot_find_them(wheels_dir: Path, zone: str) -> None:
    assert find_footer_disagreement(decode_tzif(real_release(wheels_dir, "2023.3").files[zone].content)) is None


def test_nothing_is_known_against_other_files() -> None:
    assert find_known_fault("0" * 64) is None
