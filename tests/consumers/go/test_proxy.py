"""Go modules from the service, fetched by the Go tool as its users do, with nothing else within its reach."""

import json
from pathlib import Path

import pytest

from tests.cli.program import run as run_command
from tests.consumers.bundles import fetch
from tests.consumers.go.packages import Project, loaded, make_project
from tests.consumers.go.test_package import TOOLCHAINS
from tests.consumers.go.toolchains import Toolchain
from tests.servers import Service

ZONES = ("Asia/Shanghai", "Etc/GMT+8", "Etc/UTC")
MODULE = "tz.internal/asia/shanghai/etc/gmt.8/etc/utc"
VERSION = "v0.2026.601"
NEWEST = TOOLCHAINS[-1]


@pytest.fixture(params=TOOLCHAINS, ids=lambda toolchain: toolchain.name)
def toolchain(request: pytest.FixtureRequest) -> Toolchain:
    found: Toolchain = request.param
    return found


def make_client(service: Service, folder: Path, toolchain: Toolchain = NEWEST, *, module: str = MODULE) -> Project:
    """Return a program that imports a module and gets it from the service alone."""
    return make_project(folder, toolchain, imports=module, proxy=f"{service.base_url}/go")


def test_go_get_brings_the_module_and_the_program_has_its_zones_in_an_empty_root(
    service: Service, tmp_path: Path, toolchain: Toolchain
) -> None:
    client = make_client(service, tmp_path / "program", toolchain)
    assert f"go: added {MODULE} {VERSION}\n" in client.go("get", f"{MODULE}@2026f")
    assert client.sum_lines() == fetch(service, f"/go/{MODULE}/@v/{VERSION}.sum").decode().splitlines()
    assert client.go("mod", "verify") == "all modules verified\n"
    assert client.go("mod", "tidy") == ""
    root = client.build(tmp_path / "root")
    assert loaded(root, [*ZONES, "Europe/Berlin", "Etc/GMT+7"]) == [*ZONES]


def test_the_downloaded_package_passes_its_own_tests(service: Service, tmp_path: Path, toolchain: Toolchain) -> None:
    client = make_client(service, tmp_path / "program", toolchain)
    client.go("get", MODULE)
    assert client.go("vet", MODULE) == ""
    assert client.go("test", MODULE).startswith(f"ok  \t{MODULE}\t")


def test_download_by_a_go_sum_that_was_printed_before(service: Service, tmp_path: Path) -> None:
    client = make_client(service, tmp_path / "program")
    printed = run_command("go-sum", *ZONES, "--release", "2026f")
    assert printed.returncode == 0
    with (client.folder / "go.mod").open("a") as go_mod:
        go_mod.write(f"\nrequire {MODULE} {VERSION}\n")
    (client.folder / "go.sum").write_bytes(printed.stdout)
    assert client.go("mod", "download") == ""
    client.build(tmp_path / "root")
    assert (client.folder / "go.sum").read_bytes() == printed.stdout


def test_a_module_unlike_its_go_sum_is_refused(service: Service, tmp_path: Path) -> None:
    client = make_client(service, tmp_path / "program")
    with (client.folder / "go.mod").open("a") as go_mod:
        go_mod.write(f"\nrequire {MODULE} {VERSION}\n")
    (client.folder / "go.sum").write_text(f"{MODULE} {VERSION} h1:{'A' * 43}=\n")
    code, said = client.try_go("mod", "download")
    assert code == 1
    assert "checksum mismatch" in said


