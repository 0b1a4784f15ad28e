"""Releases from an index into a store, and in one file into a network that is closed."""

import io
import json
import random
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.build.carriage import admit, pack
from app.build.carrier import ROOT, CarriedArtifact, Carrier, read_carrier, write_carrier
from app.build.ledger import Ledger
from app.digest import sha256_hex
from app.errors import UntrustedRelease
from app.sources.base import Loaded
from app.sources.wheel import load_wheel
from app.store.disk import DiskStore
from app.store.memory import MemoryStore
from tests.cli.program import invoke
from tests.faults.children import run_with_small_files
from tests.servers import StartService
from tests.sources.loopback_index import LoopbackIndex, loopback_index
from tests.sources.wheels import small_package, unpack_package, write_wheel

WHEELS = tuple(f"tzdata-{version}-py2.py3-none-any.whl" for version in ("2026.6", "2024.1", "2022.7"))
FLIPS = 300
IMPORT = """
import sys
from app.__main__ import main
sys.argv[1:] = ["releases", "import", f"{sys.argv[1]}/carrier.tar", "--data-dir", f"{sys.argv[1]}/closed"]
try:
    main()
except SystemExit as end:
    print(end.code)
"""


@pytest.fixture
def index(wheels_dir: Path) -> Iterator[LoopbackIndex]:
    with loopback_index({name: (wheels_dir / name).read_bytes() for name in WHEELS}) as running:
        yield running


def online(index: LoopbackIndex) -> dict[str, str]:
    return {"TZDATA_FILTER_OFFLINE": "false", "TZDATA_FILTER_INDEX_URL": index.url}


def versions_in(data_dir: Path) -> list[str]:
    """Return the releases that a store keeps, as a command sees them."""
    return sorted(Ledger(DiskStore(data_dir)).pins())


class TestWhichReleaseACommandUses:
    def test_latest_is_the_newest_that_is_here_and_nobody_is_asked(self, index: LoopbackIndex) -> None:
        index.wheels = {"tzdata-2030.1-py2.py3-none-any.whl": b""}
        result = invoke("resolve", "UTC", "--json", env=online(index))
        assert json.loads(result.stdout)["release"] == "2026f"
        assert index.asked == []

    def test_one_that_is_not_here_is_fetched(self, index: LoopbackIndex) -> None:
        result = invoke("resolve", "UTC", "--release", "2024a", "--json", env=online(index))
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["release"] == "2024a"

    def test_so_is_what_a_channel_means(self, index: LoopbackIndex) -> None:
        env = {**online(index), "TZDATA_FILTER_CHANNELS": "stable=2024a"}
        for channel, release in (("stable", "2024a"), ("latest-2", "2022g")):
            result = invoke("resolve", "UTC", "--release", channel, "--json", env=env)
            assert json.loads(result.stdout)["release"] == release
        index.asked.clear()
        assert invoke("resolve", "UTC", "--release", "nightly", env=env).exit_code == 3
        assert index.asked == []

    @pytest.mark.parametrize("command", ["resolve", "extract", "zones", "diff", "verify", "lock"])
    def test_offline_nobody_is_asked(self, command: str, index: LoopbackIndex, tmp_path: Path) -> None:
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

    def test_a_tree_of_another_edition_is_not_what_its_release_is_held_against(self, tmp_path: Path) -> None:
        tree = unpack_package(small_package(), tmp_path / "package") / "tzdata/zoneinfo"
        env = {"TZDATA_FILTER_DATA_DIR": str(tmp_path / "data")}
        assert invoke("zones", "--input", tree, env=env).exit_code == 0
        assert versions_in(tmp_path / "data") == []
        assert invoke("zones", "--release", "2026f", env=env).exit_code == 0


