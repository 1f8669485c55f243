"""Plans: what steps are given, and what is told of those that were cut short."""

from __future__ import annotations

import asyncio
from typing import Any

from scripted_models import thinking
from test_thinking import INJECTION, answering, plan, step


async def test_a_long_output_is_shared_out_and_what_is_left_out_is_told(make_house: Any) -> None:
    script = [
        plan(step("a"), step("b", "a")),
        answering("the output of a", to="Do part a."),
        answering("done", to="Do part b."),
    ]
    context = "The material. " * 3_571
    async with thinking(make_house, script, models={"model_max_output_tokens": 100}) as (
        house,
        provider,
    ):
        budget = {"max_tokens": 100_000, "max_cost_usd": 100}
        task = await house.ended(
            await house.submit("Do it.", context=context, assigned_arm="planner", budget=budget)
        )
        assert task["status"] == "completed", task
        last = provider.ledger.entries[-1]
        assert last.contains("the output of a")
        assert last.contains("24,994 characters more")


async def test_a_plan_is_offered_no_drill(make_house: Any) -> None:
    script = [plan(step("a", arm="drill")), plan(step("a")), answering("done")]
    async with thinking(make_house, script) as (house, provider):
        task = await house.ended(await house.submit("Do it.", assigned_arm="planner"))
        assert task["result"]["output"] == "done"
        assert provider.ledger.entries[1].contains("not in the list")


async def test_a_plan_that_ends_with_something_left_out_says_that_it_is_not_whole(
    make_house: Any,
) -> None:
    script = [plan(step("a")), answering(f"Fine. {INJECTION}")]
    async with thinking(make_house, script) as (house, _):
        task = await house.ended(await house.submit("Do it.", assigned_arm="planner"))
        assert "Left out" in task["result"]["output"]
        assert task["result"]["partial"] is True


async def test_the_steps_that_are_done_are_kept(make_house: Any) -> None:
    script = [
        plan(step("a"), step("b", "a")),
        answering("part-a-done", to="Do part a."),
        answering("never", to="Do part b.", delay="never"),
    ]
    async with thinking(make_house, script) as (house, provider):
        task_id = await house.submit("Do it.", assigned_arm="planner")
        async with asyncio.timeout(20):
            await provider.ledger.received(3)
        await house.http.post(f"/tasks/{task_id}/cancel")
        task = await house.ended(task_id)
        assert task["status"] == "cancelled"
        assert task["result"]["output"] == "[a]\npart-a-done"
        assert task["result"]["partial"] is True
