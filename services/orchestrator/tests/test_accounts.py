"""What was bought is written down whatever came over the wire, and is not bought again."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from raw_provider import raw_house, said
from scripted_models import events_of, thinking
from test_thinking import answering, judging, plan, step

from app import call_store, store
from app.api_keys import DEFAULT_TENANT
from app.event_store import Line
from app.vault import new_key
from arms.config import ModelSettings
from arms.roster import load_arms
from arms.scripted import Reply, ScriptedProvider
from octollm.ledger import Settled, Usage


@pytest.mark.filterwarnings("ignore::pydantic_ai.CostCalculationFailedWarning")
async def test_a_usage_no_column_holds_is_settled(make_house: Any) -> None:
    usage = {"prompt_tokens": 10**13, "completion_tokens": 10, "total_tokens": 1}
    async with raw_house(make_house, said("Fine.", usage)) as (house, provider):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert task["status"] == "completed", task
        assert task["spend"]["tokens"] == 100_000_010
        assert len(provider.requests) == 1


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
async def test_an_answer_no_database_holds_is_bought_once(make_house: Any, text: str) -> None:
    async with raw_house(make_house, said(text)) as (house, provider):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert task["error"]["type"].endswith("arm-failed"), task
        assert len(provider.requests) == 1


async def test_a_proxy_that_gave_up_waiting_may_have_been_billed(make_house: Any) -> None:
    async with raw_house(make_house, b"{}", status=504) as (house, provider):
        task = await house.ended(
            await house.submit("Hello", assigned_arm="assistant", budget={"max_tokens": 6_000})
        )
        assert task["status"] == "failed"
        assert len(provider.requests) == 2
        assert task["spend"]["tokens"] > 4_000


async def test_two_steps_that_ask_the_same_are_sold_one_answer(make_house: Any) -> None:
    same = {"arm": "assistant", "goal": "Do the same part.", "needs": []}
    script = [
        plan({"id": "a", **same}, {"id": "b", **same}, step("c", "a", "b")),
        answering("done", to="Do the same part.", delay=0.2, times=None),
        answering("all done", to="Do part c."),
    ]
    async with thinking(make_house, script) as (house, provider):
        task = await house.ended(await house.submit("Do all parts.", assigned_arm="planner"))
        assert task["result"]["data"]["steps"] == {"a": "done", "b": "done", "c": "all done"}
        bought = Counter(entry.headers["idempotency-key"] for entry in provider.ledger.entries)
        assert set(bought.values()) == {1}, bought


async def test_twelve_steps_at_once_stay_within_the_cap(make_house: Any) -> None:
    parts = [step(f"p{n}") for n in range(11)]
    script = [
        plan(*parts, step("last", *(part["id"] for part in parts))),
        *(answering("x", to=f"Do part p{n}.", delay=0.1, output_tokens=900) for n in range(11)),
        answering("end", to="Do part last.", output_tokens=900),
    ]
    models = {"model_max_output_tokens": 900}
    async with thinking(make_house, script, models=models) as (house, provider):
        task_id = await house.submit(
            "Do all parts.",
            assigned_arm="planner",
            budget={"max_cost_usd": 0.012, "max_tokens": 100_000},
        )
        task = await house.ended(task_id)
        # Refused, or granted so little at last that no answer fits into it.
        assert task["error"]["type"].endswith(("budget-exceeded", "model-failed")), task["error"]
        assert 0 < provider.ledger.spent_usd(task_id) <= Decimal("0.012")
        assert task["spend"]["cost_usd"] <= 0.012


async def test_a_cancelled_task_that_asks_for_another_call_has_not_failed(make_house: Any) -> None:
    """Between the wish and the worker's noticing it there may be time for one more call."""
    script = [answering("{}", delay="first"), judging(("passed", "{}"))]
    async with thinking(make_house, script) as (house, provider):
        task_id = await house.submit(
            "Do it.", assigned_arm="assistant", acceptance_criteria=["Is JSON."]
        )
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        async with house.parts.database.transaction() as session:  # the wish, still unnoticed
            await store.request_cancel(session, DEFAULT_TENANT, UUID(task_id))
        provider.gate("first").set()
        assert (await house.ended(task_id))["status"] == "cancelled"


async def test_a_task_cancelled_between_attempts_leaves_no_answer_behind(make_house: Any) -> None:
    script = [answering("an answer"), Reply(status=500, when="You judge whether", times=None)]
    models = {"model_retries": 0}
    async with thinking(make_house, script, models=models, retry_backoff=30) as (house, _):
        task_id = await house.submit(
            "Do it.", assigned_arm="assistant", acceptance_criteria=["It is done."]
        )
        async with asyncio.timeout(20):
            while not await events_of(house, task_id, "task.handed_back"):
                await asyncio.sleep(0.05)
        assert await responses(house, task_id) == [True]
        await house.http.post(f"/tasks/{task_id}/cancel")
        assert (await house.ended(task_id))["status"] == "cancelled"
        assert await responses(house, task_id) == [False]