def test_versions_are_the_releases_and_any_of_them_can_be_had(every_release: Service, tmp_path: Path) -> None:
    client = make_client(every_release, tmp_path / "program")
    versions = client.go("list", "-m", "-versions", MODULE).split()[1:]
    releases = json.loads(fetch(every_release, "/v1/releases"))["releases"]
    assert (len(versions), versions[0], versions[-1]) == (len(releases), "v0.2020.101", VERSION)
    client.go("get", f"{MODULE}@v0.2024.101")
    assert f"downgraded {MODULE} v0.2024.101 => v0.2020.101" in client.go("get", f"{MODULE}@2020a")
    assert f"upgraded {MODULE} v0.2020.101 => {VERSION}" in client.go("get", "-u", MODULE)
    assert f"downgraded {MODULE} {VERSION} => v0.2026.501" in client.go("get", f"{MODULE}@latest-1")


def test_a_module_has_only_the_versions_that_have_its_zones(every_release: Service, tmp_path: Path) -> None:
    client = make_client(every_release, tmp_path / "program", module="tz.internal/europe/kyiv")
    versions = client.go("list", "-m", "-versions", "tz.internal/europe/kyiv").split()[1:]
    assert versions[0] == "v0.2022.201"
    code, said = client.try_go("get", "tz.internal/europe/kyiv@2020a")
    assert code == 1
    assert "did you mean europe/kiev" in said


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("tz.internal/asia/shangai", "did you mean asia/shanghai"),
        (f"{MODULE}@2099z", "release 2099z is not known here"),
        (f"{MODULE}@v0.2026.602", "there is no version 'v0.2026.602'"),
        (f"{MODULE}@v1.0.0", "there is no version 'v1.0.0'"),
        ("tz.internal/Asia/Shanghai", "zones are in lower case"),
        ("example.com/other", "modules here are below tz.internal"),
    ],
)
def test_the_tool_shows_what_is_wrong(service: Service, tmp_path: Path, asked: str, answer: str) -> None:
    code, said = make_client(service, tmp_path / "program").try_go("get", asked)
    assert code == 1
    assert answer in said


def test_a_chain_goes_on_to_the_next_proxy_for_modules_that_are_not_here(service: Service, tmp_path: Path) -> None:
    other = "example.com/other/zones"
    folder = tmp_path / "proxy" / other / "@v"
    folder.mkdir(parents=True)
    module = fetch(service, f"/v1/bundles/2026f/Europe/Berlin.go.zip?module={other}")
    (folder / f"{VERSION}.zip").write_bytes(module)
    (folder / f"{VERSION}.mod").write_text(f"module {other}\n\ngo 1.19\n")
    (folder / f"{VERSION}.info").write_text(f'{{"Version": "{VERSION}"}}')
    (folder / "list").write_text(f"{VERSION}\n")

    chain = f"{service.base_url}/go,file://{tmp_path / 'proxy'}"
    client = make_project(tmp_path / "program", NEWEST, imports=other, proxy=chain)
    client.go("get", other, MODULE)
    assert loaded(client.build(tmp_path / "root"), ["Europe/Berlin", *ZONES]) == ["Europe/Berlin"]


def test_zones_may_stand_in_any_order_and_be_a_country_s(service: Service, tmp_path: Path) -> None:
    for number, (module, names) in enumerate(
        (("tz.internal/etc/utc/asia/tokyo", ["Etc/UTC", "Asia/Tokyo"]), ("tz.internal/country/jp", ["Asia/Tokyo"]))
    ):
        client = make_client(service, tmp_path / f"program{number}", module=module)
        client.go("get", module)
        assert loaded(client.build(tmp_path / f"root{number}"), ["Etc/UTC", "Asia/Tokyo"]) == names


def test_a_program_may_build_from_a_vendor_folder(service: Service, tmp_path: Path) -> None:
    client = make_client(service, tmp_path / "program")
    client.go("get", MODULE)
    client.go("mod", "vendor")
    vendored = {path.name for path in (client.folder / "vendor" / MODULE).iterdir()}
    assert vendored == {"LICENSE", "README.md", "tzdata.go", "zones.go"}
    offline = Project(client.folder, client.toolchain)
    assert loaded(offline.build(tmp_path / "root"), ZONES) == [*ZONES]
