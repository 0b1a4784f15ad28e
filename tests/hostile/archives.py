"""Archives that lie about sizes, hide them, or unfold without an end, and the words with which each is refused."""

import gzip
import struct
import tarfile
import zlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

from app.cli.checking.archives import LIMITS
from app.files.limits import MAX_PATH_LENGTH
from tests.cli.bundles import write_any_tar, write_any_zip
from tests.tzdb.tzif.tzif_files import real_tzif

MIB = 1 << 20
TZIF = real_tzif("Etc/UTC")
Make: TypeAlias = Callable[[], bytes]
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")


def zip_of(
    entries: Sequence[tuple[bytes, bytes, int]],
    *,
    method: int = 8,
    extra: bytes = b"",
    comment: bytes = b"",
    offsets: int | None = None,
) -> bytes:
    """Return a zip of names, packed contents and claimed sizes; nothing that it says needs to be true.

    Args:
        offsets: Where every entry is said to begin.
    """
    body, directory = bytearray(), bytearray()
    for name, packed, claimed in entries:
        at = len(body) if offsets is None else offsets
        directory += _CENTRAL.pack(
            b"PK\1\2", 20, 20, 0, method, 0, 0, 0, len(packed), claimed, len(name), len(extra), 0, 0, 0, 0, at
        )
        directory += name + extra
        body += _LOCAL.pack(b"PK\3\4", 20, 0, method, 0, 0, 0, len(packed), claimed, len(name), 0) + name + packed
    count = min(len(entries), 0xFFFF)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(comment))
    return bytes(body + directory + end + comment)


