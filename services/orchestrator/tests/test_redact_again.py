"""An attempt after a crash calls private values what the one before called them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from scripted_models import events_of, thinking
from test_thinking import answering, judging, plan, step

from app import private_store
from app.keeping import Keeping
from app.vault import Vault, new_key
from arms.scripted import Reply
from octollm.ledger import TaskLost


async def test_what_steps_made_of_the_models_own_values_is_not_bought_again(
    make_house: Any,
) -> None:
    """Step b ends first, so that its value is numbered first; replayed, a ends first."""
    script = [
        plan(step("a"), step("b"), step("c", "a", "b")),
        answering("Ask anna@example.org.", to="Do part a.", delay="b is done"),
        answering("Ask bob@example.org.", to="Do part b."),
        answering("Asked both.", to="Do part c."),
        Reply(status=500, when="You judge whether"),
        judging(("passed", "Asked both.")),
    ]
    models = {"model_retries": 0}
    async with thinking(make_house, script, models=models, retry_backoff=0.1) as (house, provider):
        task_id = await house.submit(
            "Ask around.",
            assigned_arm="planner",
            acceptance_criteria=["Both were asked."],
            pii_policy="redact",
            budget={"max_tokens": 100_000},  # room for both at once
        )
        async with asyncio.timeout(30):
            while len(await events_of(house, task_id, "step.completed")) < 1:
                await asyncio.sleep(0.05)
        provider.gate("b is done").set()
        task = await house.ended(task_id)
        assert task["status"] == "completed", task
        assert await events_of(house, task_id, "task.handed_back")
        assert "anna@example.org" in str(task["result"]["data"]["steps"])
        completed = [entry for entry in provider.ledger.entries if entry.completed]
        bought = Counter(entry.headers["idempotency-key"] for entry in completed)
        assert set(bought.values()) == {1}, bought
        assert sum(entry.contains("Do part c.") for entry in completed) == 1


async def test_values_are_stored_by_the_attempt_that_has_the_task_alone(make_house: Any) -> None:
    vault = Vault([new_key()])
    async with thinking(make_house, [Reply(hang=True)]) as (house, provider):
        task_id = UUID(await house.submit("Wait.", assigned_arm="assistant"))
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        values: dict[str, str] = {}
        stranger = Keeping(house.parts.database, vault, task_id, uuid4(), values)
        await stranger.keep()  # there is nothing to be stored
        values["<EMAIL_1>"] = "anna@example.org"
        with pytest.raises(TaskLost):
            await stranger.keep()
        async with house.parts.database.transaction() as session:
            assert await private_store.get_values(session, task_id) is None
        await house.http.post(f"/tasks/{task_id}/cancel")
        await house.ended(str(task_id))
