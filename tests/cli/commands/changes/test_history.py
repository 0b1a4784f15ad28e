"""``history``: which releases touch a selection, as a table for people and as JSON for programs."""

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result

from app.tzdb.changes.history import make_steps, step_row
from app.tzdb.selection import parse_selectors
from tests.cli.program import installed_release, invoke
from tests.data.real_releases import all_package_versions, real_release


def history(wheels_dir: Path, *arguments: str, stdin: bytes = b"") -> Result:
    return invoke("history", "--wheels-dir", wheels_dir, *arguments, stdin=stdin)


def test_the_table_shows_for_each_release_whether_and_from_when(wheels_dir: Path) -> None:
    result = history(wheels_dir, "America/Mexico_City", "Etc/UTC", "--count", "100")
    header, *lines = result.stdout.splitlines()
    assert header.split() == ["RELEASE", "BEFORE", "AFFECTED", "PERIOD", "NAMES", "FROM"]
    assert "2022f    2022e   yes       future    1 of 2  2023-04-02T08:00:00Z" in lines
    assert "2022g    2022f   no        -         0 of 2  -" in lines
    assert lines[-1].split()[1:] == ["-", "unknown", "-", "-", "-"]
    assert [line.split()[0] for line in lines] == sorted((line.split()[0] for line in lines), reverse=True)
    touched = sum(line.split()[2] == "yes" for line in lines)
    assert result.stderr == f"tzdata-filter: {touched} of {len(lines) - 1} releases touch the zones\n"
    assert result.exit_code == 0


def test_changes_that_are_known_to_be_a_release_s_fault_are_reported_with_it(wheels_dir: Path) -> None:
    result = history(wheels_dir, "America/Ojinaga", "--count", "100")
    assert result.stderr.count("warning: in 2022g, America/Ojinaga is wrong as published") == 1
    assert result.stderr.count("warning: in 2023c, America/Ojinaga is wrong as published") == 1
    rows = json.loads(history(wheels_dir, "America/Ojinaga", "--count", "100", "--json").stdout)["releases"]
    assert {row["release"] for row in rows if row["warnings"]} == {"2022g", "2023d"}


def test_the_newest_twelve_are_shown_unless_another_number_is_given(wheels_dir: Path) -> None:
    assert len(history(wheels_dir, "Etc/UTC").stdout.splitlines()) == 1 + 12
    assert len(history(wheels_dir, "Etc/UTC", "--count", "3").stdout.splitlines()) == 1 + 3


def test_the_json_is_what_the_history_holds(wheels_dir: Path) -> None:
    result = history(wheels_dir, "Africa/Cairo,Etc/UTC", "--aliases", "all", "--count", "100", "--json")
    packages = map(partial(real_release, wheels_dir), all_package_versions(wheels_dir))
    known = {release.version: release for release in packages}
    releases = list(reversed(known.values()))
    selectors = parse_selectors(["Africa/Cairo", "Etc/UTC"])
    rows = [step_row(step) for step in make_steps(releases, selectors=selectors, aliases="all")]
    told = {row["release"]: row for row in json.loads(result.stdout)["releases"]}
    assert json.loads(result.stdout)["zones"] == ["Africa/Cairo", "Etc/UTC"]
    assert [told[row["release"]] for row in rows] == json.loads(json.dumps(rows))


def test_one_release_alone_has_nothing_before_it() -> None:
    result = invoke("history", "Etc/UTC")
    version = installed_release().version
    assert result.stdout.splitlines()[1].split() == [version, "-", "unknown", "-", "-", "-"]
    assert result.stderr.startswith(f"tzdata-filter: only release {version} is here, so nothing can be compared;")


def test_zones_come_from_a_file_as_well(wheels_dir: Path) -> None:
    listed = history(wheels_dir, "--zones-file", "-", "--json", stdin=b"# mine\nAfrica/Cairo\n")
    assert listed.stdout == history(wheels_dir, "Africa/Cairo", "--json").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("", 2), ("Etc//UTC", 2), ("Europe/Berln", 3), ("Etc/UTC --count 0", 2), ("Etc/UTC --aliases some", 2)],
)
def test_errors_have_the_usual_codes(wheels_dir: Path, arguments: str, code: int) -> None:
    assert history(wheels_dir, *arguments.split()).exit_code == code
