"""``zones``, ``resolve`` and ``releases``: tables for people, JSON for programs."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from app.artifact.record import plan_row
from app.tzdb.release_row import release_row
from app.tzdb.search import fact_row, search
from tests.cli.program import COMMAND, environment, installed_release, invoke, make_plan_of


class TestZones:
    def test_the_table_shows_name_kind_class_zone_size_and_countries(self) -> None:
        header, row = invoke("zones", "calcutta", "--kind", "link").stdout.splitlines()
        assert header.split() == ["NAME", "KIND", "CLASS", "CANONICAL", "SIZE", "COUNTRIES"]
        assert row.split() == ["Asia/Calcutta", "link", "alias-legacy", "Asia/Kolkata", "220", "IN"]

    def test_the_json_is_all_that_is_known(self) -> None:
        answer = json.loads(invoke("zones", "--country", "SE", "--class", "alias-merged", "--json").stdout)
        facts = search(installed_release(), country="SE", zone_class="alias-merged")
        assert answer == {"release": installed_release().version, "zones": [fact_row(fact) for fact in facts]}

    def test_without_a_query_all_names_are_listed(self) -> None:
        lines = invoke("zones").stdout.splitlines()
        assert [line.split()[0] for line in lines[1:]] == list(installed_release().files)

    def test_nothing_found_is_neither_an_error_nor_a_table(self) -> None:
        result = invoke("zones", "atlantis")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "nothing" in result.stderr

    @pytest.mark.parametrize("query", ["", "\x1b[31m", "%", "*", "Ä", "a" * 10_000])
    def test_any_query_is_just_text(self, query: str) -> None:
        assert invoke("zones", "--", query).exit_code == 0


class TestResolve:
    def test_the_table_says_why_each_file_is_there(self) -> None:
        result = invoke("resolve", "Asia/Calcutta", "--aliases", "target", "--tables", "zone.tab")
        assert [line.split()[0] for line in result.stdout.splitlines()] == [
            "PATH",
            "Asia/Calcutta",
            "Asia/Kolkata",
            "zone.tab",
        ]
        assert "Zone behind the Link Asia/Calcutta" in result.stdout
        assert "3 files" in result.stderr

    def test_the_json_is_that_of_the_plan(self) -> None:
        answer = json.loads(invoke("resolve", "Europe/*", "--aliases", "all", "--prefix", "zoneinfo", "--json").stdout)
        assert answer == plan_row(make_plan_of("Europe/*", aliases="all", prefix="zoneinfo"))

    def test_the_format_is_part_of_the_plan(self) -> None:
        assert json.loads(invoke("resolve", "UTC", "--format", "zip", "--json").stdout)["format"] == "zip"
        assert invoke("resolve", "UTC", "--format", "zip", "--links", "hard").exit_code == 2


class TestReleases:
    @pytest.fixture
    def some_wheels(self, wheels_dir: Path, tmp_path: Path) -> Path:
        for version in ("2022.7", "2024.1"):
            (wheel,) = wheels_dir.glob(f"tzdata-{version}-*")
            (tmp_path / wheel.name).symlink_to(wheel)
        return tmp_path

    def test_the_table_lists_them_newest_first_with_their_warnings(self, some_wheels: Path) -> None:
        lines = invoke("releases", "--wheels-dir", some_wheels).stdout.splitlines()
        assert [line.split()[0] for line in lines[1:4]] == [installed_release().version, "2024a", "2022g"]
        assert "wheels" in lines[2]
        assert any(line.startswith("2022g: warning: America/Ojinaga") for line in lines[4:])

    def test_the_json_has_the_members_clients_rely_on(self) -> None:
        answer = json.loads(invoke("releases", "--json").stdout)
        release = installed_release()
        assert answer == {"releases": [release_row(release)], "latest": release.version, "refused": []}

    def test_what_is_refused_is_listed_with_the_reason(self, some_wheels: Path) -> None:
        (some_wheels / "tzdata-2025.1-py2.py3-none-any.whl").write_bytes(b"PK, but not a wheel")
        (wheel,) = some_wheels.glob("tzdata-2024.1-*")
        content = bytearray(wheel.read_bytes())
        wheel.unlink()
        content[len(content) // 3] ^= 1
        wheel.write_bytes(content)
        answer = json.loads(invoke("releases", "--wheels-dir", some_wheels, "--json").stdout)
        assert [row["version"] for row in answer["releases"]] == [installed_release().version, "2022g"]
        assert {refused["release"] for refused in answer["refused"]} == {
            "2024a",
            "tzdata-2025.1-py2.py3-none-any.whl",
        }
        table = invoke("releases", "--wheels-dir", some_wheels)
        assert table.exit_code == 0
        assert "2024a from wheels is refused: " in table.stdout
        assert table.stderr == ""

    def test_latest_says_what_it_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "tzdata-2099.1-py2.py3-none-any.whl").write_bytes(b"not a wheel")
        result = invoke("zones", "berlin", "--wheels-dir", tmp_path)
        assert result.exit_code == 0
        assert "tzdata-2099.1-py2.py3-none-any.whl from wheels was passed over" in result.stderr

    @pytest.mark.parametrize("terminal", [True, False])
    def test_a_progress_bar_is_for_terminals(self, terminal: bool, some_wheels: Path) -> None:
        ours, theirs = pty.openpty()
        try:
            process = subprocess.run(
                [*COMMAND, "releases", "--wheels-dir", str(some_wheels)],
                stdout=subprocess.PIPE,
                stderr=theirs if terminal else subprocess.PIPE,
                env=environment(TERM="xterm"),
                check=True,
            )
            shown = os.read(ours, 100_000) if terminal else process.stderr
        finally:
            os.close(theirs)
            os.close(ours)
        assert (b"Verifying releases" in shown) is terminal
        assert b"\x1b" not in process.stdout
