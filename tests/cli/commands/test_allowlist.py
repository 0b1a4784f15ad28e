"""The list of zones that a program is built with: written, read back, checked."""

from pathlib import Path

import pytest

from app.cli.commands.go.platforms import PLATFORMS
from tests.cli.program import invoke, run

LIST = "# Time zones of tzdata 2026f, one a line; made by tzdata-filter allowlist.\nAsia/Shanghai\nEurope/Berlin\nUTC\n"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "tz_allowlist.txt"
    assert invoke("allowlist", "--include", "Asia/Shanghai,Europe/Berlin,UTC", "--output", path).exit_code == 0
    return path


def test_it_writes_the_names_sorted_one_a_line(listed: Path) -> None:
    assert listed.read_text() == LIST


@pytest.mark.parametrize("include", [["UTC,Europe/Berlin", "Asia/Shanghai"], ["UTC Europe/Berlin,Asia/Shanghai,UTC"]])
def test_the_order_makes_no_difference(include: list[str]) -> None:
    options = [part for each in include for part in ("--include", each)]
    assert invoke("allowlist", *options).stdout == LIST


def test_globs_and_countries_become_names() -> None:
    lines = invoke("allowlist", "--include", "country:JP,Etc/GMT-1*").stdout.splitlines()
    assert lines[1:] == ["Asia/Tokyo", *(f"Etc/GMT-1{digit}" for digit in ("", *"01234"))]


def test_zones_come_from_a_file_as_well() -> None:
    result = invoke("allowlist", "--include", "UTC", "--zones-file", "-", stdin=b"# mine\nAsia/Shanghai\nEurope/Ber*\n")
    assert result.stdout == LIST


def test_other_commands_read_the_list(listed: Path, tmp_path: Path) -> None:
    written = invoke("extract", "--zones-file", listed, "-o", tmp_path / "zones.zip")
    assert (written.exit_code, "3 files" in written.stderr) == (0, True)


def test_links_are_reported() -> None:
    said = invoke("allowlist", "--include", "UTC,Asia/Calcutta").stderr
    assert "UTC is a link to Etc/UTC in release 2026f" in said
    assert "Asia/Calcutta is a link to Asia/Kolkata in release 2026f" in said
    assert said.endswith("2 zones, all in release 2026f\n")


def test_an_unknown_zone_is_an_error_with_suggestions_and_nothing_is_written(tmp_path: Path) -> None:
    result = invoke("allowlist", "--include", "Asia/Shangai,UTC", "-o", tmp_path / "list")
    assert (result.exit_code, "did you mean Asia/Shanghai" in result.stderr) == (3, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [((), "--include"), (("--include", ""), "empty"), (("--zones-file", "-"), "the list of zones is empty")],
)
def test_without_zones_it_says_how_to_name_them(arguments: tuple[str, ...], word: str) -> None:
    result = invoke("allowlist", *arguments)
    assert (result.exit_code, word in result.stderr) == (2, True)


