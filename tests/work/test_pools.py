"""Pools and turns: who comes first, who waits how long, and what a thread that hangs holds up."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.errors import Overloaded
from app.work.pool import Pool
from app.work.pools import MOST_PROCESSORS, make_pools
from app.work.turns import Turns

pytestmark = pytest.mark.anyio

SHORT = 0.1
LONG = 30.0


class Door:
    """Work that waits for the test, and tells that it has begun."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()

    def __call__(self) -> str:
        self.begun.release()
        assert self.open.wait(LONG)
        return threading.current_thread().name

    async def someone_is_inside(self) -> None:
        """Return once one more has begun. This waits in a thread of its own, since the pools are what is tested."""
        with ThreadPoolExecutor(1) as own:
            assert await asyncio.get_running_loop().run_in_executor(own, self.begun.acquire, True, LONG)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.open.set()


@pytest.fixture
async def full(door: Door) -> tuple[Pool, asyncio.Task[str]]:
    """A pool of one thread, which is taken, and whose queue is short in time."""
    pool = Pool("small", threads=1, max_wait_seconds=SHORT)
    inside = asyncio.create_task(pool.run(door))
    await door.someone_is_inside()
    return pool, inside


class TestPool:
    async def test_work_runs_in_a_daemon_of_the_pool_and_its_result_comes_back(self) -> None:
        pool = Pool("small", threads=2)
        name, daemon = await pool.run(lambda: (threading.current_thread().name, threading.current_thread().daemon))
        assert (name.partition("-")[0], daemon) == ("small", True)

    @pytest.mark.parametrize("error", [ValueError("no"), MemoryError(), RecursionError()])
    async def test_whatever_it_raises_is_the_callers(self, error: Exception) -> None:
        def work() -> None:
            raise error

        pool = Pool("small", threads=1)
        with pytest.raises(type(error)):
            await pool.run(work)
        assert await pool.run(lambda: 1) == 1

    async def test_there_are_never_more_threads_than_it_may_have(self, door: Door) -> None:
        pool = Pool("small", threads=3)
        running = [asyncio.create_task(pool.run(door)) for _ in range(20)]
        for _ in range(3):
            await door.someone_is_inside()
        assert not door.begun.acquire(timeout=SHORT)
        assert pool.waiting == 17
        door.open.set()
        assert len({await each for each in running}) <= 3
        assert pool.waiting == 0
        assert pool.waits.started == 20

    async def test_an_idle_thread_is_used_again(self) -> None:
        pool = Pool("small", threads=5)
        names = {await pool.run(lambda: threading.current_thread().name) for _ in range(50)}
        assert len(names) <= 2

    async def test_who_waits_too_long_is_refused_and_the_work_never_begins(
        self, full: tuple[Pool, asyncio.Task[str]], door: Door
    ) -> None:
        pool, inside = full
        done: list[int] = []
        with pytest.raises(Overloaded) as caught:
            await pool.run(lambda: done.append(1))
        assert caught.value.facts == {"retry_after": 5}
        assert "small" in caught.value.detail
        door.open.set()
        await inside
        assert await pool.run(lambda: 7) == 7
        assert (done, pool.waits.refused) == ([], 1)

    async def test_work_that_has_begun_is_not_refused_however_long_it_takes(self) -> None:
        pool = Pool("small", threads=1, max_wait_seconds=0.01)
        await pool.run(lambda: time.sleep(0.1))
        assert pool.waits.refused == 0

    async def test_a_caller_who_leaves_takes_waiting_work_along(
        self, full: tuple[Pool, asyncio.Task[str]], door: Door
    ) -> None:
        pool, inside = full
        done: list[int] = []
        leaving = asyncio.create_task(pool.run(lambda: done.append(1)))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        leaving.cancel()
        await asyncio.wait([leaving])
        assert pool.waiting == 0
        door.open.set()
        await inside
        await pool.run(lambda: None)
        assert done == []

    async def test_work_that_nobody_wants_by_then_is_dropped(
        self, full: tuple[Pool, asyncio.Task[str]], door: Door
    ) -> None:
        pool, inside = full
        done: list[int] = []
        unwanted = asyncio.create_task(pool.run(lambda: done.append(1), wanted=lambda: False))
        wanted = asyncio.create_task(pool.run(lambda: done.append(2), wanted=lambda: True))
        await asyncio.sleep(0)
        door.open.set()
        await asyncio.wait([inside, unwanted, wanted])
        assert unwanted.cancelled()
        assert done == [2]

    async def test_a_caller_who_left_work_that_had_begun_is_not_missed(
        self, full: tuple[Pool, asyncio.Task[str]], door: Door
    ) -> None:
        pool, inside = full
        inside.cancel()
        await asyncio.wait([inside])
        door.open.set()
        assert await pool.run(lambda: 7) == 7

    def test_a_loop_that_has_ended_does_not_end_the_thread(self, door: Door) -> None:
        pool = Pool("small", threads=1)

        async def leave() -> None:
            task = asyncio.create_task(pool.run(door))
            await door.someone_is_inside()
            task.cancel()

        asyncio.run(leave())
        door.open.set()
        assert asyncio.run(pool.run(lambda: 7)) == 7

    async def test_threads_that_have_nothing_to_do_end(self) -> None:
        pool = Pool("small", threads=1, idle_seconds=0.05)
        thread = await pool.run(threading.current_thread)
        thread.join(LONG)
        assert not thread.is_alive()
        assert await pool.run(lambda: 7) == 7


