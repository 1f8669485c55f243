"""A drill works as long as it is told, reports each second, and fails as it is told."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from arms.drill import Drill, DrillFault
from octollm.errors import ArmFailed


async def no_wait(seconds: float) -> None:
    """Let time pass without passing it."""


async def test_reports_each_full_second(attempt: Any) -> None:
    outcome = await attempt.run(Drill(no_wait), constraints={"seconds": 2.5})
    assert attempt.events == [
        ("drill.progress", {"elapsed_seconds": 1, "of_seconds": 2.5}),
        ("drill.progress", {"elapsed_seconds": 2, "of_seconds": 2.5}),
    ]
    assert outcome.data == {"seconds": 2.5, "attempt": 1}
    assert outcome.output == "Drill done: worked for 2.5 s on attempt 1."


async def test_waits_until_each_second_is_over(attempt: Any) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    await attempt.run(Drill(note), constraints={"seconds": 3})
    assert [math.ceil(wait) for wait in waits] == [1, 2, 3, 3]


async def test_works_for_a_second_unless_told_otherwise(attempt: Any) -> None:
    outcome = await attempt.run(Drill(no_wait), constraints={"unknown": "ignored"})
    assert outcome.data["seconds"] == 1


async def test_no_time_is_over_at_once(attempt: Any) -> None:
    outcome = await attempt.run(Drill(), constraints={"seconds": 0})
    assert attempt.events == []
    assert outcome.data["seconds"] == 0


async def test_can_be_cancelled_while_it_works(attempt: Any) -> None:
    working = asyncio.Event()

    async def for_ever(seconds: float) -> None:
        working.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(attempt.run(Drill(for_ever), constraints={"seconds": 3600}))
    await working.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_fails_for_good_when_told(attempt: Any) -> None:
    with pytest.raises(ArmFailed):
        await attempt.run(Drill(no_wait), constraints={"fail": "permanent"})
    assert len(attempt.events) == 1  # the failure comes after the work


async def test_fails_in_passing_on_every_attempt_when_told(make_attempt: Any) -> None:
    for number in (1, 7):
        with pytest.raises(DrillFault):
            await make_attempt(number).run(Drill(no_wait), constraints={"fail": "passing"})


@pytest.mark.parametrize("number", [1, 2])
async def test_fails_on_the_first_attempts_alone_when_told(make_attempt: Any, number: int) -> None:
    with pytest.raises(DrillFault):
        await make_attempt(number).run(
            Drill(no_wait), constraints={"fail": "passing", "fail_attempts": 2}
        )


async def test_succeeds_after_the_attempts_that_fail(make_attempt: Any) -> None:
    constraints = {"fail": "passing", "fail_attempts": 2}
    outcome = await make_attempt(3).run(Drill(no_wait), constraints=constraints)
    assert outcome.data["attempt"] == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("seconds", value) for value in (-1, 3601, "2", True, math.nan, math.inf, None, [1])),
        *(("fail", value) for value in ("always", 1, True, ["passing"])),
        *(("fail_attempts", value) for value in (-1, 101, 1.5, "2", True)),
    ],
)
async def test_names_the_constraint_that_is_wrong(attempt: Any, field: str, value: object) -> None:
    with pytest.raises(ArmFailed, match=f"constraints.{field} must be"):
        await attempt.run(Drill(no_wait), constraints={field: value})
    assert attempt.events == []


def test_is_never_chosen_by_itself(contract: Any) -> None:
    assert Drill().score(contract("Rehearse a drill")) == 0