def deflated(size: int) -> bytes:
    """Return that many zero bytes, packed a thousand to one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(size // MIB)), packer.flush()])


def zip64(size_of_directory: int, entries: int) -> bytes:
    """Return a zip whose 64-bit end record claims a directory of any size."""
    head = _LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, size_of_directory, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(head), 1)
    return head + record + locator + _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def tar_member(kind: bytes, body: bytes, *, name: str = "x", size: int | None = None) -> bytes:
    """Return one header of a tar, and what follows it; ``size`` is what the header says instead of the truth."""
    header = tarfile.TarInfo(name)
    header.type, header.size = kind, len(body) if size is None else size
    return header.tobuf(tarfile.GNU_FORMAT) + body + bytes(-len(body) % 512)


def pax_records(count: int, size: int = 1) -> bytes:
    """Return extended headers with different names."""
    records = []
    for number in range(count):
        text = f"{number:x}={'v' * size}\n"
        length = len(text) + 2
        while len(f"{length} {text}") != length:
            length += 1
        records.append(f"{length} {text}")
    return "".join(records).encode()


def packed_tar(*members: bytes) -> bytes:
    return gzip.compress(b"".join((*members, write_any_tar([("UTC", TZIF)]))))


def sparse(blocks: int) -> bytes:
    """Return an old GNU sparse file whose map goes on for many blocks. Source: GNU tar manual, *Old GNU format*."""
    header = bytearray(tar_member(b"S", b"", name="hole"))
    header[482] = 1  # the map is continued
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + sum(header[156:512]) + 8 * ord(" "))
    more = struct.pack("12s12s", b"00000000000\0", b"00000000000\0") * 21 + b"\1" + bytes(7)
    return bytes(header) + more * blocks


SPARSE_RECORDS = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n40 GNU.sparse.realsize=9223372036854775\n"
TOO_LARGE = "it is larger than"
TOO_MANY = f"it holds more than {LIMITS.entries} entries"
HEADERS = "it has headers of more than"
LONG_PATH = f"it holds a path of more than {MAX_PATH_LENGTH} characters"
HOSTILE: dict[str, tuple[Make, str]] = {
    "zip: one stream that unfolds to 1.2 GB": (
        lambda: zip_of([(b"UTC", deflated(1_200 * MIB), 3 * MIB)]),
        "not a valid zip",
    ),
    "zip: the same, and says so": (
        lambda: zip_of([(b"UTC", deflated(1_200 * MIB), 1_200 * MIB)]),
        "'UTC' in it is larger",
    ),
    "zip: names of 64 KB with 32,000 slashes": (
        lambda: zip_of([(b"\x80/" * 32_000 + bytes([65 + n]), b"\0", 1) for n in range(9)], method=0),
        LONG_PATH,
    ),
    "zip: fewer such names": (lambda: zip_of([(b"a/" * 32_000 + b"x", b"\0", 1)], method=0), LONG_PATH),
    "zip: 65,535 tiny entries": (lambda: zip_of([(b"%x" % n, b"", 0) for n in range(65_535)], method=0), HEADERS),
    "zip: more tiny entries than are allowed": (
        lambda: zip_of([(b"%x" % n, b"", 0) for n in range(LIMITS.entries + 1)], method=0),
        TOO_MANY,
    ),
    "zip: one file listed 5,000 times": (
        lambda: zip_of([(b"%x" % n, b"", MIB) for n in range(LIMITS.entries)], method=0, offsets=0),
        "unpacks to more than",
    ),
    "zip: overlapping entries": (
        lambda: zip_of([(b"%x" % n, deflated(MIB), MIB) for n in range(8)], offsets=0),
        "overlaps the entry before it",
    ),
    "zip: extra fields of 64 KB": (
        lambda: zip_of([(b"%x" % n, b"", 0) for n in range(100)], method=0, extra=b"\x99\x99\0\0" * 16_000),
        HEADERS,
    ),
    "zip: a comment of 10 MB": (lambda: write_any_zip([("UTC", TZIF)]) + bytes(10 * MIB), TOO_LARGE),
    "zip: a comment that hides the end": (lambda: write_any_zip([("UTC", TZIF)]) + bytes(7 * MIB), "not a valid zip"),
    "zip: a directory of 2**60 bytes": (lambda: zip64(1 << 60, 1), "it "),
    "zip: 2**60 entries": (lambda: zip64(46, 1 << 60), "it "),
    "tar: extended headers of 15 MB": (lambda: packed_tar(tar_member(b"x", pax_records(15, MIB))), HEADERS),
    "tar: a million extended headers": (lambda: packed_tar(tar_member(b"x", pax_records(1_000_000))), HEADERS),
    "tar: global headers that each member repeats": (
        lambda: packed_tar(
            *(
                tar_member(b"g", pax_records(1_000)) + tar_member(b"x", b"6 a=b\n") + tar_member(b"0", b"", name=f"{n}")
                for n in range(500)
            )
        ),
        "problems",
    ),
    "tar: extended headers before extended headers": (
        lambda: packed_tar(*[tar_member(b"x", b"6 a=b\n")] * 9_000),
        HEADERS,
    ),
    "tar: an extended header that claims 8 GB": (
        lambda: packed_tar(tar_member(b"x", b"6 a=b\n", size=8 << 30)),
        HEADERS,
    ),
    "tar: a long name of 15 MB": (lambda: packed_tar(tar_member(b"L", b"a/" * (7 * MIB))), HEADERS),
    "tar: a long link of 15 MB": (lambda: packed_tar(tar_member(b"K", b"a" * (14 * MIB))), HEADERS),
    "tar: a name of 8 KB": (lambda: packed_tar(tar_member(b"L", b"a/" * 4_000), tar_member(b"0", b"")), LONG_PATH),
    "tar: a sparse file's endless map": (lambda: gzip.compress(sparse(30_000)), HEADERS),
    "tar: a sparse file of 8 EB": (
        lambda: packed_tar(
            tar_member(b"x", SPARSE_RECORDS),
            tar_member(b"0", b"1\n0\n0\n".ljust(512, b"\0")),
        ),
        "it ",
    ),
    "tar: a file of 8 EB": (lambda: packed_tar(tar_member(b"0", b"", size=1 << 62)), "'x' in it is larger"),
    "tar: a size below zero": (lambda: packed_tar(tar_member(b"0", b"", size=-512)), "it "),
    "tar: an extended header below zero": (lambda: packed_tar(tar_member(b"x", b"", size=-512)), "it "),
    "gzip: 1.2 GB of zeros": (lambda: gzip.compress(bytes(1_200 * MIB), 1), "unpacks to more than"),
    "gzip: a name without an end": (lambda: b"\x1f\x8b\x08\x08" + bytes(4) + b"\0\3" + b"a" * (7 * MIB), "cut short"),
    "gzip: a name past the limit": (lambda: b"\x1f\x8b\x08\x08" + bytes(4) + b"\0\3" + b"a" * (9 * MIB), TOO_LARGE),
    "gzip: 100,000 members": (lambda: gzip.compress(b"") * 100_000, "something after it"),
    "gzip: gzip in gzip": (lambda: gzip.compress(gzip.compress(bytes(15 * MIB))), "not a valid tar"),
    "nothing but zeros": (lambda: bytes(7 * MIB), "it "),
    "too large": (lambda: bytes(LIMITS.archive_bytes + 1), TOO_LARGE),
}
