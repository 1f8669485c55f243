"""A call that goes wrong: what is waited for, what is tried elsewhere, what stays in the books."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from pydantic_ai import Agent

from arms.asking import ModelAway, ask, ask_for_text
from arms.scripted import Reply
from octollm.errors import BudgetExceeded, ModelFailed

CANARY = "canary-4711"
TWO = ["openai-compatible:two"]


@pytest.fixture(params=["whole", "streamed"])
def asked(request: pytest.FixtureRequest, make_context: Any, account: Any) -> Any:
    """Ask a model as arms do, in one piece or as a stream."""

    async def whole(model: Any, question: str = CANARY) -> str:
        return await ask(Agent(), model, question, None)

    async def streamed(model: Any, question: str = CANARY) -> str:
        text, _ = await ask_for_text(Agent(), model, question, make_context(account))
        return text

    return whole if request.param == "whole" else streamed


async def test_a_busy_provider_is_waited_for_as_long_as_it_says(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=429, retry_after=1), Reply("yes")])
    began = time.monotonic()
    assert await asked(open_model(provider, account)) == "yes"
    assert 1 <= time.monotonic() - began < 10
    assert account.ended == ["released", "settled"]


async def test_it_is_asked_no_more_often_than_was_set(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=503, times=None)])
    with pytest.raises(ModelAway):
        await asked(open_model(provider, account, model_retries=1))
    assert account.ended == ["released"] * 2
    assert len(provider.ledger.entries) == 2


async def test_no_wait_lasts_past_the_deadline(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=429, retry_after=60)])
    async with asyncio.timeout(10):
        with pytest.raises(ModelAway):
            await asked(open_model(provider, account, seconds=20))
    assert account.ended == ["released"]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_the_next_model_answers_for_one_that_is_away(
    status: int, asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted(
        [Reply(status=status, when=lambda r: r.model == "one"), Reply("yes")]
    )
    model = open_model(provider, account, model_fallbacks=TWO, model_retries=0)
    assert await asked(model) == "yes"
    assert account.ended == ["released", "settled"]


async def test_a_long_wait_is_not_waited_while_there_is_another_model(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted(
        [Reply(status=429, retry_after=30, when=lambda r: r.model == "one"), Reply("yes")]
    )
    async with asyncio.timeout(10):
        assert await asked(open_model(provider, account, model_fallbacks=TWO)) == "yes"
    assert account.ended == ["released", "settled"]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(status=401, message=CANARY), "key"),
        (Reply(status=404, message=CANARY), "no model of this name"),
        (Reply(status=400, message=CANARY), "too long"),
        (Reply(status=422, message=CANARY), "refuses"),
        (Reply(status=418, message=CANARY), "refuses"),
    ],
)
async def test_what_would_be_refused_again_fails_at_once_and_costs_nothing(
    reply: Reply, why: str, asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([reply])
    with pytest.raises(ModelFailed, match=why) as raised:
        await asked(open_model(provider, account, model_fallbacks=TWO))
    assert CANARY not in str(raised.value)
    assert account.ended == ["released"]
    assert len(provider.ledger.entries) == 1


async def test_what_no_category_is_for_is_tried_again_by_whoever_runs_arms(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=409, message=CANARY)])
    with pytest.raises(ModelAway) as raised:
        await asked(open_model(provider, account))
    assert CANARY not in str(raised.value)
    assert account.ended == ["released"]


async def test_quota_that_is_used_up_turns_to_the_next_and_is_not_tried_again(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    reply = Reply(status=429, code="insufficient_quota", when=lambda r: r.model == "one")
    provider, _ = await scripted([reply, Reply("yes")])
    assert await asked(open_model(provider, account, model_fallbacks=TWO)) == "yes"
    assert account.ended == ["released", "settled"]


async def test_where_nobody_listens_nothing_was_spent(
    asked: Any, scripted: Any, open_model: Any, account: Any, unused_tcp_port: int
) -> None:
    provider, _ = await scripted()
    nowhere = f"http://127.0.0.1:{unused_tcp_port}/v1"
    model = open_model(
        provider, account, model_base_url=nowhere, model_retries=0, model_fallbacks=TWO
    )
    with pytest.raises(ModelAway):
        await asked(model)
    assert account.ended == ["released"] * 2


async def test_a_connection_cut_in_the_answer_leaves_it_uncertain(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(["some ", "words"], cut_after=1)])
    with pytest.raises(ModelAway):
        await asked(open_model(provider, account, model_retries=0))
    assert account.ended == ["uncertain"]


async def test_a_connection_cut_before_the_answer_leaves_it_uncertain_and_asks_again(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply("lost", cut_after=0), Reply("yes")])
    assert await asked(open_model(provider, account)) == "yes"
    assert account.ended == ["uncertain", "settled"]
    keys = {entry.headers["idempotency-key"] for entry in provider.ledger.entries}
    assert len(keys) == 1


async def test_a_gateway_that_gave_up_does_not_say_what_was_spent(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=504), Reply(status=502)])
    with pytest.raises(ModelAway):
        await asked(open_model(provider, account, model_retries=1))
    assert account.ended == ["uncertain"] * 2


async def test_the_deadline_ends_a_call_and_hangs_up(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(hang=True)])
    account.seconds = 1.5
    with pytest.raises(BudgetExceeded) as raised:
        await asked(open_model(provider, account, model_fallbacks=TWO))
    assert raised.value.extra["dimension"] == "time"
    await hung_up(provider)
    assert account.ended == ["uncertain"]


async def test_the_deadline_in_a_stream_keeps_what_there_was(
    scripted: Any, open_model: Any, account: Any, make_context: Any
) -> None:
    provider, _ = await scripted([Reply(["some ", "words"], gates={1: "never"})])
    account.seconds = 1.5
    drafts: list[str] = []
    context = make_context(account, draft=drafts.append)
    with pytest.raises(BudgetExceeded):
        await ask_for_text(Agent(), open_model(provider, account), "Hi", context)
    await hung_up(provider)
    assert drafts == ["some "]
    assert "some " in str(account.ends)
    assert account.ended == ["uncertain"]


async def test_a_cancelled_call_hangs_up_and_is_uncertain(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(hang=True)])
    asking = asyncio.create_task(asked(open_model(provider, account)))
    await provider.ledger.received(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await hung_up(provider)
    assert account.ended == ["uncertain"]


async def test_a_cancelled_stream_keeps_what_there_was(
    scripted: Any, open_model: Any, account: Any, make_context: Any
) -> None:
    provider, _ = await scripted([Reply(["some ", "words"], gates={1: "never"})])
    drafted = asyncio.Event()
    context = make_context(account, draft=lambda text: drafted.set())
    asking = asyncio.create_task(
        ask_for_text(Agent(), open_model(provider, account), "Hi", context)
    )
    await drafted.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await hung_up(provider)
    assert account.ended == ["uncertain"]
    assert "some " in str(account.ends)


async def test_a_cancelled_wait_reserves_nothing(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(status=429, retry_after=20)])
    asking = asyncio.create_task(asked(open_model(provider, account)))
    await (await provider.ledger.received(1)).ended.wait()
    while account.ended != ["released"]:
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_reader_who_leaves_early_leaves_the_call_uncertain(
    scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted([Reply(["some ", "words"], gates={1: "never"})])
    async with Agent().run_stream("Hi", model=open_model(provider, account)) as run:
        async for _ in run.stream_text(debounce_by=None):
            break
    await hung_up(provider)
    assert account.ended == ["uncertain"]


async def hung_up(provider: Any) -> None:
    (entry,) = provider.ledger.entries
    async with asyncio.timeout(5):
        await entry.ended.wait()
    assert entry.state == "client_cut"


async def test_a_stream_that_ends_without_saying_why_is_one_that_was_cut(
    scripted: Any, open_model: Any, account: Any, make_context: Any
) -> None:
    """A gateway that loses its own connection may end its answer politely."""
    provider, _ = await scripted([Reply(["some ", "words"], fades_after=1)])
    drafts: list[str] = []
    context = make_context(account, draft=drafts.append)
    with pytest.raises(ModelAway):
        await ask_for_text(Agent(), open_model(provider, account), "Hi", context)
    assert drafts == ["some "]
    assert "some " in str(account.ends)
    assert account.ended == ["uncertain"]
