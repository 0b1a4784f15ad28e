"""A package index: every release ever published, each fetched when someone asks for it.

How the index is found, how its page is parsed and how bytes are downloaded is not known here.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from app.digest import sha256_hex
from app.errors import SourceUnreachable, TzdataFilterError, UnknownRelease, UntrustedIndex, UntrustedRelease
from app.outbound.failures import Untrusted
from app.outbound.urls import parse_url
from app.settings import read_environment
from app.sources.base import Loaded, Offers, Promise
from app.sources.download import SILENCE_SECONDS, Downloader, Wanted
from app.sources.index_address import IndexAddress
from app.sources.index_page import ACCEPT, IndexedWheel, parse_index_page
from app.sources.wheel import LIMITS, load_wheel
from app.tzdb.release import TzifPool, yanked_warning

_log = logging.getLogger(__name__)

MAX_PAGE_BYTES = 1 << 20
"""Ten times what the index that has the longest page says of all releases since 2020."""
WHEEL_SECONDS = 30.0
"""Longest time for one wheel, however steadily its bytes arrive."""
WANTED_AGAIN_SECONDS = 60.0
"""How soon a request for a release that no source has may make this program look at the index again."""
FAILED_AGAIN_SECONDS = 5.0
"""How soon an index that failed is tried again; until then everyone gets the same error immediately."""

_WHEEL_TYPE = "application/octet-stream, */*;q=0.1"


@dataclass(frozen=True, slots=True)
class _Look:
    """One reading of the index page. Units: ``at`` in seconds of the monotonic clock."""

    wheels: tuple[IndexedWheel, ...]
    refused: Mapping[str, str]
    at: float


class IndexSource:
    """Source: the tzdata wheels of one package index, each verified against the sha256 that the index promises."""

    name = "index"
    remote = True

    def __init__(
        self,
        find_address: Callable[[], IndexAddress],
        *,
        refresh_seconds: float,
        wheel_seconds: float = WHEEL_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
        variables: Callable[[], Mapping[str, str]] = read_environment,
    ) -> None:
        """Make a source that has not looked at the index yet.

        Args:
            find_address: Called once, on first use, and again if it failed.
            refresh_seconds: The list of files is read again when it is older than this.
            wheel_seconds: The longest that a wheel may take.
            silence_seconds: The longest wait for a connection or for the next piece; also for the whole list of files.
            variables: Returns the environment.
        """
        self._find_address = find_address
        self._refresh_seconds = refresh_seconds
        self._wheel_seconds = wheel_seconds
        self._silence_seconds = silence_seconds
        self._variables = variables
        self._lock = threading.Lock()
        self._verifying = threading.Lock()
        self._address: IndexAddress | None = None
        self._downloader: Downloader | None = None
        self._look: _Look | None = None
        self._failure: tuple[float, TzdataFilterError] | None = None
        self._named: dict[str, str] = {}
        """File name → the IANA release that it turned out to hold, if it was not the presumed one."""

    def offers(self, *, wanted: bool = False) -> Offers:
        """See ``Source.offers``. Names are presumed from package versions until a wheel has been read."""
        look = self._fresh_look(WANTED_AGAIN_SECONDS if wanted else self._refresh_seconds)
        # Of two package versions of one release the later counts, so it is written last.
        promises = {
            self._release_of(wheel): Promise(wheel.package_version, wheel.sha256, wheel.yanked)
            for wheel in reversed(look.wheels)
        }
        return Offers(frozenset(promises), look.refused, promises=promises)

    def load(self, version: str, pool: TzifPool) -> Loaded:
        """See ``Source.load``."""
        look = self._fresh_look(self._refresh_seconds)
        for wheel in look.wheels:
            if self._release_of(wheel) != version:
                continue
            content = self._fetch(wheel)
            # Wheels come at once and are verified one by one: that is all computing, and would crowd out the rest.
            with self._verifying:
                release = load_wheel(content, source=self.name, pool=pool)
            if release.version == version:
                if wheel.yanked is not None:
                    release = replace(release, warnings=(*release.warnings, yanked_warning(wheel.yanked)))
                return Loaded(release, content)
            self._named[wheel.file_name] = release.version
        raise UnknownRelease(f"the package index has no wheel of release {version}", release=version)

    def _release_of(self, wheel: IndexedWheel) -> str:
        return self._named.get(wheel.file_name, wheel.presumed)

    def _fetch(self, wheel: IndexedWheel) -> bytes:
        if wheel.sha256 is None:
            raise UntrustedRelease(f"the index promises no sha256 for {wheel.file_name}", release=wheel.presumed)
        content = (
            self._connect()
            .fetch(
                Wanted(
                    url=wheel.url,
                    accept=_WHEEL_TYPE,
                    max_bytes=LIMITS.archive_bytes,
                    deadline_seconds=max(self._wheel_seconds, self._silence_seconds),
                    promised=True,
                )
            )
            .content
        )
        if sha256_hex(content) != wheel.sha256:
            raise UntrustedRelease(
                f"{wheel.file_name} differs from the sha256 that the index promises", release=wheel.presumed
            )
        return content

    def _fresh_look(self, max_age_seconds: float) -> _Look:
        """Return the list of files, read again if it is too old. One thread reads it while the others wait."""
        with self._lock:
            now = time.monotonic()
            if self._look is not None and now - self._look.at < max_age_seconds:
                return self._look
            if self._failure is not None and now - self._failure[0] < FAILED_AGAIN_SECONDS:
                raise self._failure[1]
            try:
                self._look, self._failure = self._read_page(), None
            except (SourceUnreachable, UntrustedIndex) as error:
                self._failure = (time.monotonic(), error)
                raise
            return self._look

    def _read_page(self) -> _Look:
        if self._address is None:
            self._address = self._find_address()
        if not self._address.url:  # pip is set to use no index, and then neither does this program
            return _Look((), {}, time.monotonic())
        page = self._connect().fetch(
            Wanted(
                url=f"{self._address.url}/tzdata/",
                accept=ACCEPT,
                max_bytes=MAX_PAGE_BYTES,
                deadline_seconds=self._silence_seconds,
            )
        )
        read = parse_index_page(page.content, content_type=page.content_type, url=page.url)
        return _Look(read.wheels, read.refused, time.monotonic())

    def _connect(self) -> Downloader:
        if self._downloader is not None:
            return self._downloader
        address = self._address or self._find_address()
        surroundings = address.surroundings(self._variables())
        try:
            url = parse_url(address.url)
        except Untrusted as error:
            raise SourceUnreachable(f"{address.where} names no package index: {error.reason}") from error
        # What stops the index is told as its trouble. The rest stops nothing yet, and is told here, once.
        stops = surroundings.stops(url)
        if others := [trouble for trouble in surroundings.troubles() if trouble != stops]:
            _log.warning("the environment cannot be used as it is: %s", "; ".join(dict.fromkeys(others)))
        self._downloader = Downloader(url, surroundings, silence_seconds=self._silence_seconds)
        return self._downloader
