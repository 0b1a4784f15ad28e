"""The loader: loads each release once, from the first source that gives it, and remembers what failed.

It checks what sources give against the ledger. Which release a name means is the business of ``library``.
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.errors import (
    InvalidContent,
    Overloaded,
    SourceUnreachable,
    TzdataFilterError,
    UnknownRelease,
    UntrustedIndex,
    UntrustedRelease,
)
from app.once import Once
from app.releases.catalogue import Catalogue
from app.releases.ledger import Ledger
from app.sources.base import Loaded, Source
from app.tzdb.release import Release, TzifPool
from app.work.pools import Pools

_log = logging.getLogger(__name__)

REFUSED_SECONDS = 60.0
"""How soon a release that was damaged on its way here may be fetched again."""
FAILED_SECONDS = 5.0
"""How soon a release that could not be fetched is tried again; until then everyone gets the same error immediately."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A release, or something that looks like one, that a source offers but that is not served."""

    source: str
    release: str
    reason: str


class Loader:
    """Loads releases. Used by one event loop only; what it hands out may be used anywhere."""

    def __init__(self, catalogue: Catalogue, ledger: Ledger, pools: Pools, *, changed: Callable[[str], None]) -> None:
        """Make a loader that has loaded nothing.

        Args:
            changed: Called with each release that was loaded or refused.
        """
        self.loaded: dict[str, Release] = {}
        """Every release that was loaded; once here, it stays as it is."""
        self._catalogue = catalogue
        self._ledger = ledger
        self._pools = pools
        self._changed = changed
        self._refused: dict[str, tuple[Refusal, float]] = {}
        """Release → why, and until when it is not tried again. Units: seconds of the monotonic clock."""
        self._failed: dict[str, tuple[TzdataFilterError, float]] = {}
        """The same for a release that a source could not give just now."""
        self._unexpected: set[str] = set()
        self._pool: TzifPool = {}
        self._flights: Once[str, Release] = Once()

    async def load(self, version: str, *, wait_seconds: float | None = None) -> Release:
        """Return a release, loaded and verified.

        Args:
            wait_seconds: How long to wait; loading goes on, for whoever asks next.

        Raises:
            TimeoutError: It took longer.
            UnknownRelease: No source has it.
            UntrustedRelease: It does not verify.
            SourceUnreachable, UntrustedIndex: The sources that have it could not give it, now or a moment ago.
        """
        if version in self.loaded:
            return self.loaded[version]
        if refusal := self.refusal(version):
            raise UntrustedRelease(refusal.reason, release=version)
        self._check_not_failed(version)
        return await self._flights.run(version, lambda: self._load(version), wait_seconds=wait_seconds)

    def age(self, version: str) -> float:
        """Return for how many seconds a release has been under way; 0 if it is not."""
        return self._flights.age(version)

    def refusal(self, version: str) -> Refusal | None:
        """Return why a release is refused at the moment; ``None`` if it is not."""
        refused = self._refused.get(version)
        return refused[0] if refused is not None and time.monotonic() < refused[1] else None

    def refusals(self) -> list[Refusal]:
        """Return what did not verify when it was last tried."""
        return [refusal for refusal, _ in self._refused.values()]

    def forgive(self) -> None:
        """Give what was refused or failed another chance."""
        self._refused.clear()
        self._failed.clear()

    def _check_not_failed(self, version: str) -> None:
        error, until = self._failed.get(version, (None, 0.0))
        rest = until - time.monotonic()
        if error is not None and rest > 0:
            # A new one each time: an error that is raised again and again grows with every traceback.
            raise type(error)(error.detail, **{**error.facts, "retry_after": math.ceil(rest)})

    async def _load(self, version: str) -> Release:
        started = time.perf_counter()
        errors: list[TzdataFilterError] = []
        sources = self._catalogue.offered().get(version, [])
        for source in sources:
            try:
                release = await self._load_from(source, version)
            except TzdataFilterError as error:
                errors.append(error)  # the next source may have it
                continue
            self.loaded[version] = release
            self._changed(version)
            _log.info("release %s loaded from %s in %.3f s", version, source.name, time.perf_counter() - started)
            return release
        # What was wrong with a release says more than that another source did not have it.
        worst = min(errors, key=_weight, default=UnknownRelease(f"release {version} is not here", release=version))
        passes = not isinstance(worst, Overloaded | UntrustedRelease | UnknownRelease)
        if passes and any(source.remote for source in sources):
            self._failed[version] = (worst, time.monotonic() + FAILED_SECONDS)
        raise worst

    async def _load_from(self, source: Source, version: str) -> Release:
        pool = self._pools.network if source.remote else self._pools.local
        try:
            loaded = await pool.run(partial(source.load, version, self._pool))
        except (UntrustedRelease, UntrustedIndex, InvalidContent) as error:
            raise self._refuse(source, version, error) from error
        except TzdataFilterError:
            raise
        except Exception as error:
            raise self._unforeseen(source, version, error) from error
        return await self._keep(source, loaded)

    async def _keep(self, source: Source, loaded: Loaded) -> Release:
        try:
            await self._pools.store.run(partial(self._ledger.keep, loaded))
        except UntrustedRelease as error:
            raise self._refuse(source, loaded.release.version, error) from error
        return loaded.release

    def _refuse(self, source: Source, version: str, error: TzdataFilterError) -> TzdataFilterError:
        # Local files stay as they are until they change; what came over a network may have been damaged on the way.
        until = time.monotonic() + REFUSED_SECONDS if source.remote else math.inf
        self._refused[version] = (Refusal(source.name, version, error.detail), until)
        self._changed(version)
        _log.error("release %s from %s is refused: %s", version, source.name, error.detail)
        is_final = isinstance(error, UntrustedRelease | UntrustedIndex)
        return error if is_final else UntrustedRelease(error.detail, release=version)

    def _unforeseen(self, source: Source, version: str, error: Exception) -> SourceUnreachable:
        """Return the error for what no source should raise; the log has its traceback once."""
        detail = f"the source {source.name} failed unexpectedly on release {version}: {type(error).__name__}"
        if detail not in self._unexpected:
            self._unexpected.add(detail)
            _log.error("%s", detail, exc_info=error)
        return SourceUnreachable(detail, release=version)


def _weight(error: TzdataFilterError) -> int:
    """Sort key of errors: the one that says most comes first."""
    order = (UntrustedRelease, UntrustedIndex, SourceUnreachable, Overloaded)
    if isinstance(error, UnknownRelease):
        return len(order) + 1
    return order.index(type(error)) if type(error) in order else len(order)
