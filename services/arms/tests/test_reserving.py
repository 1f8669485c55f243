"""Nothing is sent that was not reserved at its worst before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic_ai import Agent, BinaryContent, ImageUrl
from pydantic_ai.settings import ModelSettings

from arms.asking import ask, ask_for_text
from arms.scripted import Reply
from octollm.errors import BudgetExceeded, ModelFailed, PriceUnknown

LONG = "word " * 400


@pytest.fixture
def openai_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have `openai:` models, which speak the Responses API, be those of a provider."""

    def at(provider: Any) -> dict[str, Any]:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        monkeypatch.setenv("OPENAI_BASE_URL", provider.base_url)
        return {"model": "openai:gpt-5-mini"}

    return at


def limit_of(entry: Any) -> int:
    body = entry.body
    names = ("max_completion_tokens", "max_tokens", "max_output_tokens")
    (limit,) = [body[name] for name in names if name in body]
    return int(limit)


async def streamed(agent: Agent[None, str], question: str, model: Any) -> str:
    async with agent.run_stream(question, model=model) as run:
        return await run.get_output()


async def whole(agent: Agent[None, str], question: str, model: Any) -> str:
    return (await agent.run(question, model=model)).output


@pytest.mark.parametrize("asked", [whole, streamed])
@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("wanted", [None, 50, 5_000_000])
async def test_no_more_output_is_asked_for_than_was_granted(
    asked: Any,
    api: str,
    wanted: int | None,
    scripted: Any,
    open_model: Any,
    account: Any,
    openai_at: Any,
) -> None:
    provider, _ = await scripted([Reply("x" * 4_000)])
    which = openai_at(provider) if api == "responses" else {}
    model = open_model(provider, account, model_max_output_tokens=100, **which)
    agent = Agent(model_settings=ModelSettings(max_tokens=wanted) if wanted else None)
    await asked(agent, "Which?", model)
    (entry,) = provider.ledger.entries
    assert limit_of(entry) == account.grants[0].output_tokens == min(wanted or 100, 100)
    assert account.settled[0].usage.output_tokens <= limit_of(entry)
    assert entry.headers["idempotency-key"] == account.grants[0].key


@pytest.mark.parametrize("asked", [whole, streamed])
async def test_a_provider_that_counts_is_asked_when_bytes_are_too_many(
    asked: Any, scripted: Any, open_model: Any, make_account: Any, openai_at: Any
) -> None:
    provider, _ = await scripted([Reply("x" * 4_000)])
    account = make_account(tokens=800)
    model = open_model(provider, account, **openai_at(provider))
    await asked(Agent(), LONG, model)
    counting, answering = provider.ledger.entries
    assert counting.path == "/v1/responses/input_tokens"
    (ask,) = account.asks
    assert 500 < ask.input_tokens < 600
    assert limit_of(answering) == 800 - ask.input_tokens
    assert account.settled[0].usage.output_tokens <= limit_of(answering)


async def test_where_nobody_counts_less_output_is_asked_for(
    scripted: Any, open_model: Any, make_account: Any
) -> None:
    provider, _ = await scripted([Reply("x" * 4_000)])
    account = make_account(tokens=2_200)
    await Agent().run(LONG, model=open_model(provider, account))
    (entry,) = provider.ledger.entries
    assert limit_of(entry) == 2_200 - account.asks[0].input_tokens
    assert account.asks[0].input_tokens >= len(LONG)


async def test_a_provider_that_fails_to_count_is_asked_once_and_done_without(
    scripted: Any, open_model: Any, make_account: Any, openai_at: Any
) -> None:
    provider, _ = await scripted([Reply("yes")], api_key="another")
    account = make_account(tokens=500)
    with pytest.raises(BudgetExceeded):
        await Agent().run(LONG, model=open_model(provider, account, **openai_at(provider)))
    assert [entry.path for entry in provider.ledger.entries] == ["/v1/responses/input_tokens"]


@pytest.mark.parametrize(
    ("limits", "dimension"),
    [
        ({"tokens": 100}, "tokens"),
        ({"usd": Decimal("0.0001")}, "cost"),
        ({"seconds": 0}, "time"),
    ],
)
@pytest.mark.parametrize("fallbacks", [[], ["openai-compatible:two"]])
async def test_what_ran_out_is_said_as_it_is(
    limits: dict[str, Any],
    dimension: str,
    fallbacks: list[str],
    scripted: Any,
    open_model: Any,
    make_account: Any,
    make_context: Any,
) -> None:
    provider, _ = await scripted()
    account = make_account(**limits)
    agent = Agent()
    for asking in (
        lambda model: ask(agent, model, LONG, None),
        lambda model: ask_for_text(agent, model, LONG, make_context(account)),
        lambda model: agent.run(LONG, model=model),
        lambda model: streamed(agent, LONG, model),
    ):
        model = open_model(provider, account, model_fallbacks=fallbacks)
        with pytest.raises(BudgetExceeded) as raised:
            await asking(model)
        assert raised.value.extra["dimension"] == dimension
    assert provider.ledger.entries == []


async def test_no_provider_is_asked_to_count_when_no_time_is_left(
    scripted: Any, open_model: Any, make_account: Any, openai_at: Any
) -> None:
    provider, _ = await scripted()
    with pytest.raises(BudgetExceeded):
        await Agent().run(
            "Hi", model=open_model(provider, make_account(seconds=0), **openai_at(provider))
        )
    assert provider.ledger.entries == []


@pytest.mark.parametrize("asked", [whole, streamed])
async def test_a_model_without_a_price_is_not_asked(
    asked: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    provider, _ = await scripted()
    with pytest.raises(PriceUnknown, match="OCTOLLM_MODEL_PRICES"):
        await asked(Agent(), "Hi", open_model(provider, account, model_prices={}))
    assert provider.ledger.entries == []
    assert account.asks == []


FILES: list[BinaryContent | ImageUrl] = [
    BinaryContent(b"small, and a picture of many tiles", media_type="image/png"),
    ImageUrl("http://127.0.0.1/huge.png"),
]


@pytest.mark.parametrize("file", FILES)
async def test_a_file_whose_tokens_nobody_counts_is_not_sent(
    file: Any, scripted: Any, open_model: Any, account: Any
) -> None:
    """A picture of few bytes may be thousands of tokens."""
    provider, _ = await scripted()
    with pytest.raises(ModelFailed, match="how many tokens"):
        await Agent().run(["Look", file], model=open_model(provider, account))
    assert provider.ledger.entries == []


async def test_a_file_is_reserved_for_as_its_provider_counts_it(
    scripted: Any, open_model: Any, account: Any, openai_at: Any
) -> None:
    provider, _ = await scripted([Reply("A cat.")])
    model = open_model(provider, account, **openai_at(provider))
    assert (await Agent().run(["Look", FILES[0]], model=model)).output == "A cat."
    counting, answering = provider.ledger.entries
    assert counting.path == "/v1/responses/input_tokens"
    assert answering.state == "answered"
    assert account.ended == ["settled"]


async def test_what_was_said_of_a_file_is_replayed_without_a_count(
    scripted: Any, open_model: Any, account: Any, openai_at: Any
) -> None:
    provider, _ = await scripted([Reply("A cat.")])
    model = open_model(provider, account, **openai_at(provider))
    runs = [await Agent().run(["Look", FILES[0]], model=model) for _ in range(2)]
    assert [run.output for run in runs] == ["A cat.", "A cat."]
    assert len(provider.ledger.entries) == 2, "one counted, one answered"
