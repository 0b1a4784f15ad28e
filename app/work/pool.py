"""A pool: a few threads and their queue. Which pools there are is said in ``pools``."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from app.work.waits import Waits

T = TypeVar("T")

IDLE_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class _Job:
    """Work for a thread, and the future that one event loop waits on. Units: ``since`` as ``time.monotonic``."""

    work: Callable[[], object]
    wanted: Callable[[], bool] | None
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[object]
    since: float = field(default_factory=time.monotonic)


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
