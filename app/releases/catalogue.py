"""The catalogue: what each source offered when it was last looked at.

Looking is cheap and verifies nothing. Loading what is offered is the business of ``library``.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from app.errors import SourceUnreachable, TzdataFilterError
from app.sources.base import Offers, Promise, Source
from app.work.once import Once
from app.work.pools import Pools

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
    """The offers of all sources. What is wrong with one of them, whatever it is, does not touch the others."""

    def __init__(self, sources: Sequence[Source], *, pools: Pools, changed: Callable[[], None]) -> None:
        """Make a catalogue that has looked at nothing yet.

        Args:
            sources: Of two that offer the same release, the earlier is asked first.
            changed: Called whenever the offers change, or whether they are fresh.
        """
        self._sources = sources
        self._pools = pools
        self._changed = changed
        self.failures: dict[str, int] = {source.name: 0 for source in sources}
        """Source → how often it could not be read."""
        self._looks: dict[int, _Look] = {}
        """By the identity of the source: two may have one name."""
        self._flights: Once[tuple[int, bool], None] = Once()
        self._looked_at = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since all sources were last looked at, or at least asked."""
        return time.monotonic() - self._looked_at

    @property
    def knows_local(self) -> bool:
        """Whether every source that does not use the network has been looked at."""
        return all(id(source) in self._looks for source in self._sources if not source.remote)

    @property
    def knows_all(self) -> bool:
        """Whether every source has been looked at."""
        return len(self._looks) == len(self._sources)

    async def refresh(self, *, wanted: bool = False, wait_seconds: float | None = None) -> None:
        """Look at all sources at once. One that cannot be read keeps what it offered before, and is logged.

        Args:
            wanted: As in ``Source.offers``.
            wait_seconds: How long to wait for them; a look that takes longer goes on.
        """
        await self._look_at(self._sources, wanted=wanted, wait_seconds=wait_seconds)
        self._looked_at = time.monotonic()

    async def refresh_local(self, *, wait_seconds: float | None = None) -> None:
        """Look at the sources that do not use the network. Args: as for ``refresh``."""
        local = [source for source in self._sources if not source.remote]
        await self._look_at(local, wanted=False, wait_seconds=wait_seconds)

    async def look_first(self, *, wait_seconds: float | None = None, patience_seconds: float | None = None) -> None:
        """Look at the sources that have not been looked at yet.

        Args:
            wait_seconds: How long to wait for them.
            patience_seconds: How long each look may have been going on, whoever began it.
        """

        async def look(source: Source) -> None:
            wait = wait_seconds
            if patience_seconds is not None:
                wait = max(0.0, patience_seconds - self._flights.age((id(source), False)))
            await self._look_at([source], wanted=False, wait_seconds=wait)

        await asyncio.gather(*(look(source) for source in self._sources if id(source) not in self._looks))

    def offered(self) -> dict[str, list[Source]]:
        """Return release → the sources that have it, in the order in which to ask them."""
        offered: dict[str, list[Source]] = {}
        for source in self._sources:
            for version in self._looks.get(id(source), _NOTHING).offers.releases:
                offered.setdefault(version, []).append(source)
        return offered

    def promise(self, source: Source, version: str) -> Promise | None:
        """Return what a source says about a release before anyone has read it."""
        return self._looks[id(source)].offers.promises.get(version)

    def promises(self) -> Iterator[tuple[str, str, Promise]]:
        """Yield source, release and promise for every promise."""
        for source in self._sources:
            for version, promise in self._looks.get(id(source), _NOTHING).offers.promises.items():
                yield source.name, version, promise

    def yanked(self) -> dict[str, str]:
        """Return the releases that a source advises against → its reason."""
        return {version: promise.yanked for _, version, promise in self.promises() if promise.yanked is not None}

    def refused(self) -> Iterator[tuple[str, str, str]]:
        """Yield source, place and reason for everything that looks like a release but cannot be named."""
        for source in self._sources:
            for place, reason in sorted(self._looks.get(id(source), _NOTHING).offers.refused.items()):
                yield source.name, place, reason

    def troubles(self, *, remote: bool = False) -> dict[str, TzdataFilterError]:
        """Return source → why it could not be read when it was last looked at, or that it has not answered yet.

        Args:
            remote: Only those that use the network.
        """
        troubles: dict[str, TzdataFilterError] = {}
        for source in self._sources:
            if remote and not source.remote:
                continue
            look = self._looks.get(id(source))
            if look is None:
                troubles[source.name] = SourceUnreachable(f"the source {source.name} has not answered yet")
            elif look.trouble is not None:
                troubles[source.name] = look.trouble
        return troubles

    def ages(self) -> dict[str, float]:
        """Return source → seconds since it was last read; infinite if it never was."""
        now = time.monotonic()
        looks = {source.name: self._looks.get(id(source), _NOTHING) for source in self._sources}
        return {name: math.inf if look.at is None else now - look.at for name, look in looks.items()}

    def stale_seconds(self) -> float | None:
        """Return how old the oldest offers of a source in trouble are; ``None`` if no source is in trouble.

        They are infinitely old if the source was never read. A source on this machine then simply has nothing.
        """
        now = time.monotonic()
        ages = []
        for source in self._sources:
            look = self._looks.get(id(source), _NOTHING)
            if look.at is None and source.remote:
                ages.append(math.inf)
            elif look.at is not None and look.trouble is not None:
                ages.append(now - look.at)
        return max(ages, default=None)

    async def _look_at(self, sources: Sequence[Source], *, wanted: bool, wait_seconds: float | None) -> None:
        looks = [
            self._flights.run((id(source), wanted), partial(self._look, source, wanted), wait_seconds=wait_seconds)
            for source in sources
        ]
        for outcome in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, TimeoutError):
                raise outcome

    async def _look(self, source: Source, wanted: bool) -> None:  # noqa: FBT001 - called through partial
        pool = self._pools.looks if source.remote else self._pools.local
        try:
            offers = await pool.run(partial(source.offers, wanted=wanted))
        except TzdataFilterError as error:
            look = self._failed(source, error)
        except Exception as error:  # noqa: BLE001 - whatever a source raises, it is that source's alone
            unexpected = SourceUnreachable(f"the source {source.name} failed unexpectedly: {type(error).__name__}")
            look = self._failed(source, unexpected, trace=error)
        else:
            look = _Look(offers, time.monotonic(), None)
        known = self._looks.get(id(source), _NOTHING)
        self.failures[source.name] += look.trouble is not None
        self._looks[id(source)] = look
        was_well, is_well = (each.at is not None and each.trouble is None for each in (known, look))
        if look.offers != known.offers or was_well != is_well:
            self._changed()

    def _failed(self, source: Source, trouble: TzdataFilterError, *, trace: Exception | None = None) -> _Look:
        # What is known may be newer than this attempt: two that differ in what they want can run at once.
        known = self._looks.get(id(source), _NOTHING)
        if known.trouble is None or known.trouble.detail != trouble.detail:
            level = logging.WARNING if trace is None else logging.ERROR
            _log.log(level, "source %s cannot be read: %s", source.name, trouble.detail, exc_info=trace)
        return _Look(known.offers, known.at, trouble)
