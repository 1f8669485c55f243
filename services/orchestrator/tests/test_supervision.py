"""Work is bounded in time even when it does not cooperate, and endings are written to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app import supervision
from app.supervision import OutOfTime, within
from octollm.shielding import to_the_end

LONG = 60.0


class Work:
    """A coroutine that says when it has begun, and ends when told to."""

    def __init__(self, *, ignores_cancellation: bool = False) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.ended = asyncio.Event()
        self.cancelled = False
        self._stubborn = ignores_cancellation

    async def run(self, result: Any = "done") -> Any:
        self.begun.set()
        try:
            await self._work()
        finally:
            self.ended.set()
        if isinstance(result, Exception):
            raise result
        return result

    async def _work(self) -> None:
        while not self.may_end.is_set():
            try:
                await self.may_end.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                if not self._stubborn:
                    raise


@pytest.fixture
async def complaints() -> AsyncIterator[list[dict[str, Any]]]:
    """What the event loop had to complain of, such as an error nobody asked for."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    yield found
    asyncio.get_running_loop().set_exception_handler(None)


@pytest.fixture
def short_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "GOODBYE_SECONDS", 0.01)


async def returns(value: Any) -> Any:
    return value


async def raises(error: Exception) -> None:
    raise error


async def test_work_within_its_time_returns_what_it_made() -> None:
    assert await within(LONG, returns(42)) == 42


async def test_an_error_of_the_work_passes_as_it_is() -> None:
    with pytest.raises(KeyError, match="here"):
        await within(LONG, raises(KeyError("here")))


async def test_work_past_its_time_is_cancelled_and_may_clean_up() -> None:
    work = Work()
    with pytest.raises(OutOfTime):
        await within(0.01, work.run())
    assert work.cancelled
    assert work.ended.is_set()


@pytest.mark.parametrize("seconds", [0, -1])
async def test_with_no_time_left_nothing_is_waited_for(seconds: float) -> None:
    work = Work()
    with pytest.raises(OutOfTime):
        await within(seconds, work.run())
    assert work.cancelled or not work.begun.is_set()


async def test_work_that_ignores_its_cancellation_is_left_behind(short_goodbye: None) -> None:
    work = Work(ignores_cancellation=True)
    with pytest.raises(OutOfTime):
        await within(0.01, work.run())
    assert work.cancelled
    assert not work.ended.is_set()
    work.may_end.set()
    await work.ended.wait()


async def test_what_left_behind_work_raises_later_is_nobody_s_complaint(
    short_goodbye: None, complaints: list[dict[str, Any]]
) -> None:
    work = Work(ignores_cancellation=True)
    with pytest.raises(OutOfTime):
        await within(0.01, work.run(RuntimeError("too late")))
    work.may_end.set()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(left)
    left.clear()
    assert complaints == []


async def cancelled_within(work: Work) -> asyncio.Task[Any]:
    """Return the task of a caller that was cancelled while `work` ran, once it has ended."""
    caller = asyncio.create_task(within(LONG, work.run()))
    await work.begun.wait()
    caller.cancel()
    await asyncio.wait({caller})
    return caller


async def test_cancelling_the_caller_cancels_the_work() -> None:
    work = Work()
    assert (await cancelled_within(work)).cancelled()
    assert work.cancelled
    assert work.ended.is_set()


async def test_a_cancelled_caller_does_not_wait_for_work_that_hangs(short_goodbye: None) -> None:
    work = Work(ignores_cancellation=True)
    assert (await cancelled_within(work)).cancelled()
    assert not work.ended.is_set()
    work.may_end.set()
    await work.ended.wait()


async def test_undisturbed_work_is_run_to_its_end() -> None:
    assert await to_the_end(returns(42)) == 42
    with pytest.raises(KeyError):
        await to_the_end(raises(KeyError()))


async def test_a_cancellation_waits_for_the_end_of_the_work() -> None:
    work = Work()
    caller = asyncio.create_task(to_the_end(work.run()))
    await work.begun.wait()
    caller.cancel()
    done, _ = await asyncio.wait({caller}, timeout=0.01)
    assert not done
    work.may_end.set()
    await asyncio.wait({caller})
    assert caller.cancelled()
    assert work.ended.is_set()
    assert not work.cancelled


async def test_an_error_of_the_work_gives_way_to_the_cancellation(
    complaints: list[dict[str, Any]],
) -> None:
    work = Work()
    caller = asyncio.create_task(to_the_end(work.run(RuntimeError())))
    await work.begun.wait()
    caller.cancel()
    work.may_end.set()
    await asyncio.wait({caller})
    assert caller.cancelled()
    assert complaints == []


async def test_work_is_not_begun_when_no_time_is_left() -> None:
    work = Work()
    with pytest.raises(OutOfTime):
        await within(0, work.run())
    assert not work.begun.is_set()


async def test_a_time_out_of_the_work_itself_is_its_own() -> None:
    work = Work()
    work.may_end.set()
    with pytest.raises(TimeoutError):
        await within(LONG, work.run(TimeoutError()))


async def test_an_ending_is_written_however_often_it_is_cancelled() -> None:
    work = Work()
    caller = asyncio.create_task(to_the_end(work.run()))
    await work.begun.wait()
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not caller.done()
    work.may_end.set()
    await asyncio.wait({caller})
    assert work.ended.is_set()
    assert not work.cancelled
    assert caller.cancelled()
