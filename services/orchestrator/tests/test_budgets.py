"""No cap is exceeded and nothing is bought twice, seen in the provider's own books."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from scripted_models import cancelled_at, thinking

from arms.scripted import Reply


async def test_a_goal_is_answered_and_its_cost_is_known(make_house: Any) -> None:
    script = [Reply("Six times seven is 42.", input_tokens=30, output_tokens=10)]
    async with thinking(make_house, script) as (house, provider):
        task = await house.ended(await house.submit("What is 6*7?", assigned_arm="assistant"))
        assert task["status"] == "completed", task
        assert task["result"]["output"] == "Six times seven is 42."
        assert task["spend"]["tokens"] == 40
        assert task["spend"]["cost_usd"] == pytest.approx(40e-6)
        assert len(provider.ledger.entries) == 1


async def test_fifty_tasks_at_once_stay_within_their_caps(make_house: Any) -> None:
    """Each call costs up to $0.004, and each task may spend $0.01: two calls fit, three do not."""
    answer = Reply("no", input_tokens=1_000, output_tokens=1_000, times=None)
    prices = {"usd_per_input_token": Decimal("2e-6"), "usd_per_output_token": Decimal("2e-6")}
    async with thinking(
        make_house,
        provider={"default": answer, **prices},
        models={
            "model_prices": {"input_per_million": 2, "output_per_million": 2},
            "model_max_output_tokens": 1_000,
        },
    ) as (house, provider):
        ids = await asyncio.gather(
            *(
                house.submit(
                    f"Say yes, number {n}. " + "x" * 600,
                    assigned_arm="assistant",
                    acceptance_criteria=[{"type": "regex", "pattern": "yes"}],
                    max_repairs=5,
                    budget={"max_cost_usd": 0.01, "max_tokens": 100_000},
                )
                for n in range(50)
            )
        )
        tasks = await asyncio.gather(*map(house.ended, ids))
    assert Counter(task["error"]["type"].rpartition(":")[2] for task in tasks) == {
        "criteria-not-met": 50
    }
    for task_id, task in zip(ids, tasks, strict=True):
        paid = provider.ledger.spent_usd(task_id)
        assert 0 < paid <= Decimal("0.01")
        assert task["spend"]["cost_usd"] == pytest.approx(float(paid))
        assert task["result"]["output"] == "no"


async def test_an_answer_that_the_budget_left_no_room_for_says_so(make_house: Any) -> None:
    """A model that thinks first has used up all it was granted, and said nothing."""
    async with thinking(make_house, [Reply("", output_tokens=4_000)]) as (house, provider):
        task_id = await house.submit(
            "What is 6*7?", assigned_arm="assistant", budget={"max_tokens": 3_000}
        )
        task = await house.ended(task_id)
        assert task["error"]["type"].endswith("budget-exceeded"), task["error"]
        assert task["error"]["detail"].startswith("tokens:")
        assert len(provider.ledger.entries) == 1


async def test_a_hanging_provider_ends_the_task_in_time_and_is_hung_up_on(make_house: Any) -> None:
    async with thinking(make_house, [Reply(hang=True)]) as (house, provider):
        task_id = await house.submit(
            "What is 6*7?", assigned_arm="assistant", budget={"max_time_seconds": 1}
        )
        task = await house.ended(task_id)
        assert task["error"]["type"].endswith("budget-exceeded")
        assert "time" in task["error"]["detail"]
        (entry,) = provider.ledger.entries
        async with asyncio.timeout(5):
            await entry.ended.wait()
        assert entry.state == "client_cut"
        assert task["spend"]["tokens"] > 0


async def test_a_cancel_in_a_stream_keeps_what_there_was(make_house: Any) -> None:
    reply = Reply(["The first ", "words ", "and no more"], gates={2: "never"})
    async with thinking(make_house, [reply]) as (house, provider):
        task = await cancelled_at(house, "The first words ")
        assert task["status"] == "cancelled"
        assert task["result"]["partial"] is True
        assert task["result"]["output"] == "The first words "
        assert task["spend"]["tokens"] > 0
        (entry,) = provider.ledger.entries
        async with asyncio.timeout(5):
            await entry.ended.wait()
        assert entry.state == "client_cut"
