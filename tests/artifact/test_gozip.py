"""Zips for Go: every header word, and equality with the files of Go distributions to the byte."""

import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.artifact.gozip import encode_gozip
from app.digest import sha256_hex
from tests.artifact.plans import INVENTED_NAMES, bundle, entry, plan
from tests.data.real_releases import real_release

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

# lib/time/zoneinfo.zip of the Go distribution, which was made from the same release without pre-1970 data.
GO_1_21_13 = (400_280, "3fe2fe0c5897093e4965480de18722eabc224a1b7ac4dcb1ceb6943d62c01efe")
GO_1_22_10 = (401_728, "19ffc039dc3fd174849b8d18b1420c48a7b0d97a1ddaaa6d14e9216da6c11597")
GO_1_23_9 = (401_710, "2359012e2cf90a23bf4e9eeaeecc06b7936e9f37b76af97e9dc904b95d6a944a")
GO_1_24_11 = (406_409, "58b3770b2c2216eaa856c18464dcac90bcb8547764e40ef660ef3b0f19cd43d0")


@pytest.mark.parametrize(
    ("package_version", "of_go"),
    [("2023.3", GO_1_21_13), ("2023.4", GO_1_22_10), ("2024.1", GO_1_23_9), ("2025.1", GO_1_24_11)],
    ids=["1.21.13", "1.22.10", "1.23.9", "1.24.11"],
)
def test_all_names_make_the_file_of_the_go_distribution(
    wheels_dir: Path, package_version: str, of_go: tuple[int, str]
) -> None:
    content = bundle(["*"], real_release(wheels_dir, package_version), format="zip")
    assert (len(content), sha256_hex(content)) == of_go


def test_every_word_of_a_one_entry_zip() -> None:
    (only,) = plan(["Test/Zone"], format="zip").entries
    name, crc, size = b"Test/Zone", only.crc32, only.size
    local = LOCAL + bytes(10) + struct.pack("<IIIHH", crc, size, size, len(name), 0) + name
    central = CENTRAL + bytes(12) + struct.pack("<IIIH", crc, size, size, len(name)) + bytes(16) + name
    end = END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + size, 0)
    assert bundle(["Test/Zone"], format="zip") == local + only.content + central + end


def test_every_header_word_is_zero_but_checksum_sizes_name_length_and_offset() -> None:
    archive = bundle(["*"], format="zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as reader:
        infos, start = reader.infolist(), reader.start_dir
    at = start
    for info in infos:
        length = len(info.filename)
        sizes = struct.pack("<III", info.CRC, info.file_size, info.file_size)
        local = archive[info.header_offset : info.header_offset + 30 + length]
        assert local == LOCAL + bytes(10) + sizes + struct.pack("<HH", length, 0) + info.filename.encode()
        central = archive[at : at + 46 + length]
        offset = struct.pack("<I", info.header_offset)
        assert central == CENTRAL + bytes(12) + sizes + struct.pack("<H", length) + bytes(12) + offset + (
            info.filename.encode()
        )
        at += len(central)
    assert archive[at:] == END + struct.pack("<HHHHIIH", 0, 0, len(infos), len(infos), at - start, start, 0)


def test_the_end_record_is_the_last_22_bytes() -> None:
    # Go's reader looks for it nowhere else.
    assert bundle(["*"], format="zip")[-22:][:4] == END
    assert encode_gozip([]) == END + bytes(18)


@given(st.sets(st.sampled_from(INVENTED_NAMES), min_size=1), st.sampled_from(["", "zone.tab,tzdata.zi"]))
def test_zipfile_reads_every_byte(zones: set[str], tables: str) -> None:
    made = plan(zones, format="zip", tables=tables)
    with zipfile.ZipFile(io.BytesIO(encode_gozip(made.entries))) as reader:
        assert reader.testzip() is None
        assert {info.compress_type for info in reader.infolist()} == {zipfile.ZIP_STORED}
        assert reader.namelist() == [each.path for each in made.entries]
        assert {name: reader.read(name) for name in reader.namelist()} == {
            each.path: each.content for each in made.entries
        }


@given(st.dictionaries(st.text(alphabet="abc/", min_size=1, max_size=8), st.binary(max_size=2_000), max_size=5))
def test_any_entries_are_read_back_in_their_order(files: dict[str, bytes]) -> None:
    archive = encode_gozip([entry(path, content) for path, content in files.items()])
    with zipfile.ZipFile(io.BytesIO(archive)) as reader:
        assert [(info.filename, info.CRC) for info in reader.infolist()] == [
            (path, zlib.crc32(content)) for path, content in files.items()
        ]
        assert {path: reader.read(path) for path in files} == files


def test_names_come_by_component_as_go_sorts_them() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(["*"], format="zip"))) as reader:
        assert reader.namelist() == [
            "Etc/Test+1",
            "Legacy",
            "Test/Area/Deep",
            "Test/Legacy",
            "Test/Merged",
            "Test/Other",
            "Test/Zone",
        ]


def test_info_zip_finds_no_fault(tmp_path: Path) -> None:
    (tmp_path / "zones.zip").write_bytes(bundle(["*"], format="zip"))
    done = subprocess.run(["unzip", "-tq", tmp_path / "zones.zip"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No errors detected")


def test_two_zones_make_a_small_zip(wheels_dir: Path) -> None:
    zones, release = ["Asia/Shanghai", "Etc/UTC"], real_release(wheels_dir, "2026.6")
    assert len(bundle(zones, release, format="zip")) <= 720
    assert len(bundle(zones, release, format="tar.gz")) <= 600
