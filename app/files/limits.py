"""How much an archive or a directory from strangers may hold, and collecting what is found in one within that.

Which form the archive has, and how it is read, is not known here.
"""

import io
import posixpath
from dataclasses import dataclass

from app.errors import InvalidContent
from app.text import quote

MAX_PATH_LENGTH = 1_024
"""In characters. The longest path of a bundle has less than 200; what reads paths takes time by their square."""


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
            raise self._too_much("holds", self._limits.entries, "entries")

    def claim(self, path: str, size: int) -> None:
        """Count the bytes that a file is declared to have, before they are read."""
        self._bytes += size
        if size > self._limits.file_bytes:
            limit = self._limits.file_bytes
            raise InvalidContent(f"{self.named(path)} is larger than {limit} bytes", limit=limit)
        if self._bytes > self._limits.unpacked_bytes:
            raise self._too_much("unpacks to", self._limits.unpacked_bytes, "bytes")

    def check_new(self, path: str) -> None:
        """Check that no other member has this path."""
        key = path if self._limits.case_twins else path.casefold()
        if key in self._seen:
            aside = "" if self._limits.case_twins else " (case aside)"
            raise InvalidContent(f"{self._limits.subject} holds {quote(path)} twice{aside}")
        self._seen.add(key)

    def safe_path(self, path: str) -> str:
        """Return a member's path without a leading ``./``, if it stays in the tree."""
        if len(path) > MAX_PATH_LENGTH:
            raise InvalidContent(
                f"{self._limits.subject} holds a path of more than {MAX_PATH_LENGTH} characters", limit=MAX_PATH_LENGTH
            )
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

    def _too_much(self, verb: str, limit: int, unit: str) -> InvalidContent:
        return InvalidContent(f"{self._limits.subject} {verb} more than {limit} {unit}", limit=limit)


class BoundedStream(io.BytesIO):
    """An archive in memory for a reader that trusts sizes: what it may read is bounded before it reads.

    Readers of the standard library take as much as a header says. While they look for members, all that they read is
    headers, so a small bound does not hinder an honest archive.
    """

    def __init__(self, content: bytes, limits: Limits, *, most: int) -> None:
        super().__init__(content)
        self._length = len(content)
        self._limits = limits
        self._left = self._most = most

    def begin(self, *, most: int) -> None:
        """From here on let ``most`` bytes be read, whatever was read before."""
        self._left = self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        """See ``io.BytesIO.read``. Raises: InvalidContent if more than the bound would have been read."""
        self._left -= size if size is not None and size >= 0 else self._length - self.tell()
        if self._left < 0:
            raise InvalidContent(
                f"{self._limits.subject} has headers of more than {self._most} bytes", limit=self._most
            )
        return super().read(size)
