"""What a model answered is kept so that it can be read again, or is done without."""

from __future__ import annotations

from typing import Any

from pydantic_ai import Agent

from arms.scripted import Reply


async def test_an_answer_no_database_can_hold_is_settled_and_replayed(
    start: Any, account: Any
) -> None:
    """PostgreSQL's `jsonb` takes neither NUL nor half a surrogate pair; a model may say both."""
    provider, opened = await start([Reply("a\x00b\ud800c")])
    agent = Agent()
    await agent.run("Which?", model=opened(account))
    again = await agent.run("Which?", model=opened(account))
    assert again.output.startswith("a")
    assert len(provider.ledger.entries) == 1


async def test_what_was_kept_in_another_form_is_bought_anew(start: Any, account: Any) -> None:
    """A release of the library that cannot read what an earlier one wrote must not end the task."""
    provider, opened = await start([Reply("Graz"), Reply("Graz")])
    await Agent().run("Which?", model=opened(account))
    account.kept = dict.fromkeys(account.kept, '{"parts": 7}')
    assert (await Agent().run("Which?", model=opened(account))).output == "Graz"
    assert len(provider.ledger.entries) == 2


async def test_what_was_answered_is_replayed_though_its_price_is_known_no_more(
    start: Any, account: Any
) -> None:
    provider, opened = await start([Reply("Graz")])
    await Agent().run("Which?", model=opened(account))
    again = await Agent().run("Which?", model=opened(account, model_prices={}))
    assert again.output == "Graz"
    assert len(provider.ledger.entries) == 1
