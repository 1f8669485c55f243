"""The account of an attempt: what stands in the tables after each entry, and what it costs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app import call_store, lifecycle_store
from app.account import Account
from app.vault import Vault, new_key
from octollm.errors import BudgetExceeded, ModelFailed, PrivateValuesUnreadable
from octollm.ledger import Ask, Grant, Kept, Settled, TaskLost, Usage

ASK = Ask("a" * 64, "some:model", 100, 50, Decimal("0.001"), Decimal("0.00001"), "today")
USED = Usage(80, 20, Decimal("0.0007"))


async def account_of(house: Any, task_id: str, lost: UUID | None = None) -> Account:
    """Begin an attempt at a task, and return its account."""
    async with house.parts.database.statements() as connection:
        begun = await lifecycle_store.claim(connection, {UUID(task_id): lost})
    task, _ = begun[UUID(task_id)]
    assert task.run_token is not None
    return Account(house.parts.database, task.id, task.run_token, Vault([new_key()]))


async def bought(account: Account, ask: Ask, answer: str = "yes") -> int:
    grant = await account.reserve(ask)
    assert isinstance(grant, Grant)
    await account.settle(grant.call_id, Settled(USED, {"said": answer}))
    return grant.call_id


async def test_what_is_settled_is_kept_and_said_and_not_bought_again(house: Any) -> None:
    task_id = await house.submit()
    account = await account_of(house, task_id)
    call_id = await bought(account, ASK)
    assert await account.reserve(ASK) == Kept(call_id, {"said": "yes"})
    assert await account.recall(ASK.request_hash) == Kept(call_id, {"said": "yes"})
    assert (await house.task(task_id))["spend"]["tokens"] == 100
    receipt = (await house.http.get(f"/tasks/{task_id}/receipt")).json()
    assert receipt["verified"]
    told = {event["type"]: event["data"] for event in receipt["events"]}
    assert told["model.replayed"] == {"call": call_id}
    assert told["model.called"] == {
        "call": call_id,
        "model": "some:model",
        "input_tokens": 80,
        "output_tokens": 20,
        "cost_usd": 0.0007,
    }


async def test_an_answer_that_cannot_be_read_is_bought_once_more_and_then_found(house: Any) -> None:
    account = await account_of(house, await house.submit())
    unreadable = await bought(account, ASK)
    again = replace(ASK, after=unreadable)
    call_id = await bought(account, again, "in another form")
    assert await account.reserve(again) == Kept(call_id, {"said": "in another form"})
    assert await account.recall(ASK.request_hash, after=call_id) is None


async def test_an_answer_is_found_though_nothing_is_left_for_another(house: Any) -> None:
    account = await account_of(house, await house.submit(budget={"max_tokens": 150}))
    call_id = await bought(account, ASK)
    with pytest.raises(BudgetExceeded):
        await account.reserve(replace(ASK, request_hash="b" * 64, least_output_tokens=50))
    assert isinstance(await account.reserve(ASK), Kept)
    assert await account.recall(ASK.request_hash) == Kept(call_id, {"said": "yes"})


async def test_an_attempt_that_lost_its_task_buys_nothing_and_what_it_bought_is_counted(
    house: Any,
) -> None:
    task_id = await house.submit()
    slow = await account_of(house, task_id)
    grant = await slow.reserve(ASK)
    assert isinstance(grant, Grant)
    await account_of(house, task_id)
    with pytest.raises(TaskLost):
        await slow.reserve(replace(ASK, request_hash="b" * 64))
    await slow.settle(grant.call_id, Settled(USED, {"said": "late"}))
    assert (await house.task(task_id))["spend"]["tokens"] == 100
    receipt = (await house.http.get(f"/tasks/{task_id}/receipt")).json()
    assert receipt["verified"]
    assert "model.called" not in {event["type"] for event in receipt["events"]}


async def test_what_was_answered_to_a_lost_attempt_is_not_kept(house: Any) -> None:
    """Nor to one that has ended: nobody would erase it any more."""
    task_id = await house.submit()
    account = await account_of(house, task_id)
    grant = await account.reserve(ASK)
    assert isinstance(grant, Grant)
    await account_of(house, task_id, lost=account._run_token)
    async with house.parts.database.transaction() as session:
        # As if it had been reserved while the other attempt began.
        await session.execute(text("UPDATE model_calls SET state = 'reserved'"))
    await account.leave_uncertain(grant.call_id, {"said": "half of"})
    async with house.parts.database.transaction() as session:
        (call,) = await call_store.list_calls(session, UUID(task_id))
        assert (call.state, call.response) == ("uncertain", None)


async def test_without_a_key_nothing_is_bought_and_what_there_is_cannot_be_read(house: Any) -> None:
    account = await account_of(house, await house.submit())
    await bought(account, ASK)
    account._vault = None
    with pytest.raises(PrivateValuesUnreadable):
        await account.reserve(ASK)
    with pytest.raises(ModelFailed):
        await account.reserve(replace(ASK, request_hash="b" * 64))


async def test_calls_at_once_add_up_and_their_lines_make_a_chain(house: Any) -> None:
    """In the middle of lines that others add, all wait for each other's lock."""
    task_id = await house.submit(budget={"max_tokens": 100_000, "max_cost_usd": 1})
    account = await account_of(house, task_id)
    asks = [replace(ASK, request_hash=f"{number:064}") for number in range(40)]
    await asyncio.gather(*(bought(account, ask) for ask in asks))
    async with house.parts.database.transaction() as session:
        calls = await call_store.list_calls(session, UUID(task_id))
    assert {call.state for call in calls} == {"settled"}
    spend = (await house.task(task_id))["spend"]
    assert (spend["tokens"], spend["cost_usd"]) == (40 * 100, pytest.approx(40 * 0.0007))
    receipt = (await house.http.get(f"/tasks/{task_id}/receipt")).json()
    assert receipt["verified"]
    assert sum(event["type"] == "model.called" for event in receipt["events"]) == 40


async def test_of_calls_at_once_no_more_are_granted_than_fit(house: Any) -> None:
    """Of two accounts, so that none waits for another's end."""
    task_id = await house.submit(budget={"max_tokens": 1_000})
    account = await account_of(house, task_id)
    vault = Vault([new_key()])
    accounts = [
        Account(house.parts.database, UUID(task_id), account._run_token, vault) for _ in range(20)
    ]
    ask = replace(ASK, least_output_tokens=50)
    outcomes = await asyncio.gather(
        *(
            one.reserve(replace(ask, request_hash=f"{number:064}"))
            for number, one in enumerate(accounts)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Grant) for outcome in outcomes) == 6, outcomes
    assert sum(isinstance(outcome, BudgetExceeded) for outcome in outcomes) == 14
