"""The application in the process of the test, over releases and a store that the test holds in its hands."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx

from app.errors import UnknownRelease
from app.settings import Settings
from app.sources.base import Loaded, Offers
from app.store.base import Store
from app.store.memory import MemoryStore
from app.tzdb.release import Release, TzifPool
from app.web.app import WebParts, make_app
from app.wiring import make_web_parts
from tests.data.invented_release import make_invented_release

BASE_URL = "http://tz.example:8443"


class Shelf:
    """Source: releases in memory; more can be put on while the service runs."""

    name = "shelf"
    remote = False

    def __init__(self, *releases: Release) -> None:
        self._releases = {release.version: release for release in releases}

    def put(self, release: Release) -> None:
        """Offer one more."""
        self._releases[release.version] = release

    def offers(self, *, wanted: bool = False) -> Offers:  # noqa: ARG002 - every look is fresh
        """See ``Source.offers``."""
        return Offers(frozenset(self._releases), {})

    def load(self, version: str, pool: TzifPool) -> Loaded:  # noqa: ARG002 - nothing is read here
        """See ``Source.load``."""
        if version not in self._releases:
            raise UnknownRelease(f"release {version} is not on the shelf", release=version)
        return Loaded(self._releases[version], None)


def make_parts(shelf: Shelf | None = None, *, store: Store | None = None, settings: Settings | None = None) -> WebParts:
    """Return the parts of an application over the invented release, or what is on ``shelf``."""
    settings = settings or Settings()
    settings = replace(settings, request_log=False, public_url=settings.public_url or BASE_URL)
    shelf = Shelf(make_invented_release()) if shelf is None else shelf
    return make_web_parts(settings, sources=[shelf], store=store or MemoryStore())


@contextlib.asynccontextmanager
async def local_client(parts: WebParts) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the application made of ``parts``, which has looked at its releases as on a real start."""
    await parts.library.refresh()
    transport = httpx.ASGITransport(make_app(parts))
    async with httpx.AsyncClient(transport=transport, base_url="http://elsewhere.example") as client:
        yield client
