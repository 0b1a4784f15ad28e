"""One path in a bundle: what a plan is a list of, and all that a writer of archives needs to know.

Which entries there are is the plan's; how they become bytes is the writers'.
"""

import zlib
from dataclasses import dataclass, field
from typing import Literal

from app.digest import sha256_hex

EntryKind = Literal["file", "hard", "symbolic", "table", "source", "embedded"]


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
        sha256: A hex, of what one reads at ``path``.
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
        """Bytes one reads at ``path``."""
        return len(self.content)
