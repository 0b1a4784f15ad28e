"""The newest release that loads, and those before it: what cannot be loaded is passed over, and not waited for twice.

Which names mean that is said in ``channels``.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection
from itertools import islice

from app.errors import SourceUnreachable, StoreUnavailable, TzdataFilterError, UnknownRelease
from app.releases.catalogue import Catalogue
from app.releases.channels import count_back
from app.releases.loader import Loader
from app.releases.yanked import standing
from app.tzdb.names import release_order
from app.tzdb.release import Release
from app.work.waits import RETRY_AFTER_SECONDS

_log = logging.getLogger(__name__)

PATIENCE = 0.4
"""The part of their time that those who could do without it wait for what is new, or not known yet."""
TRY_AGAIN_SECONDS = 60.0
"""How soon a channel tries again what it passed over, unless it is the newest release."""


class Newest:
    """Finds the newest releases that load."""

    def __init__(
        self,
        catalogue: Catalogue,
        loader: Loader,
        *,
        max_wait_seconds: float | None,
        changed: Callable[[], None],
    ) -> None:
        """Make one that has passed over nothing.

        Args:
            max_wait_seconds: As for ``Library``.
            changed: Called when channels may mean something else than before.
        """
        self._catalogue = catalogue
        self._loader = loader
        self._max_wait_seconds = max_wait_seconds
        self._changed = changed
        self._patience_seconds = patience_of(max_wait_seconds)
        self._passed_over: dict[str, float] = {}
        """Release → since when channels do without it. Units: seconds of the monotonic clock."""
        self._tried: dict[str, float] = {}
        """Release that is passed over → when a channel last tried it. Units: as above."""

    def versions(self) -> list[str]:
        """Return the names of all releases on offer or loaded, newest first; some may turn out not to verify."""
        names = self._catalogue.offered().keys() | self._loader.loaded.keys()
        return sorted(names, key=release_order, reverse=True)

    def local_versions(self) -> list[str]:
        """Return the names in ``versions`` whose releases need no download."""
        offered = self._catalogue.offered()
        return [
            version
            for version in self.versions()
            if version in self._loader.loaded or not all(source.remote for source in offered.get(version, ()))
        ]

    def is_passed_over(self, version: str) -> bool:
        """Tell whether channels do without a release, since it could not be loaded."""
        return version in self._passed_over

    def note_offers(self) -> None:
        """Forget what is no longer on offer."""
        offered = self._catalogue.offered()
        self._passed_over = {version: since for version, since in self._passed_over.items() if version in offered}
        self._tried.clear()

    def note_load(self, version: str) -> None:
        """Note that a release was loaded or refused."""
        if version not in self._loader.loaded or self._passed_over.pop(version, None) is not None:
            self._changed()

    def behind_seconds(self) -> float | None:
        """Return for how long a release newer than all that are here could not be loaded; ``None`` without one."""
        newest = max(map(release_order, self._loader.loaded), default=None)
        later = [
            at
            for version, at in self._passed_over.items()
            if (newest is None or release_order(version) > newest) and not self._loader.refusal(version)
        ]
        return time.monotonic() - min(later) if later else None

    async def before(self, choice: str, back: int) -> Release:
        """Return the release that is ``back`` before the newest that loads.

        A new release that is slow to come is waited for only a moment if another is here; it is loaded all the same.

        Args:
            choice: The channel that was asked for, for messages.

        Raises:
            UnknownRelease: There are not so many.
            SourceUnreachable, UntrustedIndex: The sources that may have some cannot be read.
        """
        started = time.monotonic()
        passed: dict[str, TzdataFilterError] = {}
        while True:
            known = self._worth_trying(passed, back=back, hurry=time.monotonic() - started >= self._patience_seconds)
            try:
                version = count_back(choice, back, known)
            except UnknownRelease as error:
                raise self._most_helpful(passed.values(), error) from error
            try:
                return await self._loader.load(version, wait_seconds=self._wait_for(version, started))
            except TimeoutError:
                passed[version] = still_loading(version)
            except TzdataFilterError as error:
                passed[version] = error
            self._pass_over(version, passed[version])

    async def first(self, count: int) -> list[Release]:
        """Return the newest ``count`` releases that load, newest first.

        Raises:
            SourceUnreachable: Some are still being loaded.
        """
        versions = iter(standing(self.versions(), self._catalogue.yanked()))
        releases: list[Release] = []
        while len(releases) < count and (batch := [*islice(versions, count - len(releases))]):
            loaded = await asyncio.gather(*map(self._load_if_possible, batch))
            releases += [release for release in loaded if release is not None]
        return releases

    async def _load_if_possible(self, version: str) -> Release | None:
        """Return a release, or ``None`` if it cannot be loaded. Raises: SourceUnreachable if it takes too long."""
        wait = 0.0 if version in self._passed_over else self._max_wait_seconds
        try:
            return await self._loader.load(version, wait_seconds=wait)
        except TimeoutError:
            if version in self._passed_over:
                return None
            raise still_loading(version) from None
        except TzdataFilterError:
            return None

    def _worth_trying(self, passed: Collection[str], *, back: int, hurry: bool) -> list[str]:
        """Return the releases that a channel may mean, newest first.

        Args:
            passed: Those that were tried in vain just now.
            back: As for ``before``.
            hurry: Take what is here, if there is anything.
        """
        verified = [each for each in self.versions() if not self._loader.refusal(each)]
        versions = [each for each in standing(verified, self._catalogue.yanked()) if each not in passed]
        local = self.local_versions()
        if not any(each in local for each in versions):
            return versions
        # Of what was passed over before, the newest is tried again soon, the rest now and then: an index that lists
        # everything and has nothing would otherwise be asked for everything each time.
        old = time.monotonic() - TRY_AGAIN_SECONDS
        again = versions[0] if back == 0 else None
        resting = {each for each in versions if each != again and self._tried.get(each, -math.inf) > old}
        return [each for each in versions if each in local or not (hurry or each in resting)]

    def _wait_for(self, version: str, started: float) -> float | None:
        """Return how many seconds a channel may wait for a release. Units: ``started`` as ``time.monotonic``."""
        if self._max_wait_seconds is None:
            return None
        local = self.local_versions()
        elapsed = time.monotonic() - started
        if version in local or not local:
            return max(0.0, self._max_wait_seconds - elapsed)
        return 0.0 if version in self._passed_over else self._patience_seconds - max(elapsed, self._loader.age(version))

    def _pass_over(self, version: str, error: TzdataFilterError) -> None:
        self._tried[version] = time.monotonic()
        if version not in self._passed_over:
            self._passed_over[version] = time.monotonic()
            if not self._loader.refusal(version):  # a refusal has told it all
                self._changed()
                _log.warning("channels do without release %s for now: %s", version, error.detail)

    def _most_helpful(self, passed: Collection[TzdataFilterError], error: UnknownRelease) -> TzdataFilterError:
        """Return why there is no release: a source that may have one cannot be read just now, or there is none."""
        unreachable = [each for each in passed if isinstance(each, SourceUnreachable | StoreUnavailable)]
        return next(iter([*unreachable, *self._catalogue.troubles(remote=True).values()]), error)


def patience_of(max_wait_seconds: float | None) -> float:
    """Return how many seconds of that time are for what one could do without."""
    return math.inf if max_wait_seconds is None else PATIENCE * max_wait_seconds


def still_loading(version: str) -> SourceUnreachable:
    """Return the error for a release that is on its way, for someone who waited long enough."""
    return SourceUnreachable(
        f"release {version} is still being loaded; try again in {RETRY_AFTER_SECONDS} s",
        release=version,
        retry_after=RETRY_AFTER_SECONDS,
    )
