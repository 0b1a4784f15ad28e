"""The library: which releases there are, each loaded once and kept.

It asks its sources in order, checks what they give against the ledger, and remembers it. Once loaded, a release does
not change while the program runs; once pinned, it never changes. How sources verify releases is not known here.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from app.errors import (
    DamagedLedger,
    SourceUnreachable,
    TzdataFilterError,
    UnknownRelease,
    UnknownZones,
    UntrustedIndex,
    UntrustedRelease,
)
from app.once import Once
from app.releases.catalogue import Catalogue
from app.releases.channels import resolve_channel
from app.releases.ledger import Ledger
from app.releases.yanked import noted, standing
from app.sources.base import Loaded, Promise, Source
from app.tzdb.names import is_release_name, nth_of_year, release_order
from app.tzdb.release import Release, TzifPool

_log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
"""How soon an unknown release may make the library look at its sources again."""
REFUSED_SECONDS = 60.0
"""How soon a release that was damaged on its way here may be fetched again."""

LEDGER = "ledger"
"""Stands for a source where the ledger itself is why a release is not served."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A release, or something that looks like one, that a source offers but that is not served."""

    source: str
    release: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A release on the list.

    Attributes:
        release: ``None`` if it has not been fetched yet.
        promise: What the source says about a release that has not been fetched yet, if anything.
    """

    version: str
    source: str
    release: Release | None
    promise: Promise | None


class Library:
    """All releases of all sources."""

    def __init__(self, sources: Sequence[Source], *, ledger: Ledger, channels: Mapping[str, str] | None = None) -> None:
        """Make an empty library; it looks at nothing before someone asks.

        Args:
            sources: Of two that offer the same release, the earlier counts.
            channels: Channel → release or channel.
        """
        self.generation = 0
        """Grows whenever ``latest``, the list of releases or its freshness may have changed."""
        self.catalogue = Catalogue(sources, changed=self._note_change)
        """What the sources offered when they were last looked at. Only the library refreshes it."""
        self.ledger = ledger
        """What each release was when it was first seen."""
        self._channels = channels or {}
        self._refused: dict[str, tuple[Refusal, float]] = {}
        """Release → why, and until when it is not tried again. Units: seconds of the monotonic clock."""
        self._offers_changed = False
        self._loaded: dict[str, Release] = {}
        self._pool: TzifPool = {}
        self._flights: Once[str, Release] = Once()

    async def refresh(self, *, wanted: bool = False) -> None:
        """See ``Catalogue.refresh``. If offers have changed, what was refused gets another chance."""
        await self.catalogue.refresh(wanted=wanted)
        self._forgive()

    async def refresh_local(self) -> None:
        """See ``Catalogue.refresh_local``."""
        await self.catalogue.refresh_local()
        self._forgive()

    async def release(self, choice: str) -> Release:
        """Return the release that ``choice`` means, loaded and verified.

        Args:
            choice: An IANA name; ``latest``, the newest that verifies; ``latest-N``, the Nth before it; a channel.

        Raises:
            UnknownRelease: No source has it; the error names the nearest releases.
            UntrustedRelease: It does not verify.
            SourceUnreachable: A source that may have it cannot be read.
            UntrustedIndex: A source that may have it is an index whose answer cannot be trusted.
        """
        if choice in self._loaded:
            return self._loaded[choice]
        if not self.catalogue.knows_local:
            await self.refresh_local()
        if not is_release_name(choice):
            if not self.catalogue.knows_all:
                await self.refresh()
            return await self._channel(choice)
        if choice not in self.catalogue.offered() and self.catalogue.age >= LOOK_AGAIN_SECONDS:
            await self.refresh(wanted=True)
        return await self._flights.run(choice, lambda: self._load(choice))

    async def load_local(self) -> None:
        """Load every release that needs no download, newest first; what does not verify becomes a refusal."""
        for version in self.local_versions():
            if version in self._loaded:
                continue
            with contextlib.suppress(TzdataFilterError):  # remembered as a refusal, or gone, or unreachable just now
                await self.release(version)

    async def listed(self) -> list[Listed]:
        """Return every release that is not refused, newest first. Cost: loads those that need no download."""
        if not self.catalogue.knows_all:
            await self.refresh()
        await self.load_local()
        rows = []
        for version in self.versions():
            release = self._loaded.get(version)
            if release is not None:
                rows.append(Listed(version, release.origin.source, self.noted(release), None))
            elif not self._refusal(version):
                source = self.catalogue.offered()[version][0]
                promise = self.catalogue.promise(source, version)
                rows.append(Listed(version, source.name, None, promise))
        return rows

    def noted(self, release: Release) -> Release:
        """Return a release with the warnings that the sources give now."""
        return noted(release, self.catalogue.yanked())

    async def having(self, check: Callable[[Release], Awaitable[None]]) -> list[str]:
        """Return the releases that have something, newest first; those not fetched yet count as having it.

        Args:
            check: Raises UnknownZones if a release lacks it.

        Raises:
            UnknownZones: No local release has it; the error is that of the newest one.
        """
        having: list[str] = []
        known = False
        lacking: UnknownZones | None = None
        for row in await self.listed():
            try:
                if row.release is not None:
                    await check(row.release)
                    known = True
                having.append(row.version)
            except UnknownZones as error:
                lacking = lacking or error
        if lacking is not None and not known:
            raise lacking
        return having

    async def newest(self, count: int) -> list[Release]:
        """Return the newest ``count`` releases that load, newest first. Cost: fetches those that are not here yet."""
        if not self.catalogue.knows_all:
            await self.refresh()
        releases: list[Release] = []
        for version in standing(self.versions(), self.catalogue.yanked()):
            if len(releases) == count:
                break
            with contextlib.suppress(UntrustedRelease, UnknownRelease, SourceUnreachable, UntrustedIndex):
                releases.append(await self.release(version))
        return releases

    def versions(self) -> list[str]:
        """Return the names of all releases on offer or loaded, newest first; some may turn out not to verify."""
        return sorted(self.catalogue.offered().keys() | self._loaded.keys(), key=release_order, reverse=True)

    def local_versions(self) -> list[str]:
        """Return the names in ``versions`` whose releases need no download."""
        offered = self.catalogue.offered()
        return [
            version
            for version in self.versions()
            if version in self._loaded or not all(source.remote for source in offered.get(version, ()))
        ]

    def refusals(self) -> list[Refusal]:
        """Return what is not served, and why: it does not verify, cannot be named, or changed upstream."""
        return [
            *(refused for refused, _ in self._refused.values()),
            *(Refusal(LEDGER, version, reason) for version, reason in self.ledger.refused().items()),
            *(Refusal(*refused) for refused in self.catalogue.refused()),
            *self._changed(),
        ]

    def _forgive(self) -> None:
        if self._offers_changed:
            self._offers_changed = False
            self._refused.clear()

    def _note_change(self) -> None:
        self.generation += 1
        self._offers_changed = True

    async def _channel(self, choice: str) -> Release:
        """Return the release that a channel means now; a release that does not verify is passed over."""
        refused: set[str] = set()
        while True:
            known = [version for version in self.versions() if version not in refused and not self._refusal(version)]
            version = resolve_channel(choice, standing(known, self.catalogue.yanked()), channels=self._channels)
            try:
                return await self.release(version)
            except (UntrustedRelease, UnknownRelease):
                if is_release_name(self._channels.get(choice, "")):
                    raise
                refused.add(version)

    async def _load(self, version: str) -> Release:
        if (refusal := self._refusal(version)) and refusal.source != LEDGER:
            raise UntrustedRelease(refusal.reason, release=version)
        started = time.perf_counter()
        lost: TzdataFilterError | None = None
        for source in self.catalogue.offered().get(version, []):
            try:
                loaded = await asyncio.to_thread(self._load_from, source, version)
            except (UnknownRelease, SourceUnreachable) as error:
                lost = error  # the next source may have it
                continue
            except DamagedLedger:
                raise  # the ledger remembers it, for as long as it lasts
            except (UntrustedRelease, UntrustedIndex) as error:
                self._refuse(source, version, error)
                raise
            self._loaded[version] = loaded.release
            self._refused.pop(version, None)
            _log.info("release %s loaded from %s in %.3f s", version, source.name, time.perf_counter() - started)
            return loaded.release
        raise self._missing(version, lost)

    def _load_from(self, source: Source, version: str) -> Loaded:
        self.ledger.check_readable(version)
        loaded = source.load(version, self._pool)
        self.ledger.keep(loaded)
        return loaded

    def _refuse(self, source: Source, version: str, error: TzdataFilterError) -> None:
        # Local files stay as they are until they change; what came over a network may have been damaged on the way.
        until = time.monotonic() + REFUSED_SECONDS if source.remote else math.inf
        self._refused[version] = (Refusal(source.name, version, error.detail), until)
        self.generation += 1
        _log.error("release %s from %s is refused: %s", version, source.name, error.detail)

    def _refusal(self, version: str) -> Refusal | None:
        refused = self._refused.get(version)
        if refused is not None and time.monotonic() < refused[1]:
            return refused[0]
        reason = self.ledger.refused().get(version)
        return Refusal(LEDGER, version, reason) if reason is not None else None

    def _changed(self) -> list[Refusal]:
        """Return what a source now promises with other bytes than those pinned; the pinned ones are still served."""
        pins = self.ledger.pins()
        return [
            Refusal(name, version, f"{name} now offers other bytes for it than were pinned at first sight")
            for name, version, promise in self.catalogue.promises()
            if version in pins and not pins[version].agrees_with(promise)
        ]

    def _missing(self, version: str, lost: TzdataFilterError | None) -> TzdataFilterError:
        """Return the error for a release that none of the sources gave."""
        if isinstance(lost, SourceUnreachable):
            return lost
        if trouble := next(iter(self.catalogue.troubles().values()), None):
            detail = f"release {version} is not known here, and a source that may have it fails: {trouble.detail}"
            return type(trouble)(detail, release=version)
        nearest = sorted(self.versions(), key=lambda known: _distance(known, version))[:3]
        hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
        return UnknownRelease(f"release {version} is not known here{hint}", release=version, suggestions=nearest)


def _distance(known: str, asked: str) -> tuple[int, int, str]:
    years = abs(int(known[:4]) - int(asked[:4]))
    return (years, abs(nth_of_year(known) - nth_of_year(asked)), known)
