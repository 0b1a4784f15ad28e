"""The contract of a source. No source lives here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.tzdb.release import Release, TzifPool


@dataclass(frozen=True, slots=True)
class Promise:
    """What a source says of a release's wheel before anybody has read it. Shape: ``sha256`` a hex."""

    package_version: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Offers:
    """What a source has at this moment.

    Shape: ``releases`` the IANA names it can load; ``refused`` the places (file names) that look like a release and
    cannot even be named → why; ``stamp`` another text whenever what ``load`` would read may have changed, and always
    the same where that cannot be told cheaply; ``promises`` for those releases of which the source says something.
    """

    releases: frozenset[str]
    refused: Mapping[str, str]
    stamp: str = ""
    promises: Mapping[str, Promise] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release that was read. Shape: ``wheel`` the bytes it was read from, ``None`` if it was no wheel."""

    release: Release
    wheel: bytes | None


class Source(Protocol):
    """One place that tzdata releases come from. Methods block; callers run them in a thread."""

    @property
    def name(self) -> str:
        """A short constant word for answers, logs and metrics: ``installed``, ``wheels``."""
        ...

    @property
    def remote(self) -> bool:
        """Whether looking and loading reach out over the network."""
        ...

    def offers(self, *, wanted: bool = False) -> Offers:
        """Look and return what is there now.

        Shape: ``wanted`` says that somebody asks for a release that no source is known to have; a source whose looks
        are costly then looks again earlier than it otherwise would.
        Errors: SourceUnreachable, UntrustedIndex. Cost: cheap enough to be asked every minute; nothing is verified yet.
        """
        ...

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """Read, verify and return one release, whole; equal files are shared through ``pool``.

        Errors: UnknownRelease if it is not (any more) on offer; UntrustedRelease if anything about it does not verify;
        SourceUnreachable if it cannot be read.
        """
        ...