class TestListing:
    def test_online_what_is_not_fetched_yet_is_on_the_list(self, index: LoopbackIndex) -> None:
        here = json.loads(invoke("releases", "--json", env=online(index)).stdout)
        assert [row["version"] for row in here["releases"]] == ["2026f"]
        assert index.asked == []
        there = json.loads(invoke("releases", "--online", "--json", env=online(index)).stdout)
        cached = {row["version"]: row["cached"] for row in there["releases"]}
        assert cached == {"2026f": True, "2024a": False, "2022g": False}
        assert {row["package_version"] for row in there["releases"]} == {"2026.6", "2024.1", "2022.7"}
        assert index.count(".whl") == 0
        assert "not fetched yet" in invoke("releases", "--online", env=online(index)).stdout

    def test_an_index_that_fails_is_told_after_what_is_here(self, index: LoopbackIndex) -> None:
        index.mood = "fails"
        result = invoke("releases", "--online", env=online(index))
        assert (result.exit_code, "2026f" in result.stdout) == (5, True)

    def test_online_and_offline_do_not_go_together(self, index: LoopbackIndex) -> None:
        assert invoke("releases", "--online", "--offline", env=online(index)).exit_code == 2
        assert invoke("releases", "--online").exit_code == 2


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

    def test_other_bytes_for_a_release_that_is_kept_are_refused(self, index: LoopbackIndex, tmp_path: Path) -> None:
        options = ("2026f", "--data-dir", tmp_path / "data")
        index.wheels = {WHEELS[0]: write_wheel(small_package())}
        assert invoke("releases", "fetch", *options, env=online(index)).exit_code == 0
        index.wheels = {
            WHEELS[0]: write_wheel({**small_package(), "tzdata/zoneinfo/Japan": small_package()["tzdata/zoneinfo/UTC"]})
        }
        assert invoke("releases", "fetch", *options, env=online(index)).exit_code == 4
        kept = invoke("zones", "japan", "--json", "--data-dir", tmp_path / "data")
        assert json.loads(kept.stdout)["zones"][0]["canonical"] == "Asia/Tokyo"

    def test_one_that_fails_does_not_keep_the_others(self, index: LoopbackIndex, tmp_path: Path) -> None:
        index.wheels[WHEELS[1]] = b"no wheel at all"
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


