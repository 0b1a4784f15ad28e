"""Archives: GNU tar, busybox tar, Python and unzip unpack them without a word, and what then lies there is right."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.digest import sha256_hex
from tests.consumers.bundles import PlanRow, decode_wheel, fetch, fetch_plan, tree, unpack
from tests.consumers.tools import find, in_root, run
from tests.servers import Service

STYLES = ("hard", "symbolic", "copy")
KINDS = {"hard": {"file", "hard"}, "symbolic": {"file", "symbolic"}, "copy": {"file"}}
PREFIXES = ("", "usr/share/zoneinfo")
# Zones with Links beside and far from them, at all depths, among them a Zone whose Links are in other folders.
ZONES = "Europe/London,America/Argentina/*,Asia/Kolkata,Etc/UTC"


def bundle_and_plan(service: Service, query: str, *, format: str = "tar") -> tuple[bytes, PlanRow]:
    zones = f"/v1/bundles/latest/{ZONES}"
    return fetch(service, f"{zones}.{format}?{query}"), fetch_plan(service, f"{zones}.json?{query}&format={format}")


def check_tree(directory: Path, plan: PlanRow) -> None:
    """Check that a directory holds what the plan says, and says it the way the plan says."""
    assert {path: sha256_hex(content) for path, content in tree(directory).items()} == {
        entry["path"]: entry["sha256"] for entry in plan["entries"]
    }
    by_zone = {entry["zone"]: directory / entry["path"] for entry in plan["entries"]}
    for entry in plan["entries"]:
        path = directory / entry["path"]
        assert path.is_symlink() == (entry["kind"] == "symbolic")
        if entry["kind"] in ("hard", "symbolic"):
            assert path.samefile(by_zone[entry["target"]])
        if entry["kind"] == "symbolic":
            assert not path.readlink().is_absolute()
        if entry["kind"] == "file" and entry["target"] is not None:
            assert path.stat().st_nlink == 1


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("format", ["tar", "tar.gz"])
def test_gnu_tar_unpacks_it_without_a_warning(
    service: Service, tmp_path: Path, style: str, prefix: str, format: str
) -> None:
    query = f"aliases=all&links={style}&prefix={prefix}&tables=zone1970.tab,tzdata.zi"
    content, plan = bundle_and_plan(service, query, format=format)
    check_tree(unpack(content, tmp_path / "tree"), plan)
    assert {entry["kind"] for entry in plan["entries"]} == {"table", *KINDS[style]}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("prefix", PREFIXES)
def test_busybox_tar_unpacks_it_where_there_is_nothing_else(
    service: Service, tmp_path: Path, style: str, prefix: str
) -> None:
    content, plan = bundle_and_plan(service, f"aliases=all&links={style}&prefix={prefix}", format="tar.gz")
    (tmp_path / "busybox").write_bytes(Path(find("busybox")).read_bytes())
    (tmp_path / "busybox").chmod(0o755)
    (tmp_path / "tree").mkdir()
    assert run(*in_root(tmp_path), "/busybox", "tar", "-xzf", "-", "-C", "/tree", stdin=content) == ""
    check_tree(tmp_path / "tree", plan)


@pytest.mark.parametrize("style", STYLES)
def test_python_unpacks_it_with_its_strictest_filter(service: Service, tmp_path: Path, style: str) -> None:
    content, plan = bundle_and_plan(service, f"aliases=all&links={style}")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(tmp_path, filter="data")
    check_tree(tmp_path, plan)


@pytest.mark.parametrize("style", STYLES)
def test_its_list_shows_one_owner_one_time_and_no_surprising_mode(service: Service, style: str) -> None:
    content, plan = bundle_and_plan(service, f"aliases=all&links={style}")
    listed = run("tar", "--utc", "-tvf", "-", stdin=content).splitlines()
    assert {line.split()[0] for line in listed} <= {"drwxr-xr-x", "-rw-r--r--", "hrw-r--r--", "lrwxrwxrwx"}
    assert {tuple(line.split()[i] for i in (1, 3, 4)) for line in listed} == {("0/0", "1980-01-01", "00:00")}
    paths = [line.split()[5] for line in listed]
    assert sorted(path for path in paths if not path.endswith("/")) == sorted(e["path"] for e in plan["entries"])
    assert len(paths) == len(set(paths))


def test_unpacking_over_a_tree_changes_what_was_asked_for_and_nothing_else(service: Service, tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "London").write_bytes(b"old")
    (tmp_path / "Europe" / "Atlantis").write_bytes(b"another's")
    unpack(fetch(service, "/v1/bundles/latest/Europe/London.tar.gz"), tmp_path)
    assert {*tree(tmp_path)} == {"Europe/London", "Europe/Atlantis"}
    assert (tmp_path / "Europe" / "Atlantis").read_bytes() == b"another's"
    assert (tmp_path / "Europe" / "London").read_bytes().startswith(b"TZif")


def test_directories_in_the_way_keep_their_owner_and_mode_when_tar_is_told_so(service: Service, tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir(mode=0o700)
    content = fetch(service, "/v1/bundles/latest/Europe/London.tar")
    run("tar", "--no-overwrite-dir", "-xf", "-", "-C", tmp_path, stdin=content)
    assert (tmp_path / "Europe").stat().st_mode & 0o777 == 0o700


def test_unzip_and_gzip_find_nothing_wrong(service: Service, tmp_path: Path) -> None:
    (tmp_path / "zoneinfo.zip").write_bytes(fetch(service, "/v1/bundles/latest/*.zip"))
    assert "No errors detected" in run("unzip", "-t", tmp_path / "zoneinfo.zip")
    (tmp_path / "zoneinfo.tar.gz").write_bytes(fetch(service, "/v1/bundles/latest/*.tar.gz"))
    assert run("gzip", "--test", tmp_path / "zoneinfo.tar.gz") == ""


def test_unzip_and_pythons_zipfile_read_what_was_asked_for(service: Service, tmp_path: Path) -> None:
    content = fetch(service, "/v1/bundles/latest/Asia/Shanghai,Etc/UTC.zip")
    (tmp_path / "zoneinfo.zip").write_bytes(content)
    run("unzip", "-q", "zoneinfo.zip", "-d", "tree", cwd=tmp_path)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == tree(tmp_path / "tree")


@pytest.mark.parametrize("package_version", ["2020.1", "2022.7", "2026.6"])
@pytest.mark.parametrize("links", STYLES)
def test_every_file_of_a_whole_tree_is_the_one_the_publisher_promised(
    every_release: Service, wheels_dir: Path, tmp_path: Path, package_version: str, links: str
) -> None:
    release = {"2020.1": "2020a", "2022.7": "2022g", "2026.6": "2026f"}[package_version]
    wheel = decode_wheel(wheels_dir, package_version)
    unpack(fetch(every_release, f"/v1/bundles/{release}/*.tar.gz?links={links}"), tmp_path)
    found = {path: sha256_hex(content) for path, content in tree(tmp_path).items()}
    assert found == {name: wheel.sums[name] for name in wheel.zones}
