"""Reading a bundle back for ``verify``: tar, tar.gz, zip or directory, from anyone, without unpacking to disk.

Everything is bounded before it is read. What the files mean is ``verify``'s to say.
"""

import io
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from app.cli.errors import DoesNotVerify
from app.errors import SourceUnreachable
from app.tzdb.names import quote

MAX_ARCHIVE_BYTES = 16 << 20
MAX_UNPACKED_BYTES = 32 << 20
MAX_MEMBERS = 5_000
MAX_MEMBER_BYTES = 1 << 20
"""Limits against hostile archives; the largest honest bundle, all names as fat copies with tables, has about 2 MB."""
_MAX_LINK_CHAIN = 8

Members = Mapping[str, bytes]
"""Path → what one reads there; links lead to the bytes of their targets, directories are left out."""


class Link(str):
    """A path inside the tree that a member leads to."""

    __slots__ = ()


def read_file(path: Path) -> bytes:
    """Read an archive from disk, as bytes. Errors: SourceUnreachable, DoesNotVerify if it is too large."""
    try:
        with path.open("rb") as file:
            return read_bounded(file.read)
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read: {error.strerror}") from error


def read_bounded(read: Callable[[int], bytes]) -> bytes:
    """Read an archive from a stream's ``read``. Errors: DoesNotVerify if it is too large."""
    content = read(MAX_ARCHIVE_BYTES + 1)
    if len(content) > MAX_ARCHIVE_BYTES:
        raise DoesNotVerify(f"it is larger than {MAX_ARCHIVE_BYTES} bytes")
    return content


def decode_archive(content: bytes) -> Members:
    """Read a tar, tar.gz or zip, told apart by its first bytes; links are followed.

    Errors: DoesNotVerify: not an archive, damaged, over a limit, a path that is absolute, climbs or comes twice, links
    that lead nowhere or out, devices, encrypted or unusual members.
    """
    return _followed(decode_linked(content))


def decode_linked(content: bytes) -> Mapping[str, bytes | Link]:
    """Read an archive as ``decode_archive`` does, but leave its links as they are. Errors: as there, but for links."""
    try:
        if content.startswith(b"\x1f\x8b"):
            content = _gunzip(content)
        if content.startswith((b"PK\3\4", b"PK\5\6")):
            return _bounded(_zip_members(content))
        return _bounded(_tar_members(content))
    except DoesNotVerify:
        raise
    except Exception as error:  # tarfile, zipfile, struct and zlib raise nearly anything on hostile bytes
        raise DoesNotVerify(f"it is no sound archive: {error}") from error


def read_directory(root: Path) -> Members:
    """Read a tree from disk. Errors: SourceUnreachable; DoesNotVerify as for archives."""
    try:
        members = _bounded(_directory_members(root))
    except OSError as error:
        raise SourceUnreachable(f"{root} cannot be read: {error.strerror or error}") from error
    return _followed(members)


_Member = tuple[str, bytes | Link]


