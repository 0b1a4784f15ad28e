"""Releases from an index into a store, and in one file into a closed network."""

import json
import tarfile
from pathlib import Path

from app.airgap.carrier import ROOT
from app.builder.artifacts import ORIGIN, RECORD
from app.digest import sha256_hex
from app.releases.ledger import Ledger
from app.releases.lines import RELEASE
from app.sources.base import Loaded
from app.sources.wheel import load_wheel
from app.store.disk import DiskStore
from tests.cli.conftest import WHEELS
from tests.cli.program import invoke, online, versions_in
from tests.faults.children import run_with_small_files
from tests.servers import StartService
from tests.sources.loopback_index import LoopbackIndex
from tests.sources.wheels import small_package, write_wheel

IMPORT = """
import sys
from app.__main__ import main
sys.argv[1:] = ["releases", "import", f"{sys.argv[1]}/carrier.tar", "--data-dir", f"{sys.argv[1]}/closed"]
try:
    main()
except SystemExit as end:
    print(end.code)
"""


class TestFetching:
    def test_what_was_fetched_is_kept_and_not_fetched_again(self, index: LoopbackIndex, tmp_path: Path) -> None:
        for _ in range(2):
            result = invoke("releases", "fetch", "2024a", "latest", "--data-dir", tmp_path / "data", env=online(index))
            assert result.exit_code == 0, result.stderr
        assert (index.count("2024.1"), index.count("2026.6"), index.count("2022.7")) == (1, 1, 0)
        assert versions_in(tmp_path / "data") == ["2024a", "2026f"]
        listed = json.loads(invoke("releases", "--json", "--data-dir", tmp_path / "data").stdout)
        assert [(row["version"], row["source"]) for row in listed["releases"]] == [
            ("2026f", "index"),
            ("2024a", "index"),
        ]

    def test_all_of_them_into_a_wheels_directory(self, index: LoopbackIndex, tmp_path: Path) -> None:
        wheels = tmp_path / "new/wheels"
        assert invoke("releases", "fetch", "--all", "--wheels-dir", wheels, env=online(index)).exit_code == 0
        assert {path.name: path.read_bytes() for path in wheels.iterdir()} == index.wheels
        listed = json.loads(invoke("releases", "--json", "--wheels-dir", wheels).stdout)
        assert [row["version"] for row in listed["releases"]] == ["2026f", "2024a", "2022g"]

    def test_different_bytes_for_a_release_that_is_kept_are_refused(self, index: LoopbackIndex, tmp_path: Path) -> None:
        options = ("2026f", "--data-dir", tmp_path / "data")
        index.wheels = {WHEELS[0]: write_wheel(small_package())}
        assert invoke("releases", "fetch", *options, env=online(index)).exit_code == 0
        index.wheels = {
            WHEELS[0]: write_wheel({**small_package(), "tzdata/zoneinfo/Japan": small_package()["tzdata/zoneinfo/UTC"]})
        }
        assert invoke("releases", "fetch", *options, env=online(index)).exit_code == 4
        kept = invoke("zones", "japan", "--json", "--data-dir", tmp_path / "data")
        assert json.loads(kept.stdout)["zones"][0]["canonical"] == "Asia/Tokyo"

    def test_one_that_fails_does_not_stop_the_others(self, index: LoopbackIndex, tmp_path: Path) -> None:
        index.wheels[WHEELS[1]] = b"not a wheel at all"
        result = invoke("releases", "fetch", "--all", "--data-dir", tmp_path / "data", env=online(index))
        assert result.exit_code == 4
        assert versions_in(tmp_path / "data") == ["2022g", "2026f"]

    def test_what_cannot_be_fetched(self, index: LoopbackIndex, tmp_path: Path) -> None:
        data = ("--data-dir", tmp_path / "data")
        (tmp_path / "file").write_text("")
        assert invoke("releases", "fetch", "2024a", *data).exit_code == 2, "offline"
        assert invoke("releases", "fetch", "2024a", env=online(index)).exit_code == 2, "nowhere to keep it"
        assert invoke("releases", "fetch", *data, env=online(index)).exit_code == 2, "no names"
        assert invoke("releases", "fetch", "2024a", "--all", *data, env=online(index)).exit_code == 2
        assert invoke("releases", *data, "fetch", "2024a", env=online(index)).exit_code == 2, "options of the group"
        assert invoke("releases", "fetch", "2020f", *data, env=online(index)).exit_code == 3
        assert invoke("releases", "fetch", "../x", *data, env=online(index)).exit_code == 3
        index.mood = "refuses"
        assert invoke("releases", "fetch", "2024a", *data, env=online(index)).exit_code == 5


