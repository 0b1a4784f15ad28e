"""One flight for many callers who want the same thing at the same time. What they want is not known here."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")


@dataclass(slots=True)
class _Flight(Generic[ValueT]):
    """A flight and how many wait for it. Units: ``since`` as ``time.monotonic``."""

    task: asyncio.Task[ValueT]
    waiting: int = 0
    since: float = field(default_factory=time.monotonic)


class Once(Generic[KeyT, ValueT]):
    """Runs one ``make`` at a time for each key; everyone who asks meanwhile gets its result or its error.

    A caller who goes away does not end the work for the others. Nothing is kept after the flight has landed.
    """

    def __init__(self) -> None:
        self._flights: dict[KeyT, _Flight[ValueT]] = {}

    async def run(
        self, key: KeyT, make: Callable[[], Awaitable[ValueT]], *, wait_seconds: float | None = None
    ) -> ValueT:
        """Return what ``make`` returns, or join the flight for ``key``.

        Args:
            wait_seconds: How long this caller waits; the flight goes on without it.

        Raises:
            TimeoutError: The flight has not landed in that time.
            Exception: Whatever ``make`` raises.
        """
        while True:
            flight = self._flights.get(key) or self._take_off(key, make)
            flight.waiting += 1
            try:
                # Waiting leaves the flight alone when this caller is cancelled. So does ``shield``, but since Python
                # 3.14 it then reports an error of the flight as lost, although others may still be waiting for it.
                landed, _ = await asyncio.wait((flight.task,), timeout=wait_seconds)
            finally:
                flight.waiting -= 1
            if not landed:
                raise TimeoutError
            # A flight that nobody wanted was given up in the moment in which this caller came: it needs another one.
            if not flight.task.cancelled():
                return flight.task.result()

    def is_wanted(self, key: KeyT) -> bool:
        """Tell whether anybody waits for the flight for ``key``. May be asked from any thread."""
        flight = self._flights.get(key)
        return flight is not None and flight.waiting > 0

    def age(self, key: KeyT) -> float:
        """Return how many seconds ago the flight for ``key`` took off; 0 if there is none."""
        flight = self._flights.get(key)
        return time.monotonic() - flight.since if flight is not None else 0.0

    def _take_off(self, key: KeyT, make: Callable[[], Awaitable[ValueT]]) -> _Flight[ValueT]:
        flight = self._flights[key] = _Flight(asyncio.ensure_future(_awaited(make)))
        flight.task.add_done_callback(lambda _: self._land(key))
        return flight

    def _land(self, key: KeyT) -> None:
        task = self._flights.pop(key).task
        # If every caller went away, nobody asks for the error: looking at it keeps asyncio from reporting it as lost.
        if not task.cancelled():
            task.exception()


async def _awaited(make: Callable[[], Awaitable[ValueT]]) -> ValueT:
    return await make()
