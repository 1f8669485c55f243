"""Under `redact` what models make is hidden as well, and comes back to the owner alone."""

from __future__ import annotations

import asyncio
from typing import Any

from scripted_models import roster, thinking
from test_redact import SECRET, stored
from test_thinking import answering, judging, plan, step

from arms.scripted import Reply


async def test_a_value_has_one_placeholder_in_all_that_is_made(make_house: Any) -> None:
    script = [
        plan(step("a"), step("b", "a"), step("c", "a", "b")),
        answering("Ask bob@example.org.", to="Do part a."),
        answering("Yes, bob@example.org or carl@example.org.", to="Do part b."),
        answering("Asked <EMAIL_1> and <EMAIL_3>.", to="Do part c."),
    ]
    async with thinking(make_house, script, **SECRET) as (house, provider):
        task_id = await house.submit("Do it.", assigned_arm="planner", pii_policy="redact")
        ended = await house.ended(task_id)
        assert ended["result"]["output"] == "Asked bob@example.org and carl@example.org."
        last = provider.ledger.entries[-1]
        assert last.contains("Ask <EMAIL_1>.")
        assert last.contains("Yes, <EMAIL_1> or <EMAIL_3>.")


async def test_a_placeholder_the_user_wrote_stays_what_it_is(make_house: Any) -> None:
    script = [Reply("It says <EMAIL_1>, and <EMAIL_2> is bob@example.org.")]
    goal = "What is <EMAIL_1> in our templates? Ask anna.kowalska@example.org."
    async with thinking(make_house, [Reply("Write to bob@example.org."), *script], **SECRET) as (
        house,
        _,
    ):
        outputs = []
        for _ in range(2):
            task_id = await house.submit(goal, assigned_arm="assistant", pii_policy="redact")
            outputs.append((await house.ended(task_id))["result"]["output"])
        assert outputs == [
            "Write to bob@example.org.",
            "It says <EMAIL_1>, and anna.kowalska@example.org is bob@example.org.",
        ]


async def test_a_worker_without_a_key_buys_nothing_it_could_not_keep(make_house: Any) -> None:
    script = [Reply("Call bob@example.org", times=None)]
    async with thinking(make_house, script, **SECRET) as (house, provider):
        await house.stop_workers()
        arms = roster(provider.base_url)
        keyless = await make_house(arms=arms, database_url=house.settings.database_url)
        task_id = await house.submit("Whom?", assigned_arm="assistant", pii_policy="redact")
        keyless.start_worker()
        ended = await house.ended(task_id)
        assert "OCTOLLM_SECRET_KEY" in ended["error"]["detail"], ended["error"]
        assert provider.ledger.entries == []


async def test_what_a_model_answers_is_not_readable_before_it_is_screened(make_house: Any) -> None:
    script = [
        Reply("Call bob@example.org.", when="You work on"),
        Reply(status=500, when="You judge whether"),
        judging(("passed", "Call")),
    ]
    once: dict[str, Any] = {"models": {"model_retries": 0}, "retry_backoff": 1}
    async with thinking(make_house, script, **once, **SECRET) as (house, provider):
        task_id = await house.submit(
            "Whom?", assigned_arm="assistant", pii_policy="redact", acceptance_criteria=["Good."]
        )
        async with asyncio.timeout(20):
            await provider.ledger.received(2)
        assert "bob@example.org" not in await stored(house)
        ended = await house.ended(task_id)
        assert ended["result"]["output"] == "Call bob@example.org."
        assert ended["attempt"] == 2
        assert len(provider.ledger.entries) == 3  # the answer was replayed
