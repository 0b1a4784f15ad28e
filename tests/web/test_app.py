"""The application's own life: it looks for releases while it runs, and a look that fails is not the last."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from app.settings import Settings
from app.sources.base import Offers
from app.web.app import WebParts, make_app
from tests.data.invented_release import make_invented_release
from tests.web.apps import Shelf, make_parts

pytestmark = pytest.mark.anyio


class FaultyShelf(Shelf):
    """A shelf that fails the first few looks in a way that no source should."""

    def __init__(self, faults: int) -> None:
        super().__init__(make_invented_release())
        self.faults = faults

    def offers(self, *, wanted: bool = False) -> Offers:
        if self.faults > 0:
            self.faults -= 1
            raise RuntimeError("the shelf fell down")
        return super().offers(wanted=wanted)


@contextlib.asynccontextmanager
async def running(parts: WebParts) -> AsyncIterator[None]:
    """Run the application's life as a server does."""
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.ensure_future(make_app(parts)({"type": "lifespan", "state": {}}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    assert (await said.get())["type"] == "lifespan.startup.complete"
    yield
    await told.put({"type": "lifespan.shutdown"})
    assert (await said.get())["type"] == "lifespan.shutdown.complete"
    await life


async def releases_are_there(parts: WebParts) -> None:
    for _ in range(2_000):
        if parts.library.versions():
            return
        await asyncio.sleep(0.01)


async def test_releases_are_loaded_ahead_of_the_first_request() -> None:
    parts = make_parts()
    async with running(parts):
        await releases_are_there(parts)
    assert parts.library.versions() == ["2099a"]


async def test_a_look_that_fails_is_logged_and_not_the_last(caplog: pytest.LogCaptureFixture) -> None:
    parts = make_parts(FaultyShelf(faults=2), settings=Settings(rescan_seconds=0.05))
    async with running(parts):
        await releases_are_there(parts)
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.levelname == "ERROR"
    assert record.getMessage().startswith("source shelf cannot be read: the source shelf failed unexpectedly: ")
