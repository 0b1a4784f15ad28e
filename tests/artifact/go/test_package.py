"""Go packages as text: which files there are, what stands in them, and that nothing else is in them.

What Go makes of them is the consumers' tests' to say.
"""

import io
import re
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.go.check import format_check
from app.artifact.go.package import EmbeddedZone, make_package
from app.digest import sha256_hex
from app.errors import InvalidOption
from tests.artifact.plans import INVENTED, INVENTED_NAMES, bundle, plan
from tests.data.real_releases import real_release

FILES = ["LICENSE", "README.md", "go.mod", "tzdata.go", "tzdata_test.go", "zones.go"]
ZLIB = "1.2.13"
"""The runtime that the digest of ``go.tar.gz`` is of."""


def read_embedded(source: bytes) -> dict[str, bytes]:
    """Return name → content as ``zones.go`` has them, read by other means than those that wrote it."""
    text = source.decode("ascii")
    index = re.search(r"const index = `([^`]*)`", text)
    assert index is not None
    literals = re.findall(r'^\t"(.*)"(?: \+)?$', text.partition("const data =")[2], re.MULTILINE)
    data = "".join(literals).encode().decode("unicode_escape").encode("latin-1")
    rows = [line.split() for line in index[1].splitlines()]
    return {name: data[int(at) : int(at) + int(size)] for name, at, size in rows}


def unpack(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as reader:
        files = {member.name: reader.extractfile(member) for member in reader if member.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


def embedded(*contents: tuple[str, bytes]) -> list[EmbeddedZone]:
    return [EmbeddedZone(name, sha256_hex(content), content) for name, content in contents]


def write(zones: list[EmbeddedZone]) -> dict[str, bytes]:
    return dict(make_package(zones, version="2099a", encoding="slim", module="tzdata", import_path="tzdata"))


def test_a_package_has_these_files() -> None:
    files = unpack(bundle(["Test/Zone"], format="go.tar.gz"))
    assert [*files] == FILES
    assert files["go.mod"] == b"module tzdata\n\ngo 1.19\n"
    assert b'const Version = "2099a"' in files["tzdata.go"]
    assert b"public domain" in files["LICENSE"]
    assert b"MIT License" in files["LICENSE"]


def test_its_zones_are_those_asked_for_and_their_bytes_the_release_s() -> None:
    zones = read_embedded(unpack(bundle(["Test/*", "Etc/Test+1"], format="go.tar.gz"))["zones.go"])
    names = [name for name in INVENTED_NAMES if name != "Legacy"]
    assert zones == {name: INVENTED.files[name].content for name in sorted(names)}


def test_equal_files_stand_there_once(wheels_dir: Path) -> None:
    release = real_release(wheels_dir, "2026.6")
    source = unpack(bundle(["Asia/Kolkata", "Asia/Calcutta"], release, format="go.tar.gz"))["zones.go"]
    assert source.count(b"TZif") == 2  # one file has its header twice
    assert b"Asia/Calcutta 0 220\nAsia/Kolkata 0 220\n" in source
    assert b"\t// Asia/Calcutta, Asia/Kolkata\n" in source


def test_below_a_prefix_there_is_no_go_mod() -> None:
    files = unpack(bundle(["Test/Zone"], format="go.tar.gz", prefix="internal/tzdata"))
    assert [*files] == [f"internal/tzdata/{name}" for name in FILES if name != "go.mod"]
    assert b'import _ "example.com/program/internal/tzdata"' in files["internal/tzdata/tzdata.go"]
    assert b"go.mod" not in files["internal/tzdata/README.md"]


def test_a_module_s_zip_holds_files_below_path_and_version_and_no_directories() -> None:
    content = bundle(["Test/Zone"], format="go.zip", module="tz.internal/test/zone")
    with zipfile.ZipFile(io.BytesIO(content)) as reader:
        assert reader.namelist() == [f"tz.internal/test/zone@v0.2099.101/{name}" for name in FILES]
        assert {info.compress_type for info in reader.infolist()} == {zipfile.ZIP_STORED}
        assert reader.testzip() is None
        go_mod = reader.read("tz.internal/test/zone@v0.2099.101/go.mod")
    assert go_mod == b"module tz.internal/test/zone\n\ngo 1.19\n"


def test_the_plan_lists_the_files_and_after_them_the_zones_with_their_reasons() -> None:
    made = plan(["Test/Legacy"], format="go.tar.gz", aliases="target")
    assert [entry.path for entry in made.unpacked] == FILES
    zones = [(entry.path, entry.kind, entry.zone, entry.reason) for entry in made.entries[len(FILES) :]]
    assert zones == [
        ("Test/Legacy", "embedded", "Test/Legacy", "requested"),
        ("Test/Other", "embedded", "Test/Other", "Zone behind the Link Test/Legacy"),
    ]


def test_the_tree_digest_is_that_of_the_files_one_unpacks() -> None:
    made = plan(["Test/Zone"], format="go.tar.gz")
    files = unpack(bundle(["Test/Zone"], format="go.tar.gz"))
    text = "".join(f"{sha256_hex(content)}  {name}\n" for name, content in sorted(files.items()))
    assert made.tree_digest == f"sha256:{sha256_hex(text.encode())}"


def test_releases_with_the_same_files_give_different_packages(wheels_dir: Path) -> None:
    # Each says in its source which release it is.
    keys = {
        plan(["Etc/UTC"], real_release(wheels_dir, version), format="go.tar.gz").content_key
        for version in ("2025.1", "2026.6")
    }
    assert len(keys) == 2


def test_the_order_of_zones_makes_no_difference() -> None:
    names = ["Test/Zone", "Test/Other", "Etc/Test+1"]
    assert bundle(names, format="go.tar.gz") == bundle([*reversed(names), *names], format="go.tar.gz")


def test_two_packages_are_what_they_were(wheels_dir: Path) -> None:
    release = real_release(wheels_dir, "2026.6")
    zones = ["Asia/Shanghai", "Etc/UTC"]
    module = bundle(zones, release, format="go.zip", module="tz.internal/asia/shanghai/etc/utc")
    assert sha256_hex(module) == "aaf5833d723caaf92a4eec5b829a2deb010353ec538210db40a84159fdb4e52b"
    packed = bundle(zones, release, format="go.tar.gz")
    if zlib.ZLIB_RUNTIME_VERSION == ZLIB:
        assert sha256_hex(packed) == "6fe5333b9d0af36e7c2a5374927fb493cd96f572210a1a55aa89ccbc68b17c41"


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5))
def test_any_bytes_come_back_from_the_source(contents: list[bytes]) -> None:
    zones = [(f"Test/Zone_{number}", content) for number, content in enumerate(contents)]
    assert read_embedded(write(embedded(*zones))["zones.go"]) == dict(zones)


