"""Writing a plan's entries as a tar archive, bare or gzipped.

Every byte of the tar format that this project writes is written here. Source: POSIX.1-2024, *pax*, "ustar Interchange
Format"; RFC 1952 for gzip.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator

from app.artifact.entry import Entry

MTIME = 315_532_800
"""Unix seconds of 1980-01-01T00:00:00Z, on every member: late enough that no tar or zip tool remarks on it."""

_BLOCK = 512
_END = bytes(2 * _BLOCK)
_HEADER = struct.Struct("100s 8s 8s 8s 12s 12s 8s c 100s 8s 32s 32s 8s 8s 155s 12x")
_CHECKSUM_OFFSET = 148
_FILE, _HARD, _SYMBOLIC, _DIRECTORY = b"0", b"1", b"2", b"5"
_ZERO = b"0000000\0"


def encode_tar(entries: Iterable[Entry]) -> bytes:
    """Return the entries as a USTAR archive.

    Returns:
        Each directory once, before what it holds; files 0644, directories 0755, owner 0:0 without names, ``MTIME``. The
        order is by path component, except that hard links come last, since tar needs what they link to unpacked first.
        The archive ends with the two zero blocks and no further padding. Every path and link target fits 100 bytes,
        since ``options`` limits the prefix.
    """
    return b"".join(tar_chunks(entries))


def tar_chunks(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield what ``encode_tar`` returns, piece by piece."""
    hard_links: list[Entry] = []
    directories: set[str] = set()
    for entry in entries:
        for directory in _new_directories(entry.path, directories):
            yield _header(directory, _DIRECTORY)
        if entry.kind == "hard":
            hard_links.append(entry)
        elif entry.kind == "symbolic":
            yield _header(entry.path, _SYMBOLIC, link=_relative_target(entry))
        else:
            yield from (_header(entry.path, _FILE, size=entry.size), entry.content, bytes(-entry.size % _BLOCK))
    for entry in hard_links:
        yield _header(entry.path, _HARD, link=entry.target_path or "")
    yield _END


def encode_gzip(content: bytes) -> bytes:
    """Return ``content`` as one gzip member at level 9.

    The header has no name, no time and "unknown" as its system. The deflate stream is that of this machine's zlib,
    whose version is therefore part of the recipe.

    Source: RFC 1952 §2.3.
    """
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\0" + bytes(4) + b"\x02\xff"
    trailer = struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return b"".join((header, compressor.compress(content), compressor.flush(), trailer))


def _new_directories(path: str, seen: set[str]) -> Iterator[str]:
    end = path.find("/")
    while end >= 0:
        directory = path[: end + 1]
        if directory not in seen:
            seen.add(directory)
            yield directory
        end = path.find("/", end + 1)


def _header(path: str, kind: bytes, *, size: int = 0, link: str = "") -> bytes:
    mode = b"0000755\0" if kind == _DIRECTORY else b"0000777\0" if kind == _SYMBOLIC else b"0000644\0"
    header = _HEADER.pack(
        path.encode("ascii"),
        mode,
        _ZERO,
        _ZERO,
        b"%011o\0" % size,
        b"%011o\0" % MTIME,
        b"        ",
        kind,
        link.encode("ascii"),
        b"ustar\x0000",
        b"",
        b"",
        _ZERO,
        _ZERO,
        b"",
    )
    checksum = b"%06o\0 " % sum(header)
    return header[:_CHECKSUM_OFFSET] + checksum + header[_CHECKSUM_OFFSET + len(checksum) :]


def _relative_target(entry: Entry) -> str:
    """Return the target of a symbolic link as seen from its directory, so that the tree can lie anywhere."""
    here = entry.path.split("/")[:-1]
    there = (entry.target_path or "").split("/")
    shared = 0
    while shared < min(len(here), len(there) - 1) and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:])
