"""Where blocking work runs: a few threads for each kind of it, and a wait for one that is bounded in time.

What hangs holds the threads of its own kind alone, and what is dear leaves a thread to what is cheap. What the work is,
is not known here. Nothing in this program uses the event loop's own executor, which would be one queue for everything.
"""

import asyncio
import contextlib
import heapq
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from app.errors import Overloaded

T = TypeVar("T")

IDLE_SECONDS = 30.0
RETRY_AFTER_SECONDS = 5
MOST_PROCESSORS = 3
"""More would stand in each other's way: Python runs one thread at a time, except where they compress or hash."""


@dataclass(slots=True, eq=False)
class _Job:
    """Work for a thread, and the future that one event loop waits on. Units: ``since`` as ``time.monotonic``."""

    work: Callable[[], object]
    wanted: Callable[[], bool] | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[object]
    since: float = field(default_factory=time.monotonic)


class Waits:
    """What has been waiting for one kind of place, for metrics. Units: seconds.

    Attributes:
        name: A constant word.
        started: How many got their place.
        waited: How long those waited, in sum.
        refused: How many waited in vain.
    """

    __slots__ = ("name", "refused", "started", "waited")

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = 0
        self.waited = 0.0
        self.refused = 0

    def refuse(self) -> Overloaded:
        """Count one who waited in vain, and return the error for it."""
        self.refused += 1
        return Overloaded(
            f"there is too much to do ({self.name}); try again in {RETRY_AFTER_SECONDS} s",
            retry_after=RETRY_AFTER_SECONDS,
        )

    def start(self, since: float) -> None:
        """Count one who got a place. Units: ``since`` as ``time.monotonic``."""
        self.started += 1
        self.waited += time.monotonic() - since


class Pool:
    """A few threads for one kind of work, made when they are needed; first come, first served.

    The threads are daemons: one that hangs does not keep the program from ending. Thread-safe, and not bound to a loop.
    """

    def __init__(
        self,
        name: str,
        *,
        threads: int,
        max_wait_seconds: float | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Make a pool without threads.

        Args:
            name: A constant word for messages and metrics.
            max_wait_seconds: How long work may wait for a thread; ``None`` for any time.
            idle_seconds: How long a thread waits for more work before it ends.
        """
        self.waits = Waits(name)
        self._threads = threads
        self._max_wait_seconds = max_wait_seconds
        self._idle_seconds = idle_seconds
        self._alive = 0
        self._idle = 0
        self._jobs: deque[_Job] = deque()
        self._news = threading.Condition()

    @property
    def waiting(self) -> int:
        """How much work waits for a thread now."""
        return len(self._jobs)

    async def run(self, work: Callable[[], T], *, wanted: Callable[[], bool] | None = None) -> T:
        """Return what ``work`` returns in a thread. A caller who is cancelled takes it along unless it has begun.

        Args:
            wanted: Asked in a thread just before the work begins; if it says no, the work is dropped and the caller
                gets a ``CancelledError``.

        Raises:
            Overloaded: No thread was free in time.
            Exception: Whatever ``work`` raises.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, wanted, loop, loop.create_future())
        waits = self._put(job)
        timer = None
        if waits and self._max_wait_seconds is not None:
            timer = loop.call_later(self._max_wait_seconds, self._refuse, job)
        try:
            return await job.future  # type: ignore[return-value]  # it is what work returned
        except asyncio.CancelledError:
            self._withdraw(job)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def _put(self, job: _Job) -> bool:
        """Queue a job; return whether it has to wait for a thread that is busy."""
        with self._news:
            is_free = self._idle > len(self._jobs)
            self._jobs.append(job)
            if not is_free and self._alive < self._threads:
                self._alive += 1
                threading.Thread(target=self._work, name=f"{self.waits.name}-{self._alive}", daemon=True).start()
                return False
            self._news.notify()
            return not is_free

    def _withdraw(self, job: _Job) -> bool:
        """Take a job back; return whether it was still waiting."""
        with self._news:
            try:
                self._jobs.remove(job)
            except ValueError:
                return False
            return True

    def _refuse(self, job: _Job) -> None:
        if self._withdraw(job) and not job.future.done():
            job.future.set_exception(self.waits.refuse())

    def _work(self) -> None:
        while (job := self._next()) is not None:
            _do(job)
            del job  # an idle thread holds on to nothing

    def _next(self) -> _Job | None:
        """Return the next job that somebody wants, or ``None`` if there has been none for a while."""
        with self._news:
            while True:
                while self._jobs:
                    job = self._jobs.popleft()
                    if job.wanted is None or job.wanted():
                        self.waits.start(job.since)
                        return job
                    _tell(job, job.future.cancel)
                self._idle += 1
                came = self._news.wait(self._idle_seconds)
                self._idle -= 1
                if not came and not self._jobs:
                    self._alive -= 1
                    return None


def _do(job: _Job) -> None:
    def settle() -> None:
        if job.future.done():
            return
        if error is not None:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    result: object = None
    error: BaseException | None = None
    try:
        result = job.work()
    except StopIteration as raised:  # no future takes it: a coroutine cannot raise it
        error = RuntimeError("the work raised StopIteration")
        error.__cause__ = raised
    except BaseException as raised:  # noqa: BLE001 - whatever it is, it belongs to the caller
        error = raised
    _tell(job, settle)


def _tell(job: _Job, message: Callable[[], object]) -> None:
    # The loop may have been closed meanwhile: then nobody waits.
    with contextlib.suppress(RuntimeError):
        job.loop.call_soon_threadsafe(message)


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


@dataclass(frozen=True, slots=True)
class Pools:
    """Where each kind of work runs.

    Attributes:
        local: Looking at sources on this machine, and loading releases from them.
        looks: Looking at sources over the network. Apart from ``network``, so that slow files do not hold it up.
        network: Loading releases over the network.
        store: Reading and writing the store.
        build: What takes a processor: reading long requests, plans, archives, diffs, long answers.
        dear: Turns at what takes more than a moment of ``build``, always fewer than its threads.
        searches: Turns at looking for an image in every release. Whoever has one may wait for a ``dear`` one too.
    """

    local: Pool
    looks: Pool
    network: Pool
    store: Pool
    build: Pool
    dear: Turns
    searches: Turns

    def __iter__(self) -> Iterator[Pool | Turns]:
        yield from (self.local, self.looks, self.network, self.store, self.build, self.dear, self.searches)


def make_pools(*, max_wait_seconds: float | None = None, processors: int | None = None) -> Pools:
    """Return pools for this machine; none has a thread before there is work.

    Args:
        max_wait_seconds: As for ``Pool``, for all of them.
        processors: In place of the number that this machine has.
    """
    processors = min(processors or os.cpu_count() or 1, MOST_PROCESSORS)
    wait = max_wait_seconds

    def pool(name: str, threads: int) -> Pool:
        return Pool(name, threads=threads, max_wait_seconds=wait)

    return Pools(
        local=pool("local", 2),
        looks=pool("looks", 2),
        network=pool("network", 4),
        store=pool("store", 4),
        build=pool("build", processors + 1),
        # The event loop needs a processor too.
        dear=Turns("dear", turns=max(1, processors - 1), max_wait_seconds=wait),
        searches=Turns("searches", turns=1, max_wait_seconds=wait),
    )
