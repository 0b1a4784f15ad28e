"""The library: which releases there are, each loaded once and kept.

It asks its sources in order and remembers what they gave. A release once loaded never changes while the program runs.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.artifact.spec import LATEST
from app.build.once import Once
from app.errors import SourceUnreachable, UnknownRelease, UntrustedRelease
from app.sources.base import Offers, Source
from app.tzdb.release import Release, TzifPool

_log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
"""How soon an unknown release may make the library look at its sources again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A release, or something that looks like one, that a source offers and that is not served."""

    source: str
    release: str
    reason: str


class Library:
    """All releases of all sources."""

    def __init__(self, sources: Sequence[Source]) -> None:
        """Shape: of two sources that offer one release the earlier counts."""
        self._sources = sources
        self._seen = [Offers(frozenset(), {}) for _ in sources]
        self._offered: dict[str, Source] = {}
        self._refused: dict[str, Refusal] = {}
        self._loaded: dict[str, Release] = {}
        self._pool: TzifPool = {}
        self._once: Once[str, Release] = Once()
        self._looking: Once[None, None] = Once()
        self._looked_at = -LOOK_AGAIN_SECONDS
        self._generation = 0

    @property
    def generation(self) -> int:
        """A number that grows whenever ``latest`` or the list of releases may have changed."""
        return self._generation

    async def refresh(self) -> None:
        """Look at the sources. A source that cannot be read keeps what it offered before, and is logged."""
        await self._looking.run(None, self._look)

    async def _look(self) -> None:
        self._looked_at = time.monotonic()
        seen = [await self._ask(source, before) for source, before in zip(self._sources, self._seen, strict=True)]
        if seen == self._seen:
            return
        self._generation += 1
        # What was refused may have been mended: it gets another chance.
        self._refused.clear()
        self._seen = seen
        self._offered = {}
        for source, offers in zip(self._sources, seen, strict=True):
            self._offered = dict.fromkeys(offers.releases, source) | self._offered

    async def _ask(self, source: Source, before: Offers) -> Offers:
        try:
            return await asyncio.to_thread(source.offers)
        except SourceUnreachable as error:
            _log.warning("source %s cannot be read: %s", source.name, error.detail)
            return before

    async def release(self, choice: str) -> Release:
        """Return the release that ``choice`` means, loaded and verified.

        Shape: an IANA name, or ``latest``: the newest that verifies.
        Errors: UnknownRelease with the nearest names; UntrustedRelease; SourceUnreachable.
        """
        if choice == LATEST:
            return await self._latest()
        if choice in self._loaded:
            return self._loaded[choice]
        # Without any offer the first look is still under way: its outcome must not be guessed.
        due = not self._offered or time.monotonic() - self._looked_at >= LOOK_AGAIN_SECONDS
        if choice not in self._offered and due:
            await self.refresh()
        return await self._once.run(choice, lambda: self._load(choice))

    async def releases(self) -> list[Release]:
        """Return every release that verifies, newest first. Cost: loads those that nobody has asked for yet."""
        if not self._offered:
            await self.refresh()
        releases = []
        for version in self.versions():
            try:
                releases.append(await self.release(version))
            except (UntrustedRelease, UnknownRelease, SourceUnreachable):
                continue  # a refusal is remembered in _load; the others are gone or away just now
        return releases

    def versions(self) -> list[str]:
        """Return the names of all releases on offer or loaded, newest first; some may turn out not to verify."""
        return sorted(self._offered.keys() | self._loaded.keys(), key=release_order, reverse=True)

    def refusals(self) -> list[Refusal]:
        """Return what is not served and why."""
        unnamed = (
            Refusal(source.name, place, reason)
            for source, offers in zip(self._sources, self._seen, strict=True)
            for place, reason in sorted(offers.refused.items())
        )
        return [*self._refused.values(), *unnamed]

    async def _latest(self) -> Release:
        if not self._offered:
            await self.refresh()
        for version in self.versions():
            if version in self._refused:
                continue
            try:
                return await self.release(version)
            except (UntrustedRelease, UnknownRelease):
                continue
        raise UnknownRelease("there is no release at all: no source offers one that verifies", release=LATEST)

    async def _load(self, version: str) -> Release:
        if version in self._refused:
            raise UntrustedRelease(self._refused[version].reason, release=version)
        source = self._offered.get(version)
        if source is None:
            raise self._unknown(version)
        started = time.perf_counter()
        try:
            release = await asyncio.to_thread(source.load, version, self._pool)
        except UntrustedRelease as error:
            self._refused[version] = Refusal(source.name, version, error.detail)
            self._generation += 1
            _log.error("release %s from %s is refused: %s", version, source.name, error.detail)
            raise
        self._loaded[version] = release
        _log.info("release %s loaded from %s in %.3f s", version, source.name, time.perf_counter() - started)
        return release

    def _unknown(self, version: str) -> UnknownRelease:
        nearest = sorted(self.versions(), key=lambda known: _distance(known, version))[:3]
        hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
        return UnknownRelease(f"release {version} is not known here{hint}", release=version, suggestions=nearest)


def release_order(version: str) -> tuple[str, int, str]:
    """Sort key that puts releases in the order they appeared: by year, then ``a`` to ``z``, then ``za`` and on."""
    year, letters = version[:4], version[4:]
    return (year, len(letters), letters)


def _distance(known: str, asked: str) -> tuple[int, int, str]:
    years = abs(int(known[:4]) - int(asked[:4]))
    return (years, abs(ord(known[4]) - ord(asked[4])), known)
