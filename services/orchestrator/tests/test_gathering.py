"""What is asked for at the same moment goes together, and each gets its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from app.gathering import Gathering

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


class Doubler:
    """Doubles numbers once it may; raises what it was told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.asked_by: list[str] = []
        self.go = asyncio.Event()
        self.broken: Exception | None = None

    async def __call__(self, numbers: Sequence[int]) -> list[int | BaseException]:
        self.batches.append(list(numbers))
        self.asked_by.append(WHO.get())
        await self.go.wait()
        if self.broken is not None:
            raise self.broken
        return [ValueError(number) if number < 0 else 2 * number for number in numbers]


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


async def begun(count: int) -> None:
    """Let so many callers come as far as they can."""
    for _ in range(count + 2):
        await asyncio.sleep(0)


async def test_who_comes_first_goes_alone_and_the_others_together(doubler: Doubler) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    asking = [asyncio.create_task(gathering.ask(number)) for number in range(5)]
    await begun(5)
    assert doubler.batches == [[0]]
    doubler.go.set()
    assert await asyncio.gather(*asking) == [0, 2, 4, 6, 8]
    assert doubler.batches == [[0], [1, 2, 3, 4]]


async def test_lanes_and_the_size_of_a_batch_are_limits(doubler: Doubler) -> None:
    gathering = Gathering(doubler, most=2, lanes=2)
    asking = [asyncio.create_task(gathering.ask(number)) for number in range(7)]
    await begun(7)
    assert doubler.batches == [[0], [1]]
    doubler.go.set()
    await asyncio.gather(*asking)
    assert doubler.batches == [[0], [1], [2, 3], [4, 5], [6]]


async def test_an_outcome_that_is_an_error_is_one_callers_own(doubler: Doubler) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    doubler.go.set()
    answers = await asyncio.gather(*map(gathering.ask, (1, -2, 3)), return_exceptions=True)
    assert answers[::2] == [2, 6]
    assert isinstance(answers[1], ValueError)


async def test_what_breaks_a_batch_is_told_to_all_in_it_and_the_next_goes_on(
    doubler: Doubler,
) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    doubler.broken = OSError("away")
    doubler.go.set()
    answers = await asyncio.gather(*map(gathering.ask, range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    doubler.broken = None
    assert await gathering.ask(4) == 8


async def test_who_is_cancelled_while_waiting_has_asked_for_nothing(doubler: Doubler) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    first, left, last = [asyncio.create_task(gathering.ask(number)) for number in range(3)]
    await begun(3)
    left.cancel()
    doubler.go.set()
    assert (await first, await last) == (0, 4)
    assert doubler.batches == [[0], [2]]


async def test_who_is_cancelled_under_way_takes_nothing_from_the_others(doubler: Doubler) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    waiting = [asyncio.create_task(gathering.ask(number)) for number in range(4)]
    await begun(4)
    doubler.go.set()
    await waiting[0]
    waiting[1].cancel()
    assert await asyncio.gather(*waiting[2:]) == [4, 6]


async def test_alone_it_is_done_in_its_callers_context_and_together_in_nobodys(
    doubler: Doubler,
) -> None:
    gathering = Gathering(doubler, most=100, lanes=1)
    asking = []
    for number, name in enumerate(("ada", "bob", "cyd")):
        WHO.set(name)
        asking.append(asyncio.create_task(gathering.ask(number)))
    await begun(3)
    doubler.go.set()
    await asyncio.gather(*asking)
    assert doubler.asked_by == ["ada", "nobody"]
