"""The catalogue: what each source offered when it was last looked at.

Looking is cheap and verifies nothing. Loading what is offered is the business of ``library``.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.errors import SourceUnreachable, TzdataFilterError, UntrustedIndex
from app.once import Once
from app.sources.base import Offers, Promise, Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one source offered when it was last read, and what has been wrong with it since.

    Attributes:
        at: When it was last read, in seconds of the monotonic clock; ``None`` if it never was.
        trouble: Why the last attempt to read it failed; ``None`` if it did not.
    """

    offers: Offers
    at: float | None
    trouble: TzdataFilterError | None


_NOTHING = _Look(Offers(frozenset(), {}), None, None)


class Catalogue:
    """The offers of all sources."""

    def __init__(self, sources: Sequence[Source], *, changed: Callable[[], None]) -> None:
        """Make a catalogue that has looked at nothing yet.

        Args:
            sources: Of two that offer the same release, the earlier is asked first.
            changed: Called whenever the offers change, or whether they are fresh.
        """
        self._sources = sources
        self._changed = changed
        self.failures: dict[str, int] = {source.name: 0 for source in sources}
        """Source → how often it could not be read."""
        self._looks: dict[str, _Look] = {}
        self._flights: Once[tuple[str, bool], None] = Once()
        self._looked_at = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since all sources were last looked at."""
        return time.monotonic() - self._looked_at

    @property
    def knows_local(self) -> bool:
        """Whether every source that does not use the network has been looked at."""
        return all(source.name in self._looks for source in self._sources if not source.remote)

    @property
    def knows_all(self) -> bool:
        """Whether every source has been looked at."""
        return len(self._looks) == len(self._sources)

    async def refresh(self, *, wanted: bool = False) -> None:
        """Look at all sources at once. One that cannot be read keeps what it offered before, and is logged.

        Args:
            wanted: As in ``Source.offers``.
        """
        await self._flights.run(("all", wanted), lambda: self._refresh(self._sources, wanted=wanted))
        self._looked_at = time.monotonic()

    async def refresh_local(self) -> None:
        """Look at the sources that do not use the network."""
        local = [source for source in self._sources if not source.remote]
        await self._flights.run(("local", False), lambda: self._refresh(local, wanted=False))

    def offered(self) -> dict[str, list[Source]]:
        """Return release → the sources that have it, in the order in which to ask them."""
        offered: dict[str, list[Source]] = {}
        for source in self._sources:
            for version in self._looks.get(source.name, _NOTHING).offers.releases:
                offered.setdefault(version, []).append(source)
        return offered

    def promise(self, source: Source, version: str) -> Promise | None:
        """Return what a source says about a release before anyone has read it."""
        return self._looks[source.name].offers.promises.get(version)

    def promises(self) -> Iterator[tuple[str, str, Promise]]:
        """Yield source, release and promise for every promise."""
        for name, look in self._looks.items():
            for version, promise in look.offers.promises.items():
                yield name, version, promise

    def yanked(self) -> dict[str, str]:
        """Return the releases that a source advises against → its reason."""
        return {version: promise.yanked for _, version, promise in self.promises() if promise.yanked is not None}

    def refused(self) -> Iterator[tuple[str, str, str]]:
        """Yield source, place and reason for everything that looks like a release but cannot be named."""
        for source in self._sources:
            for place, reason in sorted(self._looks.get(source.name, _NOTHING).offers.refused.items()):
                yield source.name, place, reason

    def troubles(self) -> dict[str, TzdataFilterError]:
        """Return source → why it could not be read when it was last looked at."""
        return {name: look.trouble for name, look in self._looks.items() if look.trouble is not None}

    def ages(self) -> dict[str, float]:
        """Return source → seconds since it was last read; infinite if it never was."""
        now = time.monotonic()
        looks = {source.name: self._looks.get(source.name, _NOTHING) for source in self._sources}
        return {name: math.inf if look.at is None else now - look.at for name, look in looks.items()}

    def stale_seconds(self) -> float | None:
        """Return how old the oldest offers of a source in trouble are; ``None`` if no source is in trouble.

        A source in trouble that was never read does not count: it has no offers that could be stale.
        """
        now = time.monotonic()
        ages = [now - look.at for look in self._looks.values() if look.trouble is not None and look.at is not None]
        return max(ages, default=None)

    async def _refresh(self, sources: Sequence[Source], *, wanted: bool) -> None:
        await asyncio.gather(*(self._look(source, wanted=wanted) for source in sources))

    async def _look(self, source: Source, *, wanted: bool) -> None:
        known = self._looks.get(source.name, _NOTHING)
        try:
            offers = await asyncio.to_thread(source.offers, wanted=wanted)
        except (SourceUnreachable, UntrustedIndex) as error:
            self.failures[source.name] += 1
            if known.trouble is None or known.trouble.detail != error.detail:
                _log.warning("source %s cannot be read: %s", source.name, error.detail)
            look = _Look(known.offers, known.at, error)
        else:
            look = _Look(offers, time.monotonic(), None)
        self._looks[source.name] = look
        if look.offers != known.offers or (look.trouble is None) != (known.trouble is None):
            self._changed()
