"""``diff``: an exit code for pipelines, a table for people, the service's JSON for programs."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from app.tzdb.changes.diff import default_future, diff_releases
from app.tzdb.changes.diff_row import diff_row
from app.tzdb.selection import parse_selectors
from tests.cli.program import invoke, run
from tests.data.real_releases import real_release


def diff(wheels_dir: Path, *arguments: str, stdin: bytes = b"") -> Result:
    return invoke("diff", "--wheels-dir", wheels_dir, *arguments, stdin=stdin)


class TestExitCode:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            ("2022b 2022c", 0),
            ("2022g 2023c Asia/Shanghai Etc/UTC", 0),
            ("2022g 2023c Africa/Cairo,Etc/UTC", 1),
            ("2022a 2022b Europe/Kyiv", 1),
            ("2023c 2023d Antarctica/Casey --since 2020", 1),
            ("2024a 2024b EST5EDT", 1),
            ("2024a 2024b EST5EDT --since 1970", 0),
            ("2022g 2023c Europe/Berln", 3),
            ("2022g 2023z Europe/Berlin", 3),
            ("2022g 2023c Etc//UTC", 2),
            ("2022g 2023c ''", 2),
            ("2022g Yesterday Etc/UTC", 2),
            ("2022g yesterday Etc/UTC", 3),
            ("2022g 2023c --now tomorrow", 2),
            ("2022g", 2),
        ],
    )
    def test_it_is_0_for_not_affected_1_for_affected_and_the_usual_ones_for_errors(
        self, wheels_dir: Path, arguments: str, code: int
    ) -> None:
        assert diff(wheels_dir, *(word.strip("'") for word in arguments.split())).exit_code == code

    def test_it_is_that_of_the_process_too(self, wheels_dir: Path) -> None:
        done = run("diff", "2022e", "2022f", "America/Mexico_City", "--quiet", "--wheels-dir", wheels_dir)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")

    def test_the_help_documents_it(self) -> None:
        words = " ".join(invoke("diff", "--help").stdout.split())
        assert "exit code is 0 if the update does not touch the zones, and 1 if it does" in words


class TestTable:
    def test_it_shows_zone_change_instant_and_clocks_before_and_after(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022e", "2022f", "America/Mexico_City", "Etc/UTC")
        header, row = result.stdout.splitlines()
        assert header.split("  ")[0] == "ZONE"
        assert [cell.strip() for cell in row.split("  ") if cell] == [
            "America/Mexico_City",
            "future",
            "2023-04-02T08:00:00Z",
            "2023-04-02 03:00:00 -05:00 CDT (dst)",
            "2023-04-02 02:00:00 -06:00 CST",
            "2023-04-02T08:00:00Z",
        ]
        assert result.stderr == "tzdata-filter: 2022e to 2022f: 1 of 2 names affected, from 2023-04-02T08:00:00Z on\n"

    def test_added_names_and_links_are_shown(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022a", "2022b", "Europe/Kiev", "Europe/Kyiv")
        _, row, role = result.stdout.splitlines()
        assert row.split() == ["Europe/Kyiv", "added", "-", "absent", "Zone", "-"]
        assert role == "Europe/Kiev: Zone in 2022a, Link to Europe/Kyiv in 2022b"

    def test_what_differs_from_the_beginning_has_no_instant(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2024a", "2024b", "EST5EDT")
        assert "pre-1970  the beginning  -05:00 EST  -04:56:02 LMT" in result.stdout

    def test_the_most_recent_changes_come_first(self, wheels_dir: Path) -> None:
        lines = diff(wheels_dir, "2026e", "2026f").stdout.splitlines()
        assert [line.split()[1] for line in lines[1:4]] == ["future", "future", "pre-1970"]

    def test_nothing_changed_is_an_empty_table_and_a_line_that_says_so(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022b", "2022c")
        assert (result.stdout, result.stderr) == (
            "",
            "tzdata-filter: 2022b to 2022c: not affected, 596 names compared\n",
        )

    def test_zones_that_a_release_has_wrong_are_reported(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022f", "2022g", "America/Ojinaga")
        warning, summary = result.stderr.splitlines()
        assert warning.startswith("tzdata-filter: warning: in 2022g, America/Ojinaga is wrong as published")
        assert summary.endswith("; 1 of them known to be wrong in one of the releases")

    def test_zones_that_were_wrong_in_the_earlier_release_are_reported_too(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2023c", "2023d", "Asia/Gaza", "Asia/Hebron", "Etc/UTC")
        assert result.stderr.count("warning: in 2023c, Asia/") == 2
        assert "2 of them known to be wrong" in result.stderr

    def test_quiet_is_quiet_about_them_and_their_code_is_that_of_any_change(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022f", "2022g", "America/Ojinaga", "--quiet")
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", "")


class TestSelection:
    def test_the_json_is_the_one_of_the_service(self, wheels_dir: Path) -> None:
        result = diff(wheels_dir, "2022g", "2023c", "Africa/*", "--json")
        wanted = diff_releases(
            real_release(wheels_dir, "2022.7"),
            real_release(wheels_dir, "2023.3"),
            selectors=parse_selectors(["Africa/*"]),
            aliases="exact",
            future_from=default_future("2022g", "2023c"),
        )
        assert json.loads(result.stdout) == json.loads(json.dumps(diff_row(wanted)))
        assert result.exit_code == 1

    def test_zones_come_from_a_file_as_well(self, wheels_dir: Path) -> None:
        listed = diff(wheels_dir, "2022g", "2023c", "--zones-file", "-", "--json", stdin=b"# mine\nAfrica/Cairo\n")
        named = diff(wheels_dir, "2022g", "2023c", "Africa/Cairo", "--json")
        assert listed.stdout == named.stdout

    def test_a_file_without_zones_is_not_everything(self, wheels_dir: Path) -> None:
        assert diff(wheels_dir, "2022g", "2023c", "--zones-file", "-", stdin=b"# none\n").exit_code == 2

    def test_aliases_are_compared_as_well(self, wheels_dir: Path) -> None:
        row = json.loads(diff(wheels_dir, "2022g", "2023c", "Africa/Cairo", "--aliases", "all", "--json").stdout)
        assert [zone["zone"] for zone in row["zones"]] == ["Africa/Cairo", "Egypt"]

    def test_now_moves_the_future(self, wheels_dir: Path) -> None:
        row = json.loads(diff(wheels_dir, "2023a", "2023b", "Asia/Beirut", "--now", "2026-01-01", "--json").stdout)
        assert [zone["change"] for zone in row["zones"]] == ["2020.."]
