"""Which release a command uses: first what is here, then the package index; and the list of both."""

import json
from pathlib import Path

import pytest

from tests.cli.program import invoke, online, versions_in
from tests.sources.loopback_index import LoopbackIndex
from tests.sources.wheels import small_package, unpack_package


class TestWhichReleaseACommandUses:
    def test_latest_is_the_newest_that_is_here_and_no_request_is_made(self, index: LoopbackIndex) -> None:
        index.wheels = {"tzdata-2030.1-py2.py3-none-any.whl": b""}
        result = invoke("resolve", "UTC", "--json", env=online(index))
        assert json.loads(result.stdout)["release"] == "2026f"
        assert index.asked == []

    def test_one_that_is_not_here_is_fetched(self, index: LoopbackIndex) -> None:
        result = invoke("resolve", "UTC", "--release", "2024a", "--json", env=online(index))
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["release"] == "2024a"

    def test_what_a_channel_means_is_fetched_as_well(self, index: LoopbackIndex) -> None:
        env = {**online(index), "TZDATA_FILTER_CHANNELS": "stable=2024a"}
        for channel, release in (("stable", "2024a"), ("latest-2", "2022g")):
            result = invoke("resolve", "UTC", "--release", channel, "--json", env=env)
            assert json.loads(result.stdout)["release"] == release
        index.asked.clear()
        assert invoke("resolve", "UTC", "--release", "nightly", env=env).exit_code == 3
        assert index.asked == []

    @pytest.mark.parametrize("command", ["resolve", "extract", "zones", "diff", "verify", "lock"])
    def test_offline_no_request_is_made(self, command: str, index: LoopbackIndex, tmp_path: Path) -> None:
        invoke("extract", "UTC", "-o", tmp_path / "tree")
        arguments = {
            "resolve": ("UTC", "--release", "2024a"),
            "extract": ("UTC", "--release", "2024a", "-o", "-"),
            "zones": ("utc", "--release", "2024a"),
            "diff": ("2024a", "2026f"),
            "verify": (tmp_path / "tree", "--release", "2024a"),
            "lock": ("UTC", "--release", "2024a", "-o", tmp_path / "lock"),
        }[command]
        for option, env in (("--offline",), online(index)), ((), {**online(index), "TZDATA_FILTER_OFFLINE": "true"}):
            assert invoke(command, *arguments, *option, env=env).exit_code == 3
        assert index.asked == []
        assert invoke(command, *arguments, env=online(index)).exit_code in {0, 1, 4}
        assert index.count("2024.1") == 1

    def test_with_a_data_directory_it_is_fetched_once(self, index: LoopbackIndex, tmp_path: Path) -> None:
        options = ("--release", "2024a", "--data-dir", tmp_path / "data", "-o", "-")
        for _ in range(3):
            assert invoke("extract", "UTC", *options, env=online(index)).exit_code == 0
        assert index.count("2024.1") == 1
        assert invoke("extract", "UTC", *options).exit_code == 0

    def test_a_tree_of_another_edition_does_not_pin_its_release(self, tmp_path: Path) -> None:
        tree = unpack_package(small_package(), tmp_path / "package") / "tzdata/zoneinfo"
        env = {"TZDATA_FILTER_DATA_DIR": str(tmp_path / "data")}
        assert invoke("zones", "--input", tree, env=env).exit_code == 0
        assert versions_in(tmp_path / "data") == []
        assert invoke("zones", "--release", "2026f", env=env).exit_code == 0


class TestListing:
    def test_online_the_list_has_what_is_not_fetched_yet(self, index: LoopbackIndex) -> None:
        here = json.loads(invoke("releases", "--json", env=online(index)).stdout)
        assert [row["version"] for row in here["releases"]] == ["2026f"]
        assert index.asked == []
        there = json.loads(invoke("releases", "--online", "--json", env=online(index)).stdout)
        cached = {row["version"]: row["cached"] for row in there["releases"]}
        assert cached == {"2026f": True, "2024a": False, "2022g": False}
        assert {row["package_version"] for row in there["releases"]} == {"2026.6", "2024.1", "2022.7"}
        assert index.count(".whl") == 0
        assert "not fetched yet" in invoke("releases", "--online", env=online(index)).stdout

    def test_an_index_that_fails_is_reported_after_what_is_here(self, index: LoopbackIndex) -> None:
        index.mood = "fails"
        result = invoke("releases", "--online", env=online(index))
        assert (result.exit_code, "2026f" in result.stdout) == (5, True)

    def test_online_and_offline_do_not_go_together(self, index: LoopbackIndex) -> None:
        assert invoke("releases", "--online", "--offline", env=online(index)).exit_code == 2
        assert invoke("releases", "--online").exit_code == 2