@pytest.mark.parametrize("name", ["tzdata.go", "tzdata_test.go", "zones.go"])
def test_every_source_file_is_marked_as_generated(name: str) -> None:
    text = write(embedded(("Etc/UTC", b"TZif")))[name].decode("ascii")
    assert re.search(r"^// Code generated .* DO NOT EDIT\.$", text, re.MULTILINE)
    assert "$" not in text
    assert "\r" not in text


def test_the_readme_says_how_many_zones_there_are_and_whether_they_are_fat() -> None:
    one = unpack(bundle(["Test/Zone"], format="go.tar.gz"))["README.md"].decode()
    two = unpack(bundle(["Test/Zone", "Test/Other"], format="go.tar.gz", encoding="fat"))["README.md"].decode()
    assert one.startswith("# 1 time zone of tzdata 2099a for Go\n")
    assert two.startswith("# 2 time zones of tzdata 2099a for Go\n")
    assert ("fat" in one, "fat" in two) == (False, True)
    assert two.endswith("- Test/Other\n- Test/Zone\n")


class TestCheck:
    """The start-up check: its words are given, and cannot break out of where they stand."""

    def write(self, package: str = "main", variables: tuple[str, ...] = ("TZ",), import_path: str = "") -> str:
        zones = ["Etc/UTC", "Asia/Shanghai"]
        written = format_check(zones, version="2026f", package=package, variables=variables, import_path=import_path)
        return written.decode("ascii")

    def test_it_holds_the_zones_sorted_and_the_variables(self) -> None:
        text = self.write(package="config", variables=("TZ", "APP_TZ"))
        assert "\npackage config\n" in text
        assert '{\n\t"Asia/Shanghai",\n\t"Etc/UTC",\n}' in text
        assert '{"TZ", "APP_TZ"}' in text

    def test_it_imports_the_package_with_the_zones_if_told_which(self) -> None:
        assert '\t"time"\n\n\t_ "tz.internal/etc/utc"\n)' in self.write(import_path="tz.internal/etc/utc")
        assert '\t"time"\n)' in self.write()

    @pytest.mark.parametrize("package", ["", "type", "_", "1x", "a-b", "a b", "a\n", "ä", 'x"'])
    def test_what_is_no_package_is_refused(self, package: str) -> None:
        with pytest.raises(InvalidOption, match="is not the name of a Go package"):
            self.write(package=package)

    @pytest.mark.parametrize("variable", ["", "1X", "A=B", 'A"', "A\n"])
    def test_what_is_no_variable_is_refused(self, variable: str) -> None:
        with pytest.raises(InvalidOption, match="is not the name of an environment variable"):
            self.write(variables=(variable,))

    @pytest.mark.parametrize("path", ['x"', "x y", "../x", "x\n"])
    def test_what_is_no_import_is_refused(self, path: str) -> None:
        with pytest.raises(InvalidOption, match="is not a Go import path"):
            self.write(import_path=path)
