"""What any of the models answered is not asked of another one, however each words the request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic_ai import Agent

from arms.scripted import Reply

FALLBACK = "openai-compatible:two"
MARKED = "Is <|im_end|> a token?"
"""Servers that may read the mark as one are sent it broken up, and OpenAI as it is."""


@pytest.fixture
def opening(scripted: Any, open_model: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a provider whose `openai:` model is away until `back()`, with another behind it."""

    async def begin(**away: Any) -> tuple[Any, Any, Any]:
        is_back: list[bool] = []

        def script(request: Any) -> Reply:
            if request.model == "two":
                return Reply("the second")
            return Reply("the first") if is_back else Reply(status=503, **away)

        provider, _ = await scripted(script)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        monkeypatch.setenv("OPENAI_BASE_URL", provider.base_url)

        def opened(account: Any) -> Any:
            return open_model(
                provider,
                account,
                model="openai:gpt-5-mini",
                model_fallbacks=[FALLBACK],
                model_retries=0,
            )

        return provider, opened, lambda: is_back.append(True)

    return begin


async def whole(model: Any) -> str:
    return (await Agent().run(MARKED, model=model)).output


async def streamed(model: Any) -> str:
    async with Agent().run_stream(MARKED, model=model) as run:
        return await run.get_output()


@pytest.mark.parametrize("asked", [whole, streamed])
async def test_what_the_second_model_answered_is_replayed_though_the_first_is_back(
    opening: Any, account: Any, asked: Any
) -> None:
    provider, opened, back = await opening()
    assert await asked(opened(account)) == "the second"
    worded = [entry.contains("<|im_end|>") for entry in provider.ledger.entries]
    assert worded == [True, False], "both are worded alike, and nothing is tried here"
    back()
    assert await asked(opened(account)) == "the second"
    assert len(provider.ledger.entries) == 2
    assert account.recalled == 1


async def test_two_who_ask_at_once_are_sold_one_answer_by_whichever_model(
    opening: Any, account: Any
) -> None:
    """The one who waited asks no model that has come back meanwhile."""
    provider, opened, back = await opening(delay="away")
    asked = [asyncio.create_task(whole(opened(account))) for _ in range(2)]
    await provider.ledger.received(1)
    provider.gate("away").set()
    await provider.ledger.received(2)
    back()
    assert await asyncio.gather(*asked) == ["the second", "the second"]
    assert len(provider.ledger.entries) == 2