@pytest.fixture
def data_dir(wheels_dir: Path, tmp_path: Path) -> Path:
    """Return a store with two releases, and an artifact of each in every format."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in WHEELS[1:]:
        shutil.copy(wheels_dir / name, wheels)
    data = tmp_path / "data"
    for release, ending in (("2024a", "tar"), ("2024a", "tar.gz"), ("2022g", "zip")):
        options = ("--release", release, "--wheels-dir", wheels, "--data-dir", data)
        assert invoke("extract", "Africa/Cairo", *options, "-o", tmp_path / f"x.{ending}").exit_code == 0
    return data


class TestCarrying:
    def test_what_was_carried_serves_where_nothing_else_is(
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

    def test_on_a_disk_that_is_full_nothing_of_it_can_be_read(self, data_dir: Path, tmp_path: Path) -> None:
        invoke("releases", "export", "--all", "--artifacts", "--data-dir", data_dir, "-o", tmp_path / "carrier.tar")
        assert run_with_small_files(IMPORT, tmp_path) == "5\n"
        store = DiskStore(tmp_path / "closed")
        assert store.note_keys("release") == store.note_keys("record") == store.note_keys("origin") == []

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


class TestHostileCarriers:
    def test_no_flipped_bit_is_let_in(self, data_dir: Path) -> None:
        content = write_carrier(carrier_of(data_dir))
        chance = random.Random(2026)
        regions = boundaries(content)
        for number in range(FLIPS):
            low, high = regions[number % len(regions)]
            damaged = bytearray(content)
            damaged[chance.randrange(low, high)] ^= 1 << chance.randrange(8)
            with pytest.raises(UntrustedRelease):
                read_carrier(bytes(damaged))

    def test_nor_is_one_that_was_cut_or_lengthened(self, data_dir: Path) -> None:
        content = write_carrier(carrier_of(data_dir))
        for damaged in (content[:-512], content[:-1], content[: len(content) // 2], content + bytes(512), content * 2):
            with pytest.raises(UntrustedRelease):
                read_carrier(damaged)

    def test_a_forger_who_writes_the_sums_anew_gets_nowhere(self, data_dir: Path) -> None:
        honest = carrier_of(data_dir)
        for forged in forgeries(honest):
            store = MemoryStore()
            with pytest.raises(UntrustedRelease):
                admit(read_carrier(write_carrier(forged)), ledger=Ledger(store), store=store)
            assert store.note_keys("release") == store.note_keys("record") == store.note_keys("origin") == []
        store = MemoryStore()
        admit(read_carrier(write_carrier(honest)), ledger=Ledger(store), store=store)
        assert store.note_keys("release") == ["2022g", "2024a"]
        assert len(store.note_keys("record")) == 3

    def test_what_another_compressor_wrote_is_let_in_if_it_unpacks_to_the_same(self, data_dir: Path) -> None:
        honest = carrier_of(data_dir)
        (gzipped,) = (artifact for artifact in honest.artifacts if artifact.record.format == "tar.gz")
        for recipe, let_in in (("tar.1+gzip.1+zlib-9.9.9", True), ("tar.1", False), ("gozip.1", False), ("", False)):
            row = {**gzipped.record.row, "recipe": recipe}
            other = replace(gzipped, record=replace(gzipped.record, row=row))  # type: ignore[arg-type]  # as JSON may be
            store = MemoryStore()
            carrier = replace(honest, artifacts=(other,))
            if not let_in:
                with pytest.raises(UntrustedRelease):
                    admit(carrier, ledger=Ledger(store), store=store)
                continue
            admit(carrier, ledger=Ledger(store), store=store)
            assert store.read_blob(gzipped.record.hex) == gzipped.content


def carrier_of(data_dir: Path) -> Carrier:
    store = DiskStore(data_dir)
    ledger = Ledger(store)
    releases = [
        load_wheel(ledger.wheel(pin) or b"", source=pin.source, pool={})
        for version, pin in ledger.pins().items()
        if pin.sha256 and version != "2026f"
    ]
    return pack(releases, ledger=ledger, store=store, artifacts=True)


def boundaries(content: bytes) -> list[tuple[int, int]]:
    """Return the regions of a carrier: each header, each file, each padding, and the end."""
    regions: list[tuple[int, int]] = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            data = member.offset_data
            regions += [
                (member.offset, data),
                (data, data + member.size),
                (data + member.size, data + -(-member.size // 512) * 512),
            ]
    regions.append((regions[-1][1], len(content)))
    return [region for region in regions if region[0] < region[1]]


def forgeries(honest: Carrier) -> Iterator[Carrier]:
    """Yield carriers that are whole as files, and hold what nobody should let in."""
    first, second = honest.releases
    for pin in (
        replace(first.pin, tree_digest=second.pin.tree_digest),
        replace(first.pin, sha256=second.pin.sha256),
        replace(first.pin, release="2099a"),
        replace(first.pin, package_version="2099.1"),
        replace(first.pin, source="../etc"),
        replace(first.pin, sha256=None),
    ):
        yield replace(honest, releases=(replace(first, pin=pin), second))
    yield replace(honest, releases=(replace(first, wheel=second.wheel), second))
    yield replace(honest, releases=(replace(first, wheel=b"no wheel"), second))
    yield replace(honest, releases=(first,))  # artifacts without their release
    for artifact in honest.artifacts:
        others = tuple(other for other in honest.artifacts if other is not artifact)
        for forged in forged_artifacts(artifact):
            yield replace(honest, artifacts=(*others, forged))


def forged_artifacts(artifact: CarriedArtifact) -> Iterator[CarriedArtifact]:
    """Yield the artifact with other bytes under its digest, and with another request or recipe for its bytes."""
    yield replace(artifact, content=artifact.content + b"\0")
    yield replace(artifact, content=bytes(len(artifact.content)))
    request = artifact.record.row["request"]
    rows = (
        {**artifact.record.row, "request": {**request, "zones": ["Etc/UTC"]}},
        {**artifact.record.row, "request": {**request, "release": "latest"}},
        {**artifact.record.row, "request": None},
        {**artifact.record.row, "recipe": "tar.2"},
        {**artifact.record.row, "recipe": 7},
    )
    for row in rows:
        yield replace(artifact, record=replace(artifact.record, row=row))  # type: ignore[arg-type]  # as JSON may be
