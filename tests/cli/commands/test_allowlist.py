"""The list of zones that a program is built with: written, read back, checked; and the sums of Go modules."""

from pathlib import Path

import pytest

from app.cli.commands.go.platforms import PLATFORMS
from tests.cli.program import invoke

LIST = "# Time zones of tzdata 2026f, one a line; made by tzdata-filter whitelist.\nAsia/Shanghai\nEurope/Berlin\nUTC\n"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "tz_whitelist.txt"
    assert invoke("whitelist", "--include", "Asia/Shanghai,Europe/Berlin,UTC", "--output", path).exit_code == 0
    return path


def test_it_writes_the_names_sorted_one_a_line(listed: Path) -> None:
    assert listed.read_text() == LIST


@pytest.mark.parametrize("include", [["UTC,Europe/Berlin", "Asia/Shanghai"], ["UTC Europe/Berlin,Asia/Shanghai,UTC"]])
def test_the_order_makes_no_difference(include: list[str]) -> None:
    options = [part for each in include for part in ("--include", each)]
    assert invoke("whitelist", *options).stdout == LIST


def test_globs_and_countries_become_names() -> None:
    lines = invoke("whitelist", "--include", "country:JP,Etc/GMT-1*").stdout.splitlines()
    assert lines[1:] == ["Asia/Tokyo", *(f"Etc/GMT-1{digit}" for digit in ("", *"01234"))]


def test_other_commands_read_the_list(listed: Path, tmp_path: Path) -> None:
    written = invoke("extract", "--zones-file", listed, "-o", tmp_path / "zones.zip")
    assert (written.exit_code, "3 files" in written.stderr) == (0, True)


def test_links_are_told() -> None:
    said = invoke("whitelist", "--include", "UTC,Asia/Calcutta").stderr
    assert "UTC is a link to Etc/UTC in release 2026f" in said
    assert "Asia/Calcutta is a link to Asia/Kolkata in release 2026f" in said
    assert said.endswith("2 zones, all in release 2026f\n")


def test_an_unknown_zone_is_an_error_with_suggestions_and_nothing_is_written(tmp_path: Path) -> None:
    result = invoke("whitelist", "--include", "Asia/Shangai,UTC", "-o", tmp_path / "list")
    assert (result.exit_code, "did you mean Asia/Shanghai" in result.stderr) == (3, True)
    assert [*tmp_path.iterdir()] == []


class TestCheck:
    """A list that was checked in is held against a release and against what it should say."""

    def test_a_good_list_passes_and_nothing_is_printed_but_the_report(self, listed: Path) -> None:
        result = invoke("whitelist", "--check", listed)
        assert (result.exit_code, result.stdout) == (0, "")
        assert "3 zones, all in release 2026f" in result.stderr

    def test_a_name_that_the_release_lacks_is_an_error(self, listed: Path) -> None:
        listed.write_text(listed.read_text() + "Asia/Hanoi  # in no release\n")
        result = invoke("whitelist", "--check", listed)
        assert (result.exit_code, "'Asia/Hanoi' is not in release 2026f" in result.stderr) == (3, True)

    def test_the_same_names_in_any_order_pass(self, listed: Path) -> None:
        listed.write_text("UTC\nAsia/Shanghai\n\nEurope/Berlin")
        assert invoke("whitelist", "--check", listed, "--include", "Asia/Shanghai,Europe/Berlin,UTC").exit_code == 0

    def test_every_difference_is_listed(self, listed: Path) -> None:
        listed.write_text("UTC\nUTC\nEurope/Berlin\n")
        result = invoke("whitelist", "--check", listed, "--include", "Asia/Tokyo,UTC")
        assert result.exit_code == 4
        assert result.stderr.splitlines() == [
            "tzdata-filter: the list is not what --include says",
            "  Asia/Tokyo is missing",
            "  Europe/Berlin is one too many",
            "  UTC is there twice",
        ]

    def test_an_empty_list_is_an_error(self, listed: Path) -> None:
        listed.write_text("# nothing yet\n")
        assert invoke("whitelist", "--check", listed).exit_code == 2


