"""One path in a bundle: an item of a plan, and all that a writer of archives needs to know.

A plan decides which entries there are; the writers turn them into bytes.
"""

import zlib
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.digest import sha256_hex

EntryKind: TypeAlias = Literal["file", "hard", "symbolic", "table", "source", "embedded"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One path in a bundle.

    Attributes:
        path: With the prefix.
        kind: How it is written; ``source`` is a file of a Go package and ``embedded`` a zone in its source code, with
            its name as path.
        zone: Its name in the release, if it is a zone.
        target: The Zone behind it, if it is a Link.
        target_path: Where that Zone lies in the bundle, only for ``hard`` and ``symbolic``.
        sha256: Of what is read at ``path``, in hex.
    """

    path: str
    kind: EntryKind
    zone: str | None
    target: str | None
    target_path: str | None
    sha256: str
    crc32: int
    reason: str
    content: bytes = field(repr=False)

    @classmethod
    def plain(
        cls, path: str, content: bytes, *, reason: str, kind: EntryKind = "file", target_path: str | None = None
    ) -> "Entry":
        """Return an entry that is not a zone of a release: a table, a file of a package, or whatever a writer takes."""
        return cls(
            path=path,
            kind=kind,
            zone=None,
            target=None,
            target_path=target_path,
            sha256=sha256_hex(content),
            crc32=zlib.crc32(content),
            reason=reason,
            content=content,
        )

    @property
    def size(self) -> int:
        """How many bytes are read at ``path``."""
        return len(self.content)
