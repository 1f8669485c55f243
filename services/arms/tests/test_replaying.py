"""What was bought once is never bought again, and what was not is not taken for it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, ModelRetry
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from arms.scripted import Reply, ToolCall


class Town(BaseModel):
    name: str
    people: int


async def test_the_same_again_costs_nothing(start: Any, account: Any) -> None:
    provider, opened = await start([Reply("Graz")])
    agent = Agent(instructions="Name a town.")
    first = await agent.run("Which?", model=opened(account))
    again = await agent.run("Which?", model=opened(account))
    assert first.output == again.output == "Graz"
    assert len(provider.ledger.entries) == len(account.asks) == 1
    assert account.ended == ["settled"]


async def test_a_stream_is_replayed_to_who_asks_whole_and_the_other_way_round(
    start: Any, account: Any
) -> None:
    provider, opened = await start([Reply(["Gra", "z"], when="One"), Reply("Linz", when="Two")])
    agent = Agent()

    async def streamed(question: str) -> list[str]:
        async with agent.run_stream(question, model=opened(account)) as run:
            return [text async for text in run.stream_text(debounce_by=None)]

    assert (await streamed("One"))[-1] == "Graz"
    assert (await agent.run("One", model=opened(account))).output == "Graz"
    assert (await agent.run("Two", model=opened(account))).output == "Linz"
    assert (await streamed("Two"))[-1] == (await streamed("Two"))[-1] == "Linz"
    assert len(provider.ledger.entries) == 2
    assert account.ended == ["settled", "settled"]


async def test_two_who_ask_the_same_at_once_are_sold_one_answer(start: Any, account: Any) -> None:
    provider, opened = await start([Reply("Graz", delay="both")])
    model, agent = opened(account), Agent()

    async def stream() -> str:
        async with agent.run_stream("Which?", model=model) as run:
            return await run.get_output()

    asked = [asyncio.create_task(agent.run("Which?", model=model)) for _ in range(3)]
    asked_too = asyncio.create_task(stream())
    await provider.ledger.received(1)
    provider.gate("both").set()
    assert {run.output for run in await asyncio.gather(*asked)} | {await asked_too} == {"Graz"}
    assert len(provider.ledger.entries) == 1


async def test_two_arms_of_one_attempt_are_sold_one_answer_too(
    scripted: Any, account: Any, make_models: Any, reopen: Any
) -> None:
    """Each opens the models for itself, as two steps of a plan do."""
    provider, _ = await scripted([Reply("Graz", delay="both")])
    models = make_models(provider)
    agent = Agent()
    asked = [
        asyncio.create_task(agent.run("Which?", model=reopen(models, account))) for _ in range(2)
    ]
    await provider.ledger.received(1)
    provider.gate("both").set()
    assert [run.output for run in await asyncio.gather(*asked)] == ["Graz", "Graz"]
    assert len(provider.ledger.entries) == 1


async def test_one_who_waited_asks_anew_when_the_first_was_cut_off(
    start: Any, account: Any
) -> None:
    provider, opened = await start([Reply(hang=True), Reply("Graz")])
    model, agent = opened(account), Agent()
    first = asyncio.create_task(agent.run("Which?", model=model))
    await provider.ledger.received(1)
    second = asyncio.create_task(agent.run("Which?", model=model))
    first.cancel()
    assert (await second).output == "Graz"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert account.ended == ["uncertain", "settled"]


def population(town: str) -> dict[str, Any]:
    """How many people a town has."""
    return {"town": town, "people": 300_000, "timestamp": "2026", "state": "Styria"}


async def test_a_run_of_many_turns_is_replayed_to_its_end(start: Any, account: Any) -> None:
    """With a call of a tool, an answer its validator sent back, and one of a wrong form."""
    provider, opened = await start(
        [
            Reply(tool_calls=[ToolCall("population", {"town": "Graz"})]),
            Reply(output={"name": "Graz", "people": 1}),
            Reply(output={"name": "Graz", "people": "many"}),
            Reply(output={"name": "Graz", "people": 300_000}),
        ]
    )

    async def run() -> Town:
        agent = Agent(output_type=Town, tools=[population], retries=3)

        @agent.output_validator
        def _(town: Town) -> Town:
            if town.people == 1:
                raise ModelRetry("More than one.")
            return town

        return (await agent.run("Which?", model=opened(account))).output

    assert await run() == await run() == Town(name="Graz", people=300_000)
    assert len(provider.ledger.entries) == 4
    assert account.recalled == 4


async def test_text_sent_back_by_its_validator_is_replayed(start: Any, account: Any) -> None:
    provider, opened = await start([Reply("no"), Reply("yes")])

    async def run() -> str:
        agent = Agent(retries=2)

        @agent.output_validator
        def _(text: str) -> str:
            if text == "no":
                raise ModelRetry("Say yes.")
            return text

        return (await agent.run("Well?", model=opened(account))).output

    assert await run() == await run() == "yes"
    assert len(provider.ledger.entries) == 2


async def test_a_run_that_turned_to_another_model_is_replayed(
    scripted: Any, open_model: Any, account: Any
) -> None:
    """The library notes in each answer how long the failed attempt before it took."""

    def script(request: Any) -> Reply:
        if request.model == "one":
            return Reply(status=503, delay=0.01 * len(provider.ledger.entries))
        return Reply("no" if "Say yes" not in request.text else "yes")

    provider, _ = await scripted(script)

    async def run() -> str:
        agent = Agent(retries=2)

        @agent.output_validator
        def _(text: str) -> str:
            if text == "no":
                raise ModelRetry("Say yes.")
            return text

        model = open_model(
            provider, account, model_fallbacks=["openai-compatible:two"], model_retries=0
        )
        return (await agent.run("Well?", model=model)).output

    assert await run() == "yes"
    asked = len(provider.ledger.entries)
    assert await run() == "yes"
    assert account.ended.count("settled") == 2
    assert account.recalled == 2
    assert len(provider.ledger.entries) == asked, "the model that did not answer was asked again"


@pytest.mark.parametrize(
    "other",
    [
        {"model_settings": ModelSettings(extra_body={"user": "b"})},
        {"model_settings": ModelSettings(max_tokens=77)},
        {"instructions": "Be brief."},
        {"tools": [population]},
        {"output_type": Town},
        {"output_type": [str, Town]},
        {"system_prompt": "Be brief."},
    ],
)
async def test_what_is_asked_otherwise_is_bought(start: Any, account: Any, other: Any) -> None:
    provider, opened = await start(lambda request: answering(request, other))
    await Agent().run("Which?", model=opened(account))
    await Agent(**other).run("Which?", model=opened(account))
    assert len(provider.ledger.entries) == 2


def answering(request: Any, other: dict[str, Any]) -> Reply:
    if other.get("output_type") is Town and request.tools:
        return Reply(output={"name": "Graz", "people": 3})
    return Reply("Graz")


async def test_arguments_that_bear_volatile_names_are_not_overlooked(
    start: Any, account: Any
) -> None:
    """`state` is a field of the library's messages and may be one of a tool's as well."""
    provider, opened = await start([Reply("one"), Reply("two")])

    async def ask(state: str) -> str:
        history: list[ModelMessage] = [
            ModelRequest.user_text_prompt("Which?"),
            ModelResponse([ToolCallPart("look", {"state": state}, "id")]),
            ModelRequest.user_text_prompt("Well?"),
        ]
        response = await model_request(
            opened(account), history, model_request_parameters=ModelRequestParameters()
        )
        return str(response.text)

    assert await ask("Styria") == "one"
    assert await ask("Tyrol") == "two"
    assert await ask("Styria") == "one"
    sent = [json.dumps(entry.body) for entry in provider.ledger.entries]
    assert ["Styria" in body for body in sent] == [True, False]