class TestPlatforms:
    """Where Go finds zones of itself is noted in the list."""

    @pytest.mark.parametrize("goos", ["windows", "ios", "plan9", "wasip1"])
    def test_systems_without_zones_need_them_embedded(self, goos: str) -> None:
        result = invoke("whitelist", "--include", "UTC", "--goos", goos)
        note = f"{goos} has no time zones that Go could read: embed them (the Go package), or set ZONEINFO"
        assert result.stdout.splitlines()[1:] == [f"# {note}", "UTC"]
        assert note in result.stderr

    @pytest.mark.parametrize(
        ("goos", "goarch", "source"),
        [("linux", "arm64", "/usr/share/zoneinfo"), ("js", "wasm", "Node.js"), ("android", "arm", "the system's")],
    )
    def test_others_read_the_system_s(self, goos: str, goarch: str, source: str) -> None:
        said = invoke("whitelist", "--include", "UTC", "--goos", goos, "--goarch", goarch).stdout.splitlines()[1]
        assert said.startswith(f"# {goos}/{goarch} reads ")
        assert source in said

    @pytest.mark.parametrize("options", [("--goos", "Linux"), ("--goos", "js", "--goarch", "386"), ("--goarch", "386")])
    def test_what_go_does_not_run_on_is_an_error(self, options: tuple[str, ...]) -> None:
        assert invoke("whitelist", "--include", "UTC", *options).exit_code == 2

    def test_every_system_is_known_with_its_processors(self) -> None:
        assert {"linux", "darwin", "windows", "js", "wasip1", "ios", "android"} <= PLATFORMS.keys()
        assert all(platform.arches for platform in PLATFORMS.values())


class TestGoCheck:
    """Go code that checks the configuration; Go's own judgement of it is in the consumers' tests."""

    def test_it_is_written_instead_of_the_list_or_beside_it(self, tmp_path: Path) -> None:
        code, names = tmp_path / "check.go", tmp_path / "names"
        alone = invoke("whitelist", "--include", "UTC,Asia/Tokyo", "--go-check", code)
        assert (alone.exit_code, alone.stdout) == (0, "")
        assert '{\n\t"Asia/Tokyo",\n\t"UTC",\n}' in code.read_text()
        assert invoke("whitelist", "--include", "UTC", "--go-check", code, "-o", names).exit_code == 0
        assert names.read_text().endswith("\nUTC\n")

    def test_it_can_be_made_from_a_list(self, listed: Path, tmp_path: Path) -> None:
        options = ("--go-check", tmp_path / "check.go", "--package", "config", "--env", "A", "--env", "B")
        assert invoke("whitelist", "--check", listed, *options).exit_code == 0
        text = (tmp_path / "check.go").read_text()
        assert "\npackage config\n" in text
        assert '{"A", "B"}' in text

    @pytest.mark.parametrize("options", [("--package", "func"), ("--env", "A-B"), ("--import", 'x"')])
    def test_what_go_could_not_read_is_refused(self, tmp_path: Path, options: tuple[str, str]) -> None:
        result = invoke("whitelist", "--include", "UTC", "--go-check", tmp_path / "check.go", *options)
        assert (result.exit_code, [*tmp_path.iterdir()]) == (2, [])


def test_without_zones_it_says_how_to_name_them() -> None:
    result = invoke("whitelist")
    assert (result.exit_code, "--include" in result.stderr) == (2, True)


class TestGoSum:
    """The lines of go.sum, without fetching anything."""

    def test_the_module_is_named_by_its_sorted_zones(self) -> None:
        lines = invoke("go-sum", "Etc/UTC,Asia/Shanghai").stdout.splitlines()
        module = "tz.internal/asia/shanghai/etc/utc"
        assert [line.rpartition(" ")[0] for line in lines] == [
            f"{module} v0.2026.601",
            f"{module} v0.2026.601/go.mod",
        ]

    def test_its_path_may_be_another(self) -> None:
        other = "tz.example/etc/utc/asia/shanghai"
        assert invoke("go-sum", "Etc/UTC", "Asia/Shanghai", "--module", other).stdout.startswith(f"{other} v0.")

    def test_the_host_is_the_one_the_service_is_set_to(self) -> None:
        env = {"TZDATA_FILTER_GO_MODULE_HOST": "tz.example"}
        assert invoke("go-sum", "Etc/UTC", env=env).stdout.startswith("tz.example/etc/utc v0.")

    @pytest.mark.parametrize(
        ("arguments", "code"), [([], 2), (["Etc/UTC", "--module", "x y"], 2), (["Asia/Hanoi"], 3), (["", "UTC"], 2)]
    )
    def test_errors_have_their_codes(self, arguments: list[str], code: int) -> None:
        assert invoke("go-sum", *arguments).exit_code == code
