"""The contract of a source. No source lives here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.tzdb.release import Release, TzifPool


@dataclass(frozen=True, slots=True)
class Promise:
    """What a source says about a release's wheel before anyone has read it.

    Attributes:
        sha256: 64 hexadecimal digits; ``None`` if the source does not say.
        yanked: Why the source advises against the release, one printable line; ``None`` if it does not.
    """

    package_version: str
    sha256: str | None
    yanked: str | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """What a source has at this moment.

    Attributes:
        releases: The IANA names of the releases that it can load.
        refused: The places (file names) that look like a release but whose release cannot even be named → why.
        stamp: Changes whenever what ``load`` would read may have changed. It is always the same for a source that
            cannot notice this cheaply.
        promises: What the source says about releases, for those that it says anything about.
    """

    releases: frozenset[str]
    refused: Mapping[str, str]
    stamp: str = ""
    promises: Mapping[str, Promise] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release that was read.

    Attributes:
        wheel: The bytes it was read from; ``None`` if it did not come in a wheel.
    """

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
        """Look, and return what is there now.

        Args:
            wanted: Someone is asking for a release that no source is known to have. A source for which looking is
                expensive then looks again earlier than it otherwise would.

        Raises:
            SourceUnreachable: The source cannot be read.
            UntrustedIndex: The source is a package index whose answer cannot be trusted.

        Cost: Cheap enough to be called every minute; nothing is verified yet.
        """
        ...

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """Read, verify and return one whole release; equal files are shared through ``pool``.

        Raises:
            UnknownRelease: The release is not on offer, or no longer.
            UntrustedRelease: Anything about it does not verify.
            SourceUnreachable: It cannot be read.
        """
        ...