class TestCheck:
    """A list that was committed is compared with a release and with what it should say."""

    def test_a_good_list_passes_and_nothing_is_printed_but_the_report(self, listed: Path) -> None:
        result = invoke("allowlist", "--check", listed)
        assert (result.exit_code, result.stdout) == (0, "")
        assert "3 zones, all in release 2026f" in result.stderr

    def test_a_name_that_the_release_lacks_is_an_error(self, listed: Path) -> None:
        listed.write_text(listed.read_text() + "Asia/Hanoi  # in no release\n")
        result = invoke("allowlist", "--check", listed)
        assert (result.exit_code, "'Asia/Hanoi' is not in release 2026f" in result.stderr) == (3, True)

    def test_the_same_names_in_any_order_pass(self, listed: Path) -> None:
        listed.write_text("UTC\nAsia/Shanghai\n\nEurope/Berlin")
        assert invoke("allowlist", "--check", listed, "--include", "Asia/Shanghai,Europe/Berlin,UTC").exit_code == 0

    def test_a_list_may_be_compared_with_another(self, listed: Path) -> None:
        for stdin, code in ((b"Asia/Shanghai\nEurope/Berlin\nUTC\n", 0), (b"UTC\n", 4), (b"", 2)):
            assert invoke("allowlist", "--check", listed, "--zones-file", "-", stdin=stdin).exit_code == code

    def test_every_difference_is_listed(self, listed: Path) -> None:
        listed.write_text("UTC\nUTC\nEurope/Berlin\n")
        result = invoke("allowlist", "--check", listed, "--include", "Asia/Tokyo,UTC")
        assert result.exit_code == 4
        assert result.stderr.splitlines() == [
            "tzdata-filter: the list is not what --include says",
            "  Asia/Tokyo is missing",
            "  Europe/Berlin should not be there",
            "  UTC is there more than once",
        ]

    def test_an_empty_list_is_an_error(self, listed: Path) -> None:
        listed.write_text("# nothing yet\n")
        assert invoke("allowlist", "--check", listed).exit_code == 2

    def test_with_an_output_it_is_written_anew(self, listed: Path, tmp_path: Path) -> None:
        listed.write_text("UTC\nEurope/Berlin\nAsia/Shanghai\n")
        assert invoke("allowlist", "--check", listed, "-o", tmp_path / "sorted").exit_code == 0
        assert (tmp_path / "sorted").read_text() == LIST


class TestPlatforms:
    """The list notes where Go finds zones by itself."""

    @pytest.mark.parametrize("goos", ["windows", "ios", "plan9", "wasip1"])
    def test_systems_without_zones_need_them_embedded(self, goos: str) -> None:
        result = invoke("allowlist", "--include", "UTC", "--goos", goos)
        note = f"{goos} has no time zones that Go could read: embed them (the Go package), or set ZONEINFO"
        assert result.stdout.splitlines()[1:] == [f"# {note}", "UTC"]
        assert note in result.stderr

    @pytest.mark.parametrize(
        ("goos", "goarch", "source"),
        [("linux", "arm64", "/usr/share/zoneinfo"), ("js", "wasm", "Node.js"), ("android", "arm", "the system's")],
    )
    def test_others_read_what_the_system_has(self, goos: str, goarch: str, source: str) -> None:
        said = invoke("allowlist", "--include", "UTC", "--goos", goos, "--goarch", goarch).stdout.splitlines()[1]
        assert said.startswith(f"# {goos}/{goarch} reads ")
        assert source in said

    @pytest.mark.parametrize("options", [("--goos", "Linux"), ("--goos", "js", "--goarch", "386"), ("--goarch", "386")])
    def test_what_go_does_not_run_on_is_an_error(self, options: tuple[str, ...]) -> None:
        assert invoke("allowlist", "--include", "UTC", *options).exit_code == 2

    def test_every_system_is_known_with_its_processors(self) -> None:
        assert {"linux", "darwin", "windows", "js", "wasip1", "ios", "android"} <= PLATFORMS.keys()
        assert all(platform.arches for platform in PLATFORMS.values())


class TestFormerName:
    """It was called ``whitelist``; pipelines that call it by that name keep working."""

    @pytest.mark.parametrize(
        "options",
        [
            ("--include", "Asia/Shanghai,Europe/Berlin,UTC", "--output", "LIST"),
            ("--output", "LIST", "--include", "UTC,Europe/Berlin,Asia/Shanghai"),
        ],
    )
    def test_it_does_the_same(self, options: tuple[str, ...], tmp_path: Path) -> None:
        assert run("whitelist", *options, cwd=tmp_path).returncode == 0
        assert (tmp_path / "LIST").read_text() == LIST
        assert run("whitelist", "--check", "LIST", cwd=tmp_path).returncode == 0

    def test_no_help_and_no_completion_shows_it(self) -> None:
        assert "whitelist" not in invoke("--help").stdout
        env = {"_TZDATA_FILTER_COMPLETE": "bash_complete", "COMP_WORDS": "tzdata-filter wh", "COMP_CWORD": "1"}
        assert run(env=env).stdout.strip() == b""
