"""Wheels for the tests: a small one of few zones, and a zip writer that makes any archive, even a hostile one.

The writer checks nothing on purpose. Sums in RECORD are right unless a test says otherwise.
"""

import base64
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.tzdb.tzif.tzif_files import real_tzif

DIST_INFO = "tzdata-2026.6.dist-info"
RECORD = f"{DIST_INFO}/RECORD"
INIT = "tzdata/__init__.py"
ZONES = "tzdata/zones"
TREE = "tzdata/zoneinfo/"
ZI = f"{TREE}tzdata.zi"
STORED, DEFLATED = 0, 8
REGULAR, SYMLINK = 0o100644, 0o120777


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive.

    Attributes:
        claimed_size: Replaces the size in the archive's directory.
        offset: Replaces the offset in the archive's directory.
    """

    name: bytes
    content: bytes
    method: int = DEFLATED
    flags: int = 0
    mode: int = REGULAR
    claimed_size: int | None = None
    offset: int | None = None


def small_package(*, iana: str = "2026f", package: str = "2026.6") -> dict[str, bytes]:
    """Return the files of a package of two Zones, Asia/Tokyo and Etc/UTC, each with one Link, without its RECORD."""
    row = b"JP\t+353916+1394441\tAsia/Tokyo\n"
    return {
        INIT: f'IANA_VERSION = "{iana}"\n__version__ = "{package}"\n'.encode(),
        ZONES: b"Asia/Tokyo\nEtc/UTC\nJapan\nUTC\n",
        f"{TREE}__init__.py": b"",
        f"{TREE}Asia/__init__.py": b"",
        f"{TREE}Asia/Tokyo": real_tzif("Asia/Tokyo"),
        f"{TREE}Japan": real_tzif("Asia/Tokyo"),
        f"{TREE}Etc/UTC": real_tzif("Etc/UTC"),
        f"{TREE}UTC": real_tzif("Etc/UTC"),
        f"{TREE}iso3166.tab": b"JP\tJapan\n",
        f"{TREE}leapseconds": b"#expires 1234567890\n",
        f"{TREE}zone.tab": row,
        f"{TREE}zone1970.tab": row,
        ZI: f"# version {iana}\nZ Asia/Tokyo 9 - JST\nZ Etc/UTC 0 - UTC\nL Asia/Tokyo Japan\nL Etc/UTC UTC\n".encode(),
        f"{DIST_INFO}/METADATA": f"Name: tzdata\nVersion: {package}\n".encode(),
    }


def read_package(wheel: Path) -> dict[str, bytes]:
    """Return the files of a real wheel without its RECORD."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def record_line(path: str, content: bytes) -> str:
    """Return the line of RECORD that promises ``content``."""
    sum_ = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={sum_},{len(content)}\n"


def encode_record(files: Mapping[str, bytes]) -> bytes:
    """Return the RECORD of a package's files."""
    lines = [record_line(path, content) for path, content in files.items()]
    return "".join((*lines, f"{RECORD},,\n")).encode()


def write_wheel(
    files: Mapping[str, bytes], *, record: bytes | None = None, more: Iterable[Entry] = (), method: int = DEFLATED
) -> bytes:
    """Return a wheel of ``files`` and of a RECORD, by default the right one; ``more`` entries follow, not in RECORD."""
    promised = encode_record(files) if record is None else record
    members = {**files, RECORD: promised}
    return write_zip([*(Entry(name.encode(), content, method) for name, content in members.items()), *more])


def write_zip(entries: Iterable[Entry]) -> bytes:
    """Return an archive of the entries in their order."""
    body, directory, count = b"", b"", 0
    for entry in entries:
        packed = _deflate(entry.content) if entry.method == DEFLATED else entry.content
        size = len(entry.content) if entry.claimed_size is None else entry.claimed_size
        offset = len(body) if entry.offset is None else entry.offset
        common = struct.pack(
            "<5H3I2H", 20, entry.flags, entry.method, 0, 33, zlib.crc32(entry.content), len(packed), size,
            len(entry.name), 0,
        )  # fmt: skip
        directory += b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + common
        directory += struct.pack("<3H2I", 0, 0, 0, entry.mode << 16, offset) + entry.name
        if entry.offset is None:
            body += b"PK\3\4" + common + entry.name + packed
        count += 1
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def _deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def unpack_package(files: Mapping[str, bytes], directory: Path) -> Path:
    """Write a package's files below ``directory`` and return it."""
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory
