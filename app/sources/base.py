"""The contract of a source. No source lives here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.tzdb.release import Release, TzifPool


@dataclass(frozen=True, slots=True)
class Offers:
    """What a source has at this moment.

    Shape: ``releases`` the IANA names it can load; ``refused`` the places (file names) that look like a release and
    cannot even be named → why; ``stamp`` another text whenever what ``load`` would read may have changed,
    and always the same where that cannot be told cheaply.
    """

    releases: frozenset[str]
    refused: Mapping[str, str]
    stamp: str = ""


class Source(Protocol):
    """One place that tzdata releases come from. Methods block; callers run them in a thread."""

    @property
    def name(self) -> str:
        """A short constant word for answers, logs and metrics: ``installed``, ``wheels``."""
        ...

    def offers(self) -> Offers:
        """Look and return what is there now.

        Errors: SourceUnreachable. Cost: cheap enough to be asked every minute; nothing is verified yet.
        """
        ...

    def load(self, version: str, pool: TzifPool) -> Release:
        """Read, verify and return one release, whole; equal files are shared through ``pool``.

        Errors: UnknownRelease if it is not (any more) on offer; UntrustedRelease if anything about it does not verify;
        SourceUnreachable if it cannot be read.
        """
        ...
