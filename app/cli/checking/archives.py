"""Reading a bundle for ``verify``: a tar, tar.gz, zip or directory of any origin, without unpacking it to disk.

Everything is bounded before it is read. What the files mean does not matter here; ``comparison`` looks at that.
"""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from app.artifact.lock import MAX_ARTIFACT_BYTES
from app.cli.errors import DoesNotVerify
from app.errors import InvalidContent, SourceUnreachable
from app.files import archives
from app.files.limits import Collector, Limits, Link
from app.files.reading import read_at_most
from app.text import quote

LIMITS = Limits(
    subject="it",
    archive_bytes=MAX_ARTIFACT_BYTES,
    unpacked_bytes=2 * MAX_ARTIFACT_BYTES,
    file_bytes=4 << 20,
    entries=5_000,
)
"""Against hostile archives. The largest honest bundle, all names fat as a Go package, has 2 MB, 1.5 MB of it in one
file; a system's tree with its two copies has 1,900 entries."""
_MAX_LINK_CHAIN = 8

Members: TypeAlias = Mapping[str, bytes]
"""Path → the bytes that one reads there. Links lead to the bytes of their targets; directories are left out."""


def read_file(path: Path) -> bytes:
    """Read an archive from disk.

    Raises:
        SourceUnreachable: If it cannot be read.
        DoesNotVerify: If it is too large.
    """
    try:
        return read_bounded(lambda size: read_at_most(path, size))
    except OSError as error:
        raise SourceUnreachable(f"{path} cannot be read: {error.strerror}") from error


def read_bounded(read: Callable[[int], bytes]) -> bytes:
    """Read an archive from a stream's ``read``.

    Raises:
        DoesNotVerify: If it is too large.
    """
    with _not_verifying():
        return archives.read_bounded(read, LIMITS)


def decode_archive(content: bytes) -> Members:
    """Decode a tar, tar.gz or zip, recognized by its first bytes; links are followed.

    Raises:
        DoesNotVerify: If ``app.files.archives`` refuses it, or a link leads nowhere.
    """
    return _followed(decode_linked(content))


def decode_linked(content: bytes) -> Mapping[str, bytes | Link]:
    """Decode an archive as ``decode_archive`` does, but leave its links as they are.

    Raises:
        DoesNotVerify: If ``app.files.archives`` refuses it.
    """
    with _not_verifying():
        return archives.decode_archive(content, LIMITS)


def read_directory(root: Path) -> Members:
    """Read a tree from disk.

    Raises:
        SourceUnreachable: If a part of it cannot be read.
        DoesNotVerify: As for archives.
    """
    try:
        with _not_verifying():
            members = _read_members(root)
    except OSError as error:
        raise SourceUnreachable(f"{root} cannot be read: {error.strerror or error}") from error
    return _followed(members)


def follow(path: str, members: Mapping[str, bytes | Link]) -> tuple[str, bytes]:
    """Return the file that one reads at ``path``: where it lies, and its bytes.

    Raises:
        DoesNotVerify: If it leads nowhere, or too far.
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


@contextmanager
def _not_verifying() -> Iterator[None]:
    """Turn what is wrong with an archive into the error of a bundle that does not verify."""
    try:
        yield
    except InvalidContent as error:
        raise DoesNotVerify(error.detail) from error


def _followed(members: Mapping[str, bytes | Link]) -> Members:
    return {path: follow(path, members)[1] for path in members}


def _read_members(root: Path) -> dict[str, bytes | Link]:
    found = Collector(LIMITS)
    waiting = [""]
    while waiting:
        parent = waiting.pop()
        for child in _children(root / parent, found):
            path = found.safe_path(f"{parent}{child.name}")
            status = child.lstat()
            if stat.S_ISDIR(status.st_mode):
                waiting.append(f"{path}/")
            elif stat.S_ISLNK(status.st_mode):
                found.add(path, found.link(path, child.readlink().as_posix()))
            elif stat.S_ISREG(status.st_mode):
                found.claim(path, status.st_size)
                content = read_at_most(child, status.st_size + 1, follow=False)
                if len(content) > status.st_size:
                    raise InvalidContent(f"{quote(path)} is longer than the system says")
                found.add(path, content)
            else:
                raise InvalidContent(f"{quote(path)} is neither a file nor a link")
    return found.members


def _children(directory: Path, found: Collector) -> list[Path]:
    """Return what is in a directory, sorted; each is counted before the next one is listed."""
    names: list[str] = []
    with os.scandir(directory) as listed:
        for child in listed:
            found.count()
            names.append(child.name)
    return [directory / name for name in sorted(names)]
