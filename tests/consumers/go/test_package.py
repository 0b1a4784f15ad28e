"""The Go package in the hands of Go, from the oldest to the newest: formatted, vetted, tested, built in, and right."""

from pathlib import Path

import pytest

from tests.consumers.bundles import decode_wheel, fetch, unpack
from tests.consumers.go.packages import MODULE, Project, loaded, make_project, read_spans
from tests.consumers.go.toolchains import Toolchain, find_toolchains
from tests.consumers.readers.local_times import python_spans
from tests.consumers.tools import run
from tests.servers import Service

# Not UTC, which Go knows without reading anything.
ASKED = ("America/Los_Angeles", "Asia/Shanghai", "Etc/GMT+8", "Etc/UTC", "US/Pacific")
NOT_ASKED = ("Europe/Berlin", "Asia/Tokyo", "Etc/GMT", "Asia/shanghai", "PRC", "localtime", "Etc/GMT+", "Etc/GMT+8 ")
BUNDLE = f"/v1/bundles/2026f/{','.join(ASKED)}.go.tar.gz"
IN_TREE = "internal/tzdata"

TOOLCHAINS = find_toolchains()


@pytest.fixture(params=TOOLCHAINS, ids=lambda toolchain: toolchain.name)
def toolchain(request: pytest.FixtureRequest) -> Toolchain:
    found: Toolchain = request.param
    assert found.go.is_file(), f"{found.name} is missing: `dev.py test` or the Debian package golang-go brings it"
    return found


def in_tree(service: Service, folder: Path, toolchain: Toolchain, path: str = BUNDLE) -> Project:
    """Return a program with the package of a bundle unpacked inside it."""
    project = make_project(folder, toolchain, imports=f"{MODULE}/{IN_TREE}")
    unpack(fetch(service, f"{path}?prefix={IN_TREE}"), project.folder)
    return project


@pytest.mark.parametrize("zones", [",".join(ASKED), "Etc/UTC", "*"])
def test_it_is_formatted_vetted_and_passes_its_own_tests(
    service: Service, tmp_path: Path, toolchain: Toolchain, zones: str
) -> None:
    folder = unpack(fetch(service, f"/v1/bundles/2026f/{zones}.go.tar.gz"), tmp_path / "tzdata")
    package = Project(folder, toolchain)
    assert run(toolchain.gofmt, "-l", ".", cwd=folder, environ=package.environ) == ""
    # With every check of `go vet`, which would else type-check the standard library a second time.
    assert package.go("test", "-vet=all", "-count=1", ".").startswith("ok  \ttzdata\t")


def test_go_loads_what_was_asked_for_and_nothing_else_in_an_empty_root(
    service: Service, tmp_path: Path, toolchain: Toolchain, wheels_dir: Path
) -> None:
    root = in_tree(service, tmp_path / "program", toolchain).build(tmp_path / "root")
    spans = read_spans(root, [*ASKED, *NOT_ASKED])
    assert [name for name, found in spans.items() if found is not None] == [*ASKED]
    zones = decode_wheel(wheels_dir, "2026.6").zones
    assert [name for name in ASKED if spans[name] != python_spans(zones[name], spans[name] or ())] == []


def test_without_the_package_there_are_no_zones(tmp_path: Path) -> None:
    # Else the tests above would prove nothing.
    root = make_project(tmp_path / "program", TOOLCHAINS[-1], imports="unsafe").build(tmp_path / "root")
    assert loaded(root, [*ASKED, *NOT_ASKED]) == []


def test_two_centuries_of_all_zones_are_the_same_in_go_and_in_python(
    service: Service, tmp_path: Path, wheels_dir: Path
) -> None:
    path = "/v1/bundles/2026f/*.go.tar.gz"
    root = in_tree(service, tmp_path / "program", TOOLCHAINS[-1], path).build(tmp_path / "root")
    zones = decode_wheel(wheels_dir, "2026.6").zones
    spans = read_spans(root, zones)
    assert [name for name, found in spans.items() if found != python_spans(zones[name], found or ())] == []


def test_names_that_no_other_place_could_have_given_come_from_the_package(
    invented: Service, tmp_path: Path, toolchain: Toolchain
) -> None:
    path = "/v1/bundles/2099a/Test/Zone,Legacy.go.tar.gz"
    root = in_tree(invented, tmp_path / "program", toolchain, path).build(tmp_path / "root")
    assert loaded(root, ["Test/Zone", "Legacy", "Test/Other", *ASKED]) == ["Test/Zone", "Legacy"]


def test_fat_files_work_as_well(service: Service, tmp_path: Path) -> None:
    path = "/v1/bundles/2026f/Asia/Shanghai,Europe/Berlin.go.tar.gz"
    project = make_project(tmp_path / "program", TOOLCHAINS[-1], imports=f"{MODULE}/{IN_TREE}")
    unpack(fetch(service, f"{path}?encoding=fat&prefix={IN_TREE}"), project.folder)
    assert loaded(project.build(tmp_path / "root"), ASKED) == ["Asia/Shanghai"]


PROGRAM = """package main

import (
	"fmt"
	"os"
	"tzdata"
)

func main() {
	fmt.Println(tzdata.Version, tzdata.Names())
	for _, name := range os.Args[1:] {
		location, err := tzdata.LoadLocation(name)
		fmt.Println(location, err)
	}
}
"""


def test_its_own_functions_work_from_a_folder_that_replaces_the_module(
    service: Service, tmp_path: Path, toolchain: Toolchain
) -> None:
    folder = tmp_path / "program"
    unpack(fetch(service, "/v1/bundles/2026f/Asia/Shanghai,PRC.go.tar.gz"), folder / "third_party")
    (folder / "main.go").write_text(PROGRAM)
    (folder / "go.mod").write_text(
        f"module {MODULE}\n\ngo 1.19\n\nrequire tzdata v0.0.0\n\nreplace tzdata => ./third_party\n"
    )
    root = Project(folder, toolchain).build(tmp_path / "root")
    # The machine's own zones, which are there, must not be taken: so not in an empty root.
    printed = run(root / "program", "PRC", "Asia/Shanghai", "UTC", "", "Local", "Europe/Berlin")
    assert printed.splitlines() == [
        "2026f [Asia/Shanghai PRC]",
        "PRC <nil>",
        "Asia/Shanghai <nil>",
        "UTC <nil>",
        "UTC <nil>",
        "Local <nil>",
        "UTC time zone Europe/Berlin is not embedded (tzdata 2026f)",
    ]
