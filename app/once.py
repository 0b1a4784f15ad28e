"""One flight for many callers who want the same thing at the same time. What they want is not known here."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


class Once(Generic[KeyT, ValueT]):
    """Runs one ``make`` at a time for each key; everyone who asks meanwhile gets its result or its error.

    A caller who goes away does not end the work for the others. Nothing is kept after the flight has landed.
    """

    def __init__(self) -> None:
        self._flights: dict[KeyT, asyncio.Task[ValueT]] = {}

    async def run(self, key: KeyT, make: Callable[[], Awaitable[ValueT]]) -> ValueT:
        """Return what ``make`` returns, or join the flight for ``key``. Raises: whatever ``make`` raises."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(_awaited(make))
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._land(key))
        # Waiting leaves the flight alone when this caller is cancelled. So does ``shield``, but since Python 3.14 it
        # then reports an error of the flight as lost, although others may still be waiting for it.
        await asyncio.wait((flight,))
        return flight.result()

    def _land(self, key: KeyT) -> None:
        flight = self._flights.pop(key)
        # If every caller went away, nobody asks for the error: looking at it keeps asyncio from reporting it as lost.
        if not flight.cancelled():
            flight.exception()


async def _awaited(make: Callable[[], Awaitable[ValueT]]) -> ValueT:
    return await make()