def _bounded(found: Iterable[_Member]) -> dict[str, bytes | Link]:
    """Apply the limits while reading."""
    members: dict[str, bytes | Link] = {}
    total = 0
    for path, content in found:
        if path in members:
            raise DoesNotVerify(f"{quote(path)} is in it twice")
        members[path] = content
        total += 0 if isinstance(content, Link) else len(content)
        if len(members) > MAX_MEMBERS:
            raise DoesNotVerify(f"it holds more than {MAX_MEMBERS} files")
        if total > MAX_UNPACKED_BYTES:
            raise DoesNotVerify(f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    return members


def _followed(members: Mapping[str, bytes | Link]) -> Members:
    return {path: follow(path, members)[1] for path in members}


def follow(path: str, members: Mapping[str, bytes | Link]) -> tuple[str, bytes]:
    """Return the file that one reads at ``path``: where it lies, and its bytes.

    Errors: DoesNotVerify if it leads nowhere, or too far.
    """
    reached: str = path
    for _ in range(_MAX_LINK_CHAIN):
        content = members.get(reached)
        if content is None:
            raise DoesNotVerify(f"the link {quote(path)} leads to {quote(reached)}, which is not in it")
        if not isinstance(content, Link):
            return reached, content
        reached = content
    raise DoesNotVerify(f"the link {quote(path)} is part of a loop, or of a chain longer than {_MAX_LINK_CHAIN}")


def _safe_path(path: str) -> str:
    """Return a member's path without ``./`` at its head. Errors: DoesNotVerify for one that leaves the tree."""
    parts = path.removeprefix("./").split("/")
    if not path.isprintable() or "\\" in path or any(part in ("", ".", "..") for part in parts):
        raise DoesNotVerify(f"it holds the path {quote(path)}")
    return "/".join(parts)


def _symbolic(path: str, text: str) -> Link:
    """Return where a symbolic link leads, inside the tree. Errors: DoesNotVerify if it leads out."""
    if text.startswith("/"):
        raise DoesNotVerify(f"the link {quote(path)} leads out of the tree, to {quote(text)}")
    return Link(_safe_path(posixpath.normpath(posixpath.join(posixpath.dirname(path), text))))


def _check_size(path: str, size: int) -> None:
    if size > MAX_MEMBER_BYTES:
        raise DoesNotVerify(f"{quote(path)} is larger than {MAX_MEMBER_BYTES} bytes")


def _gunzip(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    unpacked = unpacker.decompress(content, MAX_UNPACKED_BYTES + 1)
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise DoesNotVerify(f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise DoesNotVerify("its gzip member is cut short, or something follows it")
    return unpacked


def _tar_members(content: bytes) -> Iterator[_Member]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for number, member in enumerate(archive):
            if number > 2 * MAX_MEMBERS:
                raise DoesNotVerify(f"it holds more than {2 * MAX_MEMBERS} files and directories")
            if member.isdir():
                continue
            path = _safe_path(member.name)
            if member.issym():
                yield path, _symbolic(path, member.linkname)
            elif member.islnk():
                yield path, Link(_safe_path(member.linkname))
            elif member.isreg() and not member.issparse():
                yield path, _decode_tar_member(archive, member)
            else:
                raise DoesNotVerify(f"{quote(path)} is no file and no link")


def _decode_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    _check_size(member.name, member.size)
    stream = archive.extractfile(member)
    content = stream.read() if stream is not None else b""
    if len(content) != member.size:
        raise DoesNotVerify(f"{quote(member.name)} is cut short")
    return content


def _zip_members(content: bytes) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            path = _safe_path(entry.orig_filename)
            kind = stat.S_IFMT(entry.external_attr >> 16)
            usual = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not entry.flag_bits & 0x1
            if kind not in (0, stat.S_IFREG) or not usual:
                raise DoesNotVerify(f"{quote(path)} is no plain file, encrypted, or packed by an unusual method")
            _check_size(path, entry.file_size)
            # The size in the directory bounds what is read; a wrong one fails the CRC.
            yield path, archive.read(entry)


def _directory_members(root: Path) -> Iterator[_Member]:
    waiting = [""]
    seen = 0
    while waiting:
        parent = waiting.pop()
        for child in sorted((root / parent).iterdir()):
            seen += 1
            if seen > 2 * MAX_MEMBERS:
                raise DoesNotVerify(f"it holds more than {2 * MAX_MEMBERS} files and directories")
            path = f"{parent}{child.name}"
            status = child.lstat()
            if stat.S_ISDIR(status.st_mode):
                waiting.append(f"{path}/")
            elif stat.S_ISLNK(status.st_mode):
                yield path, _symbolic(_safe_path(path), child.readlink().as_posix())
            elif stat.S_ISREG(status.st_mode):
                _check_size(path, status.st_size)
                yield _safe_path(path), child.read_bytes()
            else:
                raise DoesNotVerify(f"{quote(path)} is no file and no link")