class TestTurns:
    async def test_only_so_many_have_one_at_once_and_the_shortest_is_next(self) -> None:
        turns = Turns("dear", turns=1)
        order: list[float] = []

        async def work(seconds: float) -> None:
            async with turns.take(seconds):
                order.append(seconds)
                await asyncio.sleep(0)

        await asyncio.gather(*map(work, (5.0, 3.0, 1.0, 4.0, 2.0, 1.0)))
        assert order == [5.0, 1.0, 1.0, 2.0, 3.0, 4.0]
        assert (turns.waiting, turns.waits.started, turns.waits.refused) == (0, 6, 0)

    async def test_who_waits_too_long_is_refused_and_the_turn_goes_to_another(self) -> None:
        turns = Turns("dear", turns=1, max_wait_seconds=SHORT)
        async with turns.take():
            with pytest.raises(Overloaded):
                async with turns.take():
                    pass
            assert turns.waits.refused == 1
        async with turns.take():
            assert turns.waiting == 0

    @pytest.mark.parametrize("leaves", [0, 1])
    async def test_who_leaves_while_waiting_keeps_no_turn(self, leaves: int) -> None:
        turns = Turns("dear", turns=1)
        got: list[int] = []

        async def work(number: int) -> None:
            async with turns.take():
                got.append(number)

        async with turns.take():
            tasks = [asyncio.create_task(work(number)) for number in range(2)]
            await asyncio.sleep(0)
            assert turns.waiting == 2
            tasks[leaves].cancel()
            await asyncio.sleep(0)
        await asyncio.wait(tasks)
        assert got == [1 - leaves]
        async with turns.take():
            assert turns.waiting == 0

    async def test_a_turn_that_comes_in_the_moment_of_leaving_is_passed_on(self) -> None:
        turns = Turns("dear", turns=1)

        async def work() -> None:
            async with turns.take():
                pass

        async with turns.take():
            task = asyncio.create_task(work())
            await asyncio.sleep(0)
        task.cancel()  # its turn has come, and it does not know yet
        await asyncio.wait([task])
        async with asyncio.timeout(LONG), turns.take():
            assert task.cancelled()

    async def test_an_error_gives_the_turn_back(self) -> None:
        turns = Turns("dear", turns=1)
        with pytest.raises(ValueError, match="no"):
            async with turns.take():
                raise ValueError("no")
        async with asyncio.timeout(LONG), turns.take():
            assert turns.waits.started == 2


class TestPools:
    @pytest.mark.parametrize("processors", [1, 2, 3, 8, 64])
    async def test_dear_work_always_leaves_a_thread_to_cheap_work(self, processors: int, door: Door) -> None:
        pools = make_pools(processors=processors)

        async def dear() -> None:
            async with pools.dear.take(1.0):
                await pools.build.run(door)

        flood = [asyncio.create_task(dear()) for _ in range(50)]
        await door.someone_is_inside()
        async with asyncio.timeout(LONG):
            assert await pools.build.run(lambda: 7) == 7
        door.open.set()
        await asyncio.gather(*flood)
        assert pools.dear.waits.started == 50

    async def test_what_hangs_holds_up_its_own_kind_alone(self, door: Door) -> None:
        pools = make_pools(max_wait_seconds=SHORT)
        hanging = [asyncio.create_task(pools.network.run(door)) for _ in range(9)]
        results = await asyncio.gather(*hanging[4:], return_exceptions=True)
        assert {type(result) for result in results} == {Overloaded}
        others: tuple[Callable[[], object], ...] = (lambda: 1, lambda: 2)
        for pool in (pools.local, pools.looks, pools.store, pools.build):
            assert [await pool.run(each) for each in others] == [1, 2]
        door.open.set()
        await asyncio.gather(*hanging[:4])

    def test_a_machine_of_many_processors_gets_no_crowd(self) -> None:
        names = [each.waits.name for each in make_pools(processors=64)]
        assert len(names) == len({*names}) == 7
        assert MOST_PROCESSORS <= 4
