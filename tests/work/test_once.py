"""One flight for many: its result and its errors are everyone's, and nothing stays behind."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from app.work.once import Once

pytestmark = pytest.mark.anyio


class Work:
    """Something to do that waits for a door and is counted."""

    def __init__(self, error: Exception | None = None) -> None:
        self.started = 0
        self.finished = 0
        self.door = asyncio.Event()
        self._error = error

    async def __call__(self) -> int:
        self.started += 1
        await self.door.wait()
        self.finished += 1
        if self._error:
            raise self._error
        return self.started


@pytest.fixture
def once() -> Once[str, int]:
    return Once()


@pytest.fixture
async def reports() -> AsyncIterator[list[str]]:
    """What the loop complains about: errors that nobody looked at."""
    complaints: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(str(context["message"])))
    yield complaints
    asyncio.get_running_loop().set_exception_handler(None)


async def start(make: Callable[[], Awaitable[int]], once: Once[str, int], count: int) -> list[asyncio.Task[int]]:
    """Start that many callers for one key, and let them get as far as they can."""
    callers = [asyncio.create_task(once.run("key", make)) for _ in range(count)]
    await settle()
    return callers


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_all_who_ask_meanwhile_get_one_result(once: Once[str, int]) -> None:
    work = Work()
    callers = await start(work, once, 100)
    work.door.set()
    assert await asyncio.gather(*callers) == [1] * 100
    assert work.started == 1


async def test_other_keys_fly_on_their_own(once: Once[str, int]) -> None:
    work = Work()
    work.door.set()
    results = await asyncio.gather(once.run("one", work), once.run("other", work))
    assert [*results] == [1, 2]


async def test_nothing_is_kept_after_landing(once: Once[str, int]) -> None:
    work = Work()
    work.door.set()
    assert [await once.run("key", work), await once.run("key", work)] == [1, 2]


async def test_an_error_is_everyones_and_is_not_kept(once: Once[str, int], reports: list[str]) -> None:
    work = Work(ValueError("no luck"))
    callers = await start(work, once, 50)
    work.door.set()
    errors = await asyncio.gather(*callers, return_exceptions=True)
    assert [str(error) for error in errors] == ["no luck"] * 50
    assert work.started == 1
    good = Work()
    good.door.set()
    assert await once.run("key", good) == 1
    del callers, errors
    gc.collect()
    await settle()
    assert reports == []


@pytest.mark.parametrize("leaving", [[0], [1], [0, 1]])
async def test_callers_who_leave_do_not_end_the_work_of_others(once: Once[str, int], leaving: list[int]) -> None:
    work = Work()
    callers = await start(work, once, 3)
    for number in leaving:
        callers[number].cancel()
    await settle()
    work.door.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [n in leaving for n in range(3)]
    assert work.finished == 1


async def test_work_that_everyone_left_still_ends(once: Once[str, int]) -> None:
    work = Work()
    callers = await start(work, once, 3)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    late = (await start(work, once, 1))[0]
    work.door.set()
    assert await late == 1
    assert work.finished == 1


@pytest.mark.parametrize("staying", [0, 1])
async def test_an_error_after_a_caller_left_is_no_ones_surprise(
    once: Once[str, int], reports: list[str], staying: int
) -> None:
    work = Work(ValueError("no luck"))
    callers = await start(work, once, 3)
    for caller in callers[staying:]:
        caller.cancel()
    await settle()
    work.door.set()
    await asyncio.gather(*callers, return_exceptions=True)
    await settle()
    del callers, caller
    gc.collect()
    await settle()
    assert work.finished == 1
    assert reports == []


async def test_a_caller_may_stop_waiting_while_the_flight_goes_on(once: Once[str, int]) -> None:
    work = Work()
    with pytest.raises(TimeoutError):
        await once.run("key", work, wait_seconds=0.01)
    assert (once.is_wanted("key"), once.age("key") > 0) == (False, True)
    late = (await start(work, once, 1))[0]
    assert once.is_wanted("key")
    work.door.set()
    assert await late == 1
    assert (once.is_wanted("key"), once.age("key")) == (False, 0.0)


async def test_who_joins_a_flight_that_is_just_being_given_up_gets_another(once: Once[str, int]) -> None:
    given_up = asyncio.Event()

    async def give_up() -> int:
        await given_up.wait()
        raise asyncio.CancelledError

    async def work() -> int:
        return 7

    first = asyncio.create_task(once.run("key", give_up))
    await settle()
    second = asyncio.create_task(once.run("key", work))
    first.cancel()
    await settle()
    given_up.set()
    assert await second == 7
