"""Reading tar, tar.gz and zip archives from strangers: all is bounded before it is read, nothing touches a disk.

What the files mean, and which error a bad archive becomes for the caller, is not known here.
Source: POSIX.1-2024, *pax*; PKWARE APPNOTE; RFC 1952.
"""

import io
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import InvalidContent
from app.text import quote

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\3\4", b"PK\5\6")
_LOCAL_HEADER = struct.Struct("<26x2H")
"""The lengths of the name and of the extra field that follow a local header in a zip."""


class Link(str):
    """The path inside the archive that a link leads to."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one kind of archive may hold.

    Attributes:
        subject: What messages call the archive: ``the wheel``, ``it``.
        archive_bytes: The size of the archive as received.
        unpacked_bytes: The size of all files together.
        file_bytes: The size of one file.
        entries: The number of files and directories.
        ratio: The ratio of unpacked to packed size of one file in a zip; ``None`` for no limit.
        case_twins: Whether two paths may differ in case alone.
    """

    subject: str
    archive_bytes: int
    unpacked_bytes: int
    file_bytes: int
    entries: int
    ratio: int | None = None
    case_twins: bool = True


class Collector:
    """Collects the members of an archive or a directory as they are found, within its limits.

    Every method that checks something raises InvalidContent; if a limit was exceeded, its facts name the limit.
    """

    def __init__(self, limits: Limits) -> None:
        self.members: dict[str, bytes | Link] = {}
        self._limits = limits
        self._seen: set[str] = set()
        self._entries = 0
        self._bytes = 0

    def count(self) -> None:
        """Count one entry: a file or a directory."""
        self._entries += 1
        if self._entries > self._limits.entries:
            raise _too_much(self._limits, "holds", self._limits.entries, "entries")

    def claim(self, path: str, size: int) -> None:
        """Count the bytes that a file is declared to have, before they are read."""
        self._bytes += size
        if size > self._limits.file_bytes:
            limit = self._limits.file_bytes
            raise InvalidContent(f"{self.named(path)} is larger than {limit} bytes", limit=limit)
        if self._bytes > self._limits.unpacked_bytes:
            raise _too_much(self._limits, "unpacks to", self._limits.unpacked_bytes, "bytes")

    def check_new(self, path: str) -> None:
        """Check that no other member has this path."""
        key = path if self._limits.case_twins else path.casefold()
        if key in self._seen:
            aside = "" if self._limits.case_twins else " (case aside)"
            raise InvalidContent(f"{self._limits.subject} holds {quote(path)} twice{aside}")
        self._seen.add(key)

    def safe_path(self, path: str) -> str:
        """Return a member's path without a leading ``./``, if it stays in the tree."""
        parts = path.removeprefix("./").split("/")
        if not path.isprintable() or "\\" in path or any(part in ("", ".", "..") for part in parts):
            raise InvalidContent(f"{self._limits.subject} holds the path {quote(path)}")
        return "/".join(parts)

    def link(self, path: str, text: str) -> Link:
        """Return where a symbolic link leads, if that is inside the tree."""
        if text.startswith("/"):
            raise InvalidContent(f"the link {quote(path)} leads out of the tree, to {quote(text)}")
        return Link(self.safe_path(posixpath.normpath(posixpath.join(posixpath.dirname(path), text))))

    def add(self, path: str, content: bytes | Link) -> None:
        """Keep a member."""
        self.check_new(path)
        self.members[path] = content

    def named(self, path: str) -> str:
        """Return how messages name a member."""
        return f"{quote(path)} in {self._limits.subject}"


def read_bounded(read: Callable[[int], bytes], limits: Limits) -> bytes:
    """Read an archive from a stream's ``read``, no further than one byte past its limit.

    Raises:
        InvalidContent: The archive is too large.
    """
    content = read(limits.archive_bytes + 1)
    _check_archive_size(content, limits)
    return content


def decode_archive(content: bytes, limits: Limits) -> dict[str, bytes | Link]:
    """Return path → content of a tar, tar.gz or zip; its first bytes say which it is.

    Raises:
        InvalidContent: As for ``decode_tar``, ``decode_zip`` and ``decode_gzip``.
    """
    if content.startswith(_ZIP):
        return {**decode_zip(content, limits)}
    _check_archive_size(content, limits)
    if content.startswith(_GZIP):
        content = decode_gzip(content, max_bytes=limits.unpacked_bytes, subject=limits.subject)
    return _decode_tar(content, limits)


def decode_tar(content: bytes, limits: Limits) -> dict[str, bytes | Link]:
    """Return path → content of a tar, where a link's content is where it leads; directories are left out.

    Raises:
        InvalidContent: It is not a tar, is damaged or exceeds a limit; a path is absolute, climbs out or occurs twice;
            a link leads out of the tree; a member is a device or a sparse file.
    """
    _check_archive_size(content, limits)
    return _decode_tar(content, limits)


