"""Agents of pydantic-ai that ask the scripted provider, in both formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.exceptions import ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

from arms.scripted import Reply, ToolCall

MakeModel = Callable[[AsyncOpenAI], Model]


def chat(openai: AsyncOpenAI) -> Model:
    return OpenAIChatModel("gpt-4o", provider=OpenAIProvider(openai_client=openai))


def responses(openai: AsyncOpenAI) -> Model:
    return OpenAIResponsesModel("gpt-4o", provider=OpenAIProvider(openai_client=openai))


both = pytest.mark.parametrize("model", [chat, responses])


class City(BaseModel):
    name: str
    people: int


class Village(BaseModel):
    name: str
    cows: int


GRAZ = Reply(output={"name": "Graz", "people": 300_000}, input_tokens=50, output_tokens=20)


@both
async def test_an_agent_gets_typed_output_and_its_usage(scripted: Any, model: MakeModel) -> None:
    provider, openai = await scripted([GRAZ])
    ran = await Agent(model(openai), output_type=City).run("Which city?")
    assert ran.output == City(name="Graz", people=300_000)
    assert (ran.usage.input_tokens, ran.usage.output_tokens) == (50, 20)
    (entry,) = provider.ledger.requests_containing("Which city?")
    assert entry.completed


@both
async def test_of_several_output_tools_the_one_that_fits_is_called(
    scripted: Any, model: MakeModel
) -> None:
    _, openai = await scripted([GRAZ])
    agent = Agent[None, Any](model(openai), output_type=[City, Village])  # type: ignore[list-item] # mypy joins the two to BaseModel
    assert (await agent.run("Where?")).output == City(name="Graz", people=300_000)


@both
async def test_native_output_is_asked_for_by_a_schema(scripted: Any, model: MakeModel) -> None:
    _, openai = await scripted([GRAZ])
    ran = await Agent(model(openai), output_type=NativeOutput(City)).run("Which city?")
    assert ran.output == City(name="Graz", people=300_000)


@both
async def test_typed_output_is_streamed(scripted: Any, model: MakeModel) -> None:
    _, openai = await scripted([GRAZ])
    async with Agent(model(openai), output_type=City).run_stream("Which city?") as ran:
        drafts = [draft async for draft in ran.stream_output(debounce_by=None)]
        usage = ran.usage
    assert drafts[-1] == City(name="Graz", people=300_000)
    assert (usage.input_tokens, usage.output_tokens) == (50, 20)


@both
async def test_text_is_streamed(scripted: Any, model: MakeModel) -> None:
    _, openai = await scripted([Reply(["Hello ", "there", "!"])])
    async with Agent(model(openai)).run_stream("Hi") as ran:
        said = [text async for text in ran.stream_text(delta=True, debounce_by=None)]
    assert said == ["Hello ", "there", "!"]


@both
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_is_called_and_its_result_comes_back(
    scripted: Any, model: MakeModel, streamed: bool
) -> None:
    script = [
        Reply(tool_calls=[ToolCall("weather", {"city": "Graz"})]),
        Reply("Take a hat.", when="sunny in Graz"),
    ]
    provider, openai = await scripted(script)
    agent = Agent(model(openai))

    @agent.tool_plain
    def weather(city: str) -> str:
        return f"sunny in {city}"

    if streamed:
        async with agent.run_stream("What shall I wear?") as ran:
            assert await ran.get_output() == "Take a hat."
    else:
        assert (await agent.run("What shall I wear?")).output == "Take a hat."
    assert provider.left == []


@both
async def test_output_that_does_not_fit_is_asked_for_again(scripted: Any, model: MakeModel) -> None:
    wrong = Reply(output={"name": "Graz", "people": "many"})
    provider, openai = await scripted([wrong, GRAZ])
    ran = await Agent(model(openai), output_type=City).run("Which city?")
    assert ran.output.people == 300_000
    assert len(provider.ledger.calls) == 2


@both
async def test_an_answer_that_was_cut_short_is_seen_as_such(
    scripted: Any, model: MakeModel
) -> None:
    _, openai = await scripted(default=GRAZ)
    agent = Agent(model(openai), output_type=City, model_settings={"max_tokens": 16})
    with pytest.raises(UnexpectedModelBehavior, match="token limit"):
        await agent.run("Which city?")


@both
async def test_an_error_keeps_its_status(scripted: Any, model: MakeModel) -> None:
    _, openai = await scripted([Reply(status=429, retry_after=3)])
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(model(openai)).run("Hi")
    assert caught.value.status_code == 429


async def test_the_input_is_counted_before_it_is_sent(scripted: Any) -> None:
    provider, openai = await scripted([Reply("Hello")])
    model = responses(openai)
    ran = await Agent(model).run("How many tokens have I?")
    counted = await model.count_tokens(ran.all_messages()[:1], None, ModelRequestParameters())
    assert counted.input_tokens == ran.usage.input_tokens == 6
    assert [entry.is_call for entry in provider.ledger.entries] == [True, False]