class TestCarrying:
    def test_what_was_carried_is_served_where_nothing_else_is(
        self, data_dir: Path, start_service: StartService, tmp_path: Path
    ) -> None:
        carrier, closed = tmp_path / "carrier.tar", tmp_path / "closed"
        export = ("2024a", "2022g", "--artifacts", "--data-dir", data_dir, "-o", carrier)
        assert invoke("releases", "export", *export).exit_code == 0
        assert invoke("releases", "import", carrier, "--data-dir", closed).exit_code == 0
        service = start_service(data_dir=closed, offline=True)
        with service.client() as client:
            rows = client.get("/v1/releases").json()["releases"]
            assert {row["version"] for row in rows} >= {"2024a", "2022g"}
            for ending in ("tar", "tar.gz", "zip"):
                content = (tmp_path / f"x.{ending}").read_bytes()
                found = client.get(f"/v1/artifacts/{sha256_hex(content)}.{ending}")
                assert (found.status_code, found.content) == (200, content)
            assert client.get("/v1/bundles/2022g/Europe/Berlin.tar").status_code == 200

    def test_equal_contents_give_equal_files(self, data_dir: Path, tmp_path: Path) -> None:
        for name, releases in (("a", ("2024a", "2022g")), ("b", ("2022g", "2024a", "2022g")), ("c", ("--all",))):
            export = (*releases, "--artifacts", "--data-dir", data_dir, "-o", tmp_path / name)
            assert invoke("releases", "export", *export).exit_code == 0
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes()
        invoke("releases", "import", tmp_path / "a", "--data-dir", tmp_path / "closed")
        again = ("--all", "--artifacts", "--data-dir", tmp_path / "closed", "-o", tmp_path / "d")
        assert invoke("releases", "export", *again).exit_code == 0
        assert (tmp_path / "d").read_bytes() == (tmp_path / "a").read_bytes()

    def test_unpacked_it_is_a_wheels_directory(self, data_dir: Path, tmp_path: Path) -> None:
        invoke("releases", "export", "--all", "--data-dir", data_dir, "-o", tmp_path / "carrier.tar")
        with tarfile.open(tmp_path / "carrier.tar") as archive:
            archive.extractall(tmp_path, filter="data")
        listed = invoke("releases", "--json", "--wheels-dir", tmp_path / ROOT / "wheels")
        assert {row["version"] for row in json.loads(listed.stdout)["releases"]} == {"2026f", "2024a", "2022g"}

    def test_importing_twice_changes_nothing(self, data_dir: Path, tmp_path: Path) -> None:
        carrier, closed = tmp_path / "carrier.tar", tmp_path / "closed"
        invoke("releases", "export", "--all", "--artifacts", "--data-dir", data_dir, "-o", carrier)
        assert invoke("releases", "import", carrier, "--data-dir", closed).exit_code == 0
        before = {path: path.read_bytes() for path in closed.rglob("*") if path.is_file()}
        assert invoke("releases", "import", carrier, "--data-dir", closed).exit_code == 0
        assert {path: path.read_bytes() for path in closed.rglob("*") if path.is_file()} == before

    def test_a_release_that_is_pinned_with_other_bytes_is_refused_with_all_the_rest(
        self, data_dir: Path, tmp_path: Path
    ) -> None:
        carrier, closed = tmp_path / "carrier.tar", tmp_path / "closed"
        invoke("releases", "export", "--all", "--artifacts", "--data-dir", data_dir, "-o", carrier)
        wheel = write_wheel(small_package(iana="2022g", package="2022.7"))
        Ledger(DiskStore(closed)).keep(Loaded(load_wheel(wheel, source="index", pool={}), wheel))
        before = {path: path.read_bytes() for path in closed.rglob("*") if path.is_file()}
        result = invoke("releases", "import", carrier, "--data-dir", closed)
        assert (result.exit_code, "2022g" in result.stderr) == (4, True)
        assert {path: path.read_bytes() for path in closed.rglob("*") if path.is_file()} == before

    def test_on_a_full_disk_nothing_of_it_can_be_read(self, data_dir: Path, tmp_path: Path) -> None:
        invoke("releases", "export", "--all", "--artifacts", "--data-dir", data_dir, "-o", tmp_path / "carrier.tar")
        assert run_with_small_files(IMPORT, tmp_path) == "5\n"
        store = DiskStore(tmp_path / "closed")
        assert store.note_keys(RELEASE) == store.note_keys(RECORD) == store.note_keys(ORIGIN) == []

    def test_what_cannot_be_exported(self, data_dir: Path, tmp_path: Path) -> None:
        to = ("-o", tmp_path / "carrier.tar")
        assert invoke("releases", "export", "--all", *to).exit_code == 3
        assert invoke("releases", "export", "2026f", "--data-dir", data_dir, *to).exit_code == 3
        assert invoke("releases", "export", "2020a", "--data-dir", data_dir, *to).exit_code == 3
        assert invoke("releases", "export", "--data-dir", data_dir, *to).exit_code == 2
        assert not (tmp_path / "carrier.tar").exists()

    def test_what_cannot_be_imported(self, tmp_path: Path) -> None:
        data = ("--data-dir", tmp_path / "data")
        assert invoke("releases", "import", tmp_path / "absent", *data).exit_code == 5
        for content in (b"", b"no tar", bytes(10_240), b"\x1f\x8b"):
            (tmp_path / "file").write_bytes(content)
            assert invoke("releases", "import", tmp_path / "file", *data).exit_code == 4
        assert invoke("releases", "import", tmp_path / "file").exit_code == 2
        assert versions_in(tmp_path / "data") == []