def decode_zip(content: bytes, limits: Limits) -> dict[str, bytes]:
    """Return path → content of a zip; directories are left out.

    Nothing is unpacked before the zip's whole directory has been checked.

    Raises:
        InvalidContent: As for ``decode_tar``; also if an entry is a link, encrypted, packed by an unusual method or too
            tightly, or if entries overlap.
    """
    _check_archive_size(content, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            paths = _check_zip_directory(archive, content, limits)
            return {path: _read_zip_member(archive, entry) for path, entry in paths.items()}
    except InvalidContent:
        raise
    except Exception as error:  # a hostile archive can make zipfile raise nearly anything
        raise InvalidContent(f"{limits.subject} is not a valid zip archive: {error}") from error


def decode_gzip(content: bytes, *, max_bytes: int, subject: str) -> bytes:
    """Return what one gzip member holds.

    Raises:
        InvalidContent: It is not gzip, is damaged or cut short, unpacks to more than ``max_bytes``, or has something
            after it.
    """
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise InvalidContent(f"{subject} is not valid gzip: {error}") from error
    if len(unpacked) > max_bytes:
        raise InvalidContent(f"{subject} unpacks to more than {max_bytes} bytes", limit=max_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise InvalidContent(f"{subject} is gzip that is cut short or has something after it")
    return unpacked


def _check_archive_size(content: bytes, limits: Limits) -> None:
    if len(content) > limits.archive_bytes:
        limit = limits.archive_bytes
        raise InvalidContent(f"{limits.subject} is larger than {limit} bytes", limit=limit)


def _too_much(limits: Limits, verb: str, limit: int, unit: str) -> InvalidContent:
    return InvalidContent(f"{limits.subject} {verb} more than {limit} {unit}", limit=limit)


def _decode_tar(content: bytes, limits: Limits) -> dict[str, bytes | Link]:
    found = Collector(limits)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                found.count()
                if not member.isdir():
                    path = found.safe_path(member.name)
                    found.add(path, _read_tar_member(archive, member, path, found))
    except InvalidContent:
        raise
    except Exception as error:  # a hostile archive can make tarfile raise nearly anything
        raise InvalidContent(f"{limits.subject} is not a valid tar archive: {error}") from error
    return found.members


def _read_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: str, found: Collector) -> bytes | Link:
    if member.issym():
        return found.link(path, member.linkname)
    if member.islnk():
        return Link(found.safe_path(member.linkname))
    if not member.isreg() or member.issparse():
        raise InvalidContent(f"{found.named(path)} is neither a file nor a link")
    found.claim(path, member.size)
    stream = archive.extractfile(member)  # never None for a file; a truncated one raises on reading
    return stream.read() if stream is not None else b""


def _check_zip_directory(archive: zipfile.ZipFile, content: bytes, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    """Return path → entry of all files."""
    found = Collector(limits)
    paths: dict[str, zipfile.ZipInfo] = {}
    entries = archive.infolist()
    for entry in entries:
        found.count()
        found.claim(entry.filename, entry.file_size)
    for entry in entries:
        if entry.orig_filename == "./":
            continue  # how bsdtar begins the zip of a directory
        path = _check_zip_entry(entry, found, limits)
        found.check_new(path)
        if not path.endswith("/"):
            paths[path] = entry
    _check_no_overlap(entries, content, end=archive.start_dir, found=found)
    return paths


def _check_zip_entry(entry: zipfile.ZipInfo, found: Collector, limits: Limits) -> str:
    """Return the path of an entry; that of a directory ends in a slash."""
    name = entry.filename
    # ZipInfo cuts names at a NUL and replaces the platform's separators; orig_filename is what the archive says.
    if name != entry.orig_filename:
        raise InvalidContent(f"{limits.subject} holds the path {quote(entry.orig_filename)}")
    slash = "/" if name.endswith("/") else ""
    path = found.safe_path(name.removesuffix(slash))
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFDIR if slash else stat.S_IFREG):
        raise InvalidContent(f"{found.named(name)} is a link or a device, not a file")
    if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidContent(f"{found.named(name)} is encrypted or packed by an unusual method")
    if limits.ratio is not None and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise InvalidContent(f"{found.named(name)} unpacks to more than {limits.ratio} times its size")
    return path + slash


def _check_no_overlap(entries: list[zipfile.ZipInfo], content: bytes, *, end: int, found: Collector) -> None:
    """Check that no two entries share bytes, as entries of an overlap bomb do."""
    reached = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < reached:
            raise InvalidContent(f"{found.named(entry.filename)} overlaps the entry before it")
        # The local header counts: zipfile uses it to find the data.
        lengths: tuple[int, int] = _LOCAL_HEADER.unpack_from(content, entry.header_offset)
        reached = entry.header_offset + _LOCAL_HEADER.size + sum(lengths) + entry.compress_size
        if reached > end:
            raise InvalidContent(f"{found.named(entry.filename)} runs into the directory of the zip")


def _read_zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # ZipFile.read would unpack the whole of a stream that is longer than its entry claims, however long, then cut it.
    with archive.open(entry) as member:
        return member.read(entry.file_size + 1)
