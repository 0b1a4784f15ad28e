"""Reading tar, tar.gz and zip archives from strangers: all is bounded before it is read, nothing touches a disk.

What the files mean, and which error a bad archive becomes for the caller, is not known here.
Source: POSIX.1-2024, *pax*; PKWARE APPNOTE; RFC 1952.
"""

import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from app.errors import InvalidContent
from app.files.limits import BoundedStream, Collector, Limits, Link
from app.text import cut, quote

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\3\4", b"PK\5\6")
_LOCAL_HEADER = struct.Struct("<26x2H")
"""The lengths of the name and of the extra field that follow a local header in a zip."""
_TAR_HEADER_BYTES = 16 << 10
"""What tarfile may read to find one member: its header, extended headers with two long paths, and padding."""
_ZIP_END_BYTES = 70_000
"""What zipfile may read to find a zip's directory: its end record with a comment of any length."""
_ZIP_ENTRY_BYTES = 192
"""The share of one entry in the directory of a zip: 46 bytes, its path, and what tools add."""


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
        with _open_zip(content, limits) as archive:
            paths = _check_zip_directory(archive, content, limits)
            return {path: _read_zip_member(archive, entry) for path, entry in paths.items()}
    except InvalidContent:
        raise
    except Exception as error:  # a hostile archive can make zipfile raise nearly anything
        raise _invalid(limits, "zip archive", error) from error


def read_zip_start(content: bytes, path: str, size: int, *, limits: Limits) -> bytes:
    """Return the first ``size`` bytes of one file in a zip; of the rest only the zip's directory is read.

    Raises:
        InvalidContent: It is not a zip, is damaged or too large, or does not have the file.
    """
    _check_archive_size(content, limits)
    try:
        with _open_zip(content, limits) as archive, archive.open(path) as member:
            return member.read(size)
    except InvalidContent:
        raise
    except Exception as error:  # a hostile archive can make zipfile raise nearly anything
        raise _invalid(limits, "zip archive", error) from error


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


def _invalid(limits: Limits, form: str, error: Exception) -> InvalidContent:
    # The reasons of the standard library quote names of any length.
    return InvalidContent(f"{limits.subject} is not a valid {form}: {cut(str(error), 200)}")


def _decode_tar(content: bytes, limits: Limits) -> dict[str, bytes | Link]:
    found = Collector(limits)
    try:
        for member in _tar_members(content, limits):
            found.count()
            if not member.isdir():
                path = found.safe_path(member.name)
                found.add(path, _read_tar_member(content, member, path, found))
    except InvalidContent:
        raise
    except Exception as error:  # a hostile archive can make tarfile raise nearly anything
        raise _invalid(limits, "tar archive", error) from error
    return found.members


def _tar_members(content: bytes, limits: Limits) -> Iterator[tarfile.TarInfo]:
    stream = BoundedStream(content, limits, most=_TAR_HEADER_BYTES)
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        while (member := archive.next()) is not None:
            yield member
            # tarfile keeps all members, each with a copy of all global extended headers.
            archive.members = []  # type: ignore[attr-defined]  # as every version has it; typeshed leaves it out
            stream.begin(most=_TAR_HEADER_BYTES)


def _read_tar_member(content: bytes, member: tarfile.TarInfo, path: str, found: Collector) -> bytes | Link:
    if member.issym():
        return found.link(path, member.linkname)
    if member.islnk():
        return Link(found.safe_path(member.linkname))
    if not member.isreg() or member.issparse():
        raise InvalidContent(f"{found.named(path)} is neither a file nor a link")
    found.claim(path, member.size)
    unpacked = content[member.offset_data : member.offset_data + member.size]
    if len(unpacked) != member.size:
        raise InvalidContent(f"{found.named(path)} is cut short")
    return unpacked


def _open_zip(content: bytes, limits: Limits) -> zipfile.ZipFile:
    """Read the directory of a zip, whose size is bounded; what else is read then is bounded by its callers."""
    stream = BoundedStream(content, limits, most=_ZIP_END_BYTES + limits.entries * _ZIP_ENTRY_BYTES)
    archive = zipfile.ZipFile(stream)
    stream.begin(most=2 * len(content))
    return archive


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
