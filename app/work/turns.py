"""Turns at dear work. No work is done here, and no thread is known."""

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import AsyncIterator

from app.work.waits import Waits


class Turns:
    """A few turns at dear work, on one event loop; the shorter goes first. Whoever has one may use the pools at will.

    Those who wait hold nothing but their request, so that a flood of dear requests is also bounded in memory.
    """

    def __init__(self, name: str, *, turns: int, max_wait_seconds: float | None = None) -> None:
        """See ``Pool`` for the arguments that have the same names."""
        self.waits = Waits(name)
        self._free = turns
        self._max_wait_seconds = max_wait_seconds
        self._queue: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @property
    def waiting(self) -> int:
        """How many wait for a turn now."""
        return sum(not turn.done() for _, _, turn in self._queue)

    @contextlib.asynccontextmanager
    async def take(self, seconds: float = 0.0) -> AsyncIterator[None]:
        """Hold one turn while the context lasts.

        Args:
            seconds: About how long the work will take.

        Raises:
            Overloaded: No turn was free in time.
        """
        since = time.monotonic()
        if self._free:
            self._free -= 1
        else:
            await self._wait(seconds)
        self.waits.start(since)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, seconds: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (seconds, next(self._numbers), turn))
        try:
            async with asyncio.timeout(self._max_wait_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it came in the very moment
            if isinstance(error, TimeoutError):
                raise self.waits.refuse() from None
            raise

    def _pass_on(self) -> None:
        while self._queue:
            _, _, turn = heapq.heappop(self._queue)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
