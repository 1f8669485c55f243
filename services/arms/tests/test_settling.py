"""What is written into the account of a call that was answered, and what is said beside it."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai.settings import ModelSettings

from arms.asking import ModelAway, ask, ask_for_text
from arms.scripted import Reply, ToolCall
from octollm.errors import BudgetExceeded, ModelFailed

CANARY, KEY = "canary-4711", "sk-canary"


class Numbers(BaseModel):
    numbers: list[int]


async def test_what_was_used_is_settled_at_its_price(
    scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply("yes", input_tokens=30, output_tokens=10)])
    await Agent().run("Hi", model=open_model(provider, account))
    usage = account.settled[0].usage
    assert (usage.input_tokens, usage.output_tokens) == (30, 10)
    assert usage.cost_usd == Decimal("0.00005")


async def test_where_no_usage_is_told_the_worst_is_settled(
    scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply("yes")])
    silent = Agent(model_settings=ModelSettings(extra_body={"stream_options": None}))
    async with silent.run_stream("Hi", model=open_model(provider, account)) as run:
        assert await run.get_output() == "yes"
    (asked,) = account.asks
    usage = account.settled[0].usage
    assert usage.input_tokens == asked.input_tokens > 0
    assert usage.output_tokens == account.grants[0].output_tokens == 4_096
    assert usage.cost_usd == asked.input_usd + asked.usd_per_output_token * 4_096


async def test_more_than_was_reserved_is_settled_as_it_was_and_warned_of(
    scripted: Any, open_model: Any, account: Any, caplog: pytest.LogCaptureFixture
) -> None:
    provider, _ = await scripted([Reply("yes", input_tokens=1_000_000)])
    await Agent().run("Hi", model=open_model(provider, account))
    assert account.settled[0].usage.input_tokens == 1_000_000
    assert "more_tokens_than_granted model=openai-compatible:one" in caplog.text


async def test_an_answer_cut_at_the_limit_says_so(
    scripted: Any, open_model: Any, account: Any, make_context: Any
) -> None:
    provider, _ = await scripted([Reply("x" * 4_000)])
    model = open_model(provider, account, model_max_output_tokens=16)
    text, cut = await ask_for_text(Agent(), model, "Hi", make_context(account))
    assert (text, cut) == ("x" * 64, True)
    assert account.settled[0].usage.output_tokens == 16


async def test_a_form_cut_at_the_limit_fails_with_the_reason(
    scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(output={"numbers": list(range(100))}, times=None)])
    model = open_model(provider, account, model_max_output_tokens=16)
    agent = Agent(output_type=dict[str, list[int]])
    with pytest.raises(ModelFailed, match="did not fit"):
        await ask(agent, model, "Hi", None)
    assert set(account.ended) == {"settled"}


async def test_a_form_cut_by_what_was_left_of_the_budget_says_so(
    scripted: Any, open_model: Any, make_account: Any
) -> None:
    """Also when it was asked for again, and replayed."""
    provider, _ = await scripted([Reply(output={"numbers": list(range(100))}, times=None)])
    dear = {"input_per_million": 1, "output_per_million": 100_000}
    account = make_account(usd=Decimal("2.5"))
    model = open_model(provider, account, model_prices={"openai-compatible:one": dear})
    for _ in range(2):
        with pytest.raises(BudgetExceeded) as raised:
            await ask(Agent(output_type=Numbers), model, "Hi", None)
        assert raised.value.extra["dimension"] == "cost"
    assert account.ended == ["settled"] * 2
    assert account.recalled == 2


@pytest.mark.parametrize(("left", "expected"), [(20, BudgetExceeded), (9_999, ModelFailed)])
async def test_thoughts_that_leave_no_room_for_an_answer_say_what_was_too_little(
    left: int,
    expected: type[Exception],
    scripted: Any,
    open_model: Any,
    make_account: Any,
    make_context: Any,
) -> None:
    provider, _ = await scripted([Reply("", output_tokens=9_000, times=None)])
    ample = make_account()
    with pytest.raises(ModelFailed):
        await ask(Agent(), open_model(provider, ample), "Hi", None)
    account = make_account(tokens=ample.asks[0].input_tokens + left)
    model, context = open_model(provider, account), make_context(account)
    for asked in (
        ask_for_text(Agent(), model, "Hi", context),
        ask(Agent(), model, "Hi", None),
        ask(Agent(), model, "Ho", None),
    ):
        with pytest.raises(expected, match="tokens"):
            await asked
    assert account.ended == ["settled"] * 2


async def test_a_stream_read_to_its_end_is_settled_though_its_reader_fails(
    scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply("all of it")])

    async def read() -> None:
        async with Agent().run_stream("Hi", model=open_model(provider, account)) as run:
            await run.get_output()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read()
    assert account.ended == ["settled"]


async def test_an_entry_that_was_begun_is_made_however_often_one_is_cancelled(
    scripted: Any, open_model: Any, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, _ = await scripted([Reply(hang=True)])
    writing, written = asyncio.Event(), asyncio.Event()
    leave_uncertain = account.leave_uncertain

    async def slowly(*entry: Any) -> None:
        writing.set()
        await written.wait()
        await leave_uncertain(*entry)

    monkeypatch.setattr(account, "leave_uncertain", slowly)
    asking = asyncio.create_task(Agent().run("Hi", model=open_model(provider, account)))
    await provider.ledger.received(1)
    asking.cancel()
    await writing.wait()
    for _ in range(3):
        asking.cancel()
        await asyncio.sleep(0)
    written.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert account.ended == ["uncertain"]


async def test_a_ledger_that_is_away_swallows_no_cancellation(
    scripted: Any, open_model: Any, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, _ = await scripted([Reply(hang=True)])
    leave_uncertain = account.leave_uncertain

    async def away(*entry: Any) -> None:
        await leave_uncertain(*entry)
        raise ConnectionError(CANARY)

    monkeypatch.setattr(account, "leave_uncertain", away)
    asking = asyncio.create_task(Agent().run("Hi", model=open_model(provider, account)))
    await provider.ledger.received(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize(
    "reply",
    [
        Reply(CANARY),
        Reply(status=400, message=CANARY, code=CANARY),
        Reply(status=401, message=f"{CANARY} {KEY}"),
        Reply(status=429, message=CANARY, retry_after=0.01),
        Reply(status=500, message=CANARY),
        Reply([CANARY, CANARY], cut_after=1),
        Reply("", tool_calls=[ToolCall(CANARY, CANARY)]),
    ],
)
async def test_neither_texts_nor_keys_get_into_logs_or_errors(
    reply: Reply, scripted: Any, open_model: Any, account: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("arms").setLevel(logging.DEBUG)
    provider, _ = await scripted([reply], default=Reply(CANARY))
    model = open_model(provider, account, model_retries=0)
    agent = Agent(instructions=CANARY, output_type=dict[str, int])
    with pytest.raises((ModelFailed, ModelAway)) as raised:
        await ask(agent, model, CANARY, None)
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    assert CANARY not in repr(raised.value) + caplog.text
    assert KEY not in repr(raised.value) + caplog.text + repr(model)
