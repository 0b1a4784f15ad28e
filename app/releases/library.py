"""The library: which releases there are, and which one a name means today.

``catalogue`` knows what sources offer, ``loader`` loads it. Once loaded, a release does not change while the program
runs; once pinned, it never changes. Nobody waits here for longer than the library was told.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from app.errors import TzdataFilterError, UnknownRelease, UnknownZones
from app.releases.catalogue import Catalogue
from app.releases.channels import follow_channel
from app.releases.ledger import Ledger
from app.releases.loader import Loader, Refusal
from app.releases.newest import Newest, patience_of, still_loading
from app.sources.base import Promise, Source
from app.tzdb.names import is_release_name, nth_of_year
from app.tzdb.release import Release
from app.work.pools import Pools, make_pools

LOOK_AGAIN_SECONDS = 1.0
"""How soon an unknown release may make the library look at its sources again."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A release on the list.

    Attributes:
        release: ``None`` if it has not been loaded yet.
        promise: What the source says about a release that has not been loaded yet, if anything.
        passed_over: Whether channels do without it for now, since it could not be loaded.
    """

    version: str
    source: str
    release: Release | None
    promise: Promise | None
    passed_over: bool = False


class Library:
    """All releases of all sources."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        ledger: Ledger,
        channels: Mapping[str, str] | None = None,
        pools: Pools | None = None,
        max_wait_seconds: float | None = None,
    ) -> None:
        """Make an empty library; it looks at nothing before someone asks.

        Args:
            sources: Of two that offer the same release, the earlier counts.
            channels: Channel → release or channel.
            max_wait_seconds: How long anyone waits for sources; ``None`` for as long as they take.
        """
        self.generation = 0
        """Grows whenever ``latest``, the list of releases or its freshness may have changed."""
        pools = pools or make_pools()
        self.catalogue = Catalogue(sources, pools=pools, changed=self._note_offers)
        """What the sources offered when they were last looked at. Only the library refreshes it."""
        self._loader = Loader(self.catalogue, ledger, pools, changed=self._note_load)
        self._newest = Newest(
            self.catalogue, self._loader, max_wait_seconds=max_wait_seconds, changed=self._note_channels
        )
        self._ledger = ledger
        self._channels = channels or {}
        self._max_wait_seconds = max_wait_seconds
        self._offers_changed = False

    async def refresh(self, *, wanted: bool = False) -> None:
        """See ``Catalogue.refresh``. If offers have changed, what was refused gets another chance."""
        await self.catalogue.refresh(wanted=wanted, wait_seconds=self._max_wait_seconds)
        self._forgive()

    async def refresh_local(self) -> None:
        """See ``Catalogue.refresh_local``."""
        await self.catalogue.refresh_local(wait_seconds=self._max_wait_seconds)
        self._forgive()

    async def release(self, choice: str) -> Release:
        """Return the release that ``choice`` means, loaded and verified.

        Args:
            choice: An IANA name; ``latest``, the newest that loads; ``latest-N``, the Nth before it; a channel.

        Raises:
            UnknownRelease: No source has it; the error names the nearest releases.
            UntrustedRelease: It does not verify.
            SourceUnreachable: A source that may have it cannot be read, or not in time.
            UntrustedIndex: A source that may have it is an index whose answer cannot be trusted.
        """
        if choice in self._loader.loaded:
            return self._loader.loaded[choice]
        if not self.catalogue.knows_local:
            await self.refresh_local()
        if not is_release_name(choice):
            await self._look_first()
            meant = follow_channel(choice, channels=self._channels)
            return await (self.release(meant) if isinstance(meant, str) else self._newest.before(choice, meant))
        if choice not in self.catalogue.offered() and self.catalogue.age >= LOOK_AGAIN_SECONDS:
            await self.refresh(wanted=True)
        try:
            return await self._loader.load(choice, wait_seconds=self._max_wait_seconds)
        except TimeoutError:
            raise still_loading(choice) from None
        except UnknownRelease as error:
            raise self._missing(choice) from error

    async def ready(self) -> Release:
        """Return the newest release that is here; the network is waited for only if there is none.

        Raises:
            TzdataFilterError: As for ``release``.
        """
        if not self.catalogue.knows_local:
            await self.refresh_local()
        for version in self.local_versions():
            with contextlib.suppress(TzdataFilterError):
                return await self.release(version)
        return await self.release("latest")

    async def load_local(self) -> None:
        """Load every release that needs no download, newest first; what does not verify becomes a refusal."""
        for version in self.local_versions():
            with contextlib.suppress(TzdataFilterError):  # remembered as a refusal, or gone, or unreachable just now
                await self.release(version)

    async def listed(self) -> list[Listed]:
        """Return every release that is not refused, newest first. Cost: loads those that need no download."""
        await self._look_first()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._max_wait_seconds):
                await self.load_local()
        rows = []
        for version in self.versions():
            release = self._loader.loaded.get(version)
            if release is not None:
                rows.append(Listed(version, release.origin.source, release, None))
            elif not self._loader.refusal(version):
                source = self.catalogue.offered()[version][0]
                promise = self.catalogue.promise(source, version)
                rows.append(
                    Listed(version, source.name, None, promise, passed_over=self._newest.is_passed_over(version))
                )
        return rows

    async def having(self, check: Callable[[Release], Awaitable[None]]) -> list[str]:
        """Return the releases that have something, newest first; those not loaded yet count as having it.

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
        """Return the newest ``count`` releases that load, newest first. Cost: fetches those that are not here yet.

        Raises:
            SourceUnreachable: Some are still being loaded.
        """
        await self._look_first()
        return await self._newest.first(count)

    def versions(self) -> list[str]:
        """See ``Newest.versions``."""
        return self._newest.versions()

    def local_versions(self) -> list[str]:
        """See ``Newest.local_versions``."""
        return self._newest.local_versions()

    def refusals(self) -> list[Refusal]:
        """Return what is not served, and why: it does not verify, cannot be named, or changed upstream."""
        return [
            *self._loader.refusals(),
            *(Refusal(*refused) for refused in self.catalogue.refused()),
            *self._changed(),
        ]

    def stale_seconds(self) -> float | None:
        """Return for how long ``latest`` may have been behind; ``None`` if it is not, infinite if nobody can say.

        It may be while a source cannot be read, and is while a newer release cannot be loaded.
        """
        ages = (self._newest.behind_seconds(), self.catalogue.stale_seconds())
        return max((age for age in ages if age is not None), default=None)

    async def _look_first(self) -> None:
        """Wait for a first look at every source, but not for long if there is something here to go on with."""
        if self.catalogue.knows_all:
            return
        if not self.catalogue.knows_local:
            await self.refresh_local()
        wait = self._max_wait_seconds
        patience = patience_of(wait) if wait is not None and self.local_versions() else None
        await self.catalogue.look_first(wait_seconds=wait, patience_seconds=patience)
        self._forgive()

    def _forgive(self) -> None:
        if self._offers_changed:
            self._offers_changed = False
            self._loader.forgive()

    def _note_offers(self) -> None:
        self.generation += 1
        self._offers_changed = True
        self._newest.note_offers()

    def _note_load(self, version: str) -> None:
        self._newest.note_load(version)

    def _note_channels(self) -> None:
        self.generation += 1

    def _changed(self) -> list[Refusal]:
        """Return what a source now promises with other bytes than those pinned; the pinned ones are still served."""
        pins = self._ledger.pins()
        return [
            Refusal(name, version, f"{name} now offers other bytes for it than were pinned at first sight")
            for name, version, promise in self.catalogue.promises()
            if version in pins and not pins[version].agrees_with(promise)
        ]

    def _missing(self, version: str) -> TzdataFilterError:
        """Return the error for a release that none of the sources has."""
        if trouble := next(iter(self.catalogue.troubles().values()), None):
            detail = f"release {version} is not known here, and a source that may have it fails: {trouble.detail}"
            return type(trouble)(detail, release=version)
        nearest = sorted(self.versions(), key=lambda known: _distance(known, version))[:3]
        hint = f"; the nearest are {', '.join(nearest)}" if nearest else ""
        return UnknownRelease(f"release {version} is not known here{hint}", release=version, suggestions=nearest)


def _distance(known: str, asked: str) -> tuple[int, int, str]:
    years = abs(int(known[:4]) - int(asked[:4]))
    return (years, abs(nth_of_year(known) - nth_of_year(asked)), known)