async def test_an_answer_that_comes_after_the_end_is_counted_and_not_kept(make_house: Any) -> None:
    async with thinking(make_house, [answering("an answer")]) as (house, _):
        task_id = await house.submit("Do it.", assigned_arm="assistant")
        spent = (await house.ended(task_id))["spend"]["tokens"]
        async with house.parts.database.transaction() as session:
            # As it is while the worker that makes it is thought dead.
            (call,) = await call_store.list_calls(session, UUID(task_id))
            call.state = "uncertain"
            task = await store.lock_task(session, UUID(task_id))
            assert task is not None
            task.drawn_tokens, task.drawn_usd = call.reserved_tokens, call.reserved_usd
        assert call.input_tokens is not None
        assert call.output_tokens is not None
        assert call.cost_usd is not None
        usage = Usage(call.input_tokens, call.output_tokens, call.cost_usd)
        line = Line(UUID(task_id), "model.called", {"call": call.id}, uuid4())
        async with house.parts.database.statements() as connection:
            await call_store.settle(connection, call.id, Settled(usage, {"parts": ["late"]}), line)
        assert await responses(house, task_id) == [False]
        assert (await house.task(task_id))["spend"]["tokens"] == spent


async def responses(house: Any, task_id: str) -> list[bool]:
    """Return for each call of a task whether its answer is kept."""
    async with house.parts.database.transaction() as session:
        calls = await call_store.list_calls(session, UUID(task_id))
    return [call.response is not None for call in calls]


@pytest.mark.parametrize(
    ("finish", "partial"),
    [("stop", False), ("length", True), ("content_filter", True)],
)
async def test_an_answer_that_stops_half_way_is_told_as_such(
    make_house: Any, finish: str, partial: bool
) -> None:
    async with raw_house(make_house, said("Half of an", None, finish)) as (house, _):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert (task["result"]["output"], task["result"]["partial"]) == ("Half of an", partial)


async def test_a_server_that_never_says_why_it_stops_is_heard_where_it_counts(
    make_house: Any,
) -> None:
    """Some of OpenAI's format do not; the usage comes last, so that the answer is whole."""
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    async with raw_house(make_house, said("Fine.", usage, None)) as (house, _):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert (task["status"], task["result"]["partial"]) == ("completed", False)
        assert task["spend"]["tokens"] == 11


async def test_an_answer_that_ends_without_reason_or_count_is_kept_as_cut(make_house: Any) -> None:
    async with raw_house(make_house, said("Half of an", None, None), max_attempts=2) as (house, _):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert task["error"]["type"].endswith("attempts-exhausted"), task
        assert (task["result"]["output"], task["result"]["partial"]) == ("Half of an", True)
        assert task["spend"]["tokens"] > 4_000, "both calls count at their worst"


async def test_the_next_model_answers_where_the_first_is_away(make_house: Any) -> None:
    first, second, third = (f"openai-compatible:{name}" for name in ("first", "second", "third"))
    script = [
        Reply(status=503, when=lambda request: request.body["model"] == "first", times=None),
        Reply(status=429, when=lambda request: request.body["model"] == "second", times=None),
        Reply("third", when=lambda request: request.body["model"] == "third"),
    ]
    price = {"input_per_million": 1, "output_per_million": 1}
    async with ScriptedProvider(script) as provider:
        arms = load_arms(
            ModelSettings(
                model=first,
                model_fallbacks=[second, third],
                model_base_url=provider.base_url,
                model_prices=dict.fromkeys((first, second, third), price),
                model_retries=0,
            )
        ).arms
        house = await make_house(arms=arms, worker_stale=60, secret_key=new_key())
        house.start_worker()
        task_id = await house.submit("Hello", assigned_arm="assistant")
        task = await house.ended(task_id)
        assert task["result"]["output"] == "third"
        bodies: list[Any] = [entry.body for entry in provider.ledger.entries]
        asked = [body["model"] for body in bodies]
        assert asked == ["first", "second", "third"]
        (called,) = await events_of(house, task_id, "model.called")
        assert called["model"] == third
        assert task["spend"]["tokens"] == called["input_tokens"] + called["output_tokens"]
        await house.stop_workers()


async def test_steps_at_the_same_time_wait_for_each_other_s_reservations(make_house: Any) -> None:
    """Two worst cases fit into the budget, and five small answers do, one after the other."""
    parts = ["a", "b", "c", "d"]
    script = [plan(*map(step, parts), step("e", *parts))]
    script += [answering(f"{part} is done", to=f"Do part {part}.") for part in [*parts, "e"]]
    async with thinking(make_house, script) as (house, provider):
        task_id = await house.submit(
            "Do all.", assigned_arm="planner", budget={"max_tokens": 15_000}
        )
        task = await house.ended(task_id)
        assert task["status"] == "completed", task["error"]
        assert task["result"]["output"] == "e is done"
        asked: list[Any] = [entry.body for entry in provider.ledger.entries]
        assert all(body["max_completion_tokens"] == 4_096 for body in asked), asked
