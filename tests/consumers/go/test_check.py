"""The generated start-up check, compiled and run: a program ends at once if given a zone that it was not built with."""

from pathlib import Path

import pytest

from tests.cli.program import run as run_command
from tests.consumers.bundles import fetch, unpack
from tests.consumers.go.packages import MODULE, Project
from tests.consumers.go.test_package import TOOLCHAINS
from tests.consumers.go.toolchains import Toolchain
from tests.consumers.tools import finish, in_root, run
from tests.servers import Service

MAIN = """package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	if err := CheckZones(os.Args[1:]...); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	fmt.Println(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).Local().Format("-0700"))
}
"""
ZONES = "Asia/Shanghai,Europe/Berlin,UTC"


@pytest.fixture(scope="module", params=[TOOLCHAINS[0], TOOLCHAINS[-1]], ids=lambda toolchain: toolchain.name)
def root(request: pytest.FixtureRequest, service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty root with a program that has the check, and two of its three zones' data: not Berlin's."""
    toolchain: Toolchain = request.param
    folder = tmp_path_factory.mktemp("check") / "program"
    place = f"{MODULE}/internal/tzdata"
    unpack(fetch(service, "/v1/bundles/2026f/Asia/Shanghai.go.tar.gz?prefix=internal/tzdata"), folder)
    (folder / "main.go").write_text(MAIN)
    (folder / "go.mod").write_text(f"module {MODULE}\n\ngo 1.19\n")
    options = ("--output", folder / "check.go", "--env", "TZ", "--env", "APP_ZONE", "--import", place)
    written = run_command("go-check", "--include", ZONES, "--release", "2026f", *options)
    assert written.returncode == 0, written.stderr
    program = Project(folder, toolchain)
    assert run(toolchain.gofmt, "-l", ".", cwd=folder, environ=program.environ) == ""
    assert program.go("vet", "./...") == ""
    return program.build(folder.parent / "root")


def start(root: Path, *names: str, **variables: str) -> tuple[int, str]:
    finished = finish(*in_root(root), "/program", *names, environ=variables)
    return finished.returncode, (finished.stdout + finished.stderr).decode().strip()


@pytest.mark.parametrize(
    ("variables", "offset"),
    [
        ({}, "+0000"),
        ({"TZ": ""}, "+0000"),
        ({"TZ": "UTC"}, "+0000"),
        ({"TZ": "Asia/Shanghai"}, "+0800"),
        ({"TZ": ":Asia/Shanghai"}, "+0800"),
        ({"APP_ZONE": "Asia/Shanghai", "OTHER": "Europe/Paris"}, "+0000"),
    ],
)
def test_it_starts_with_zones_that_are_bundled(root: Path, variables: dict[str, str], offset: str) -> None:
    assert start(root, **variables) == (0, offset)


@pytest.mark.parametrize("variable", ["TZ", "APP_ZONE"])
@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/shanghai", "CST-8", "/usr/share/zoneinfo/UTC", "Local", "PRC"])
def test_it_ends_at_once_with_any_other(root: Path, variable: str, zone: str) -> None:
    said = f"{variable}: time zone {zone} is not bundled with this program"
    assert start(root, **{variable: zone}) == (1, said)


def test_a_zone_whose_data_was_forgotten_is_told(root: Path) -> None:
    said = "time zone Europe/Berlin should be bundled with this program: unknown time zone Europe/Berlin"
    assert start(root, TZ="Europe/Berlin") == (1, f"TZ: {said}")
    assert start(root, "Europe/Berlin") == (3, said)


def test_names_from_elsewhere_are_checked_by_calling_it(root: Path) -> None:
    assert start(root, "Asia/Shanghai", "UTC", "") == (0, "+0000")
    assert start(root, "Asia/Shanghai", "Europe/Rome") == (
        3,
        "time zone Europe/Rome is not bundled with this program",
    )
