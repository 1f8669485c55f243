"""The scripted provider as the official client of Chat Completions sees it."""

from __future__ import annotations

import json
from typing import Any

from openai.types.chat import ChatCompletionUserMessageParam
from pydantic import BaseModel

from arms.scripted import Reply, ToolCall

HI: list[ChatCompletionUserMessageParam] = [{"role": "user", "content": "Say hello."}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}


async def test_a_completion_says_its_text_and_its_usage(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello there!")])
    done = await openai.chat.completions.create(model="m", messages=HI)
    assert done.choices[0].message.content == "Hello there!"
    assert done.choices[0].finish_reason == "stop"
    assert done.model == "m"
    usage = done.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 3, 6)


async def test_a_stream_comes_a_token_at_a_time_and_ends_with_its_usage(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello there!")])
    stream = await openai.chat.completions.create(
        model="m", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = [chunk async for chunk in stream]
    said = [chunk.choices[0].delta.content for chunk in chunks]
    assert said == ["", "Hell", "o th", "ere!", None]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (last.choices, last.usage.total_tokens) == ([], 6)
    assert all(chunk.usage is None for chunk in chunks)


async def test_a_stream_has_the_usage_only_if_it_was_asked_for(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello")])
    stream = await openai.chat.completions.create(model="m", messages=HI, stream=True)
    assert [chunk.usage async for chunk in stream] == [None] * 4


async def test_a_text_can_be_given_in_chunks(scripted: Any) -> None:
    _, openai = await scripted([Reply(["Hello ", "world"])])
    stream = await openai.chat.completions.create(model="m", messages=HI, stream=True)
    said = [chunk.choices[0].delta.content async for chunk in stream]
    assert said == ["", "Hello ", "world", None]


async def test_tools_are_called_after_the_text(scripted: Any) -> None:
    calls = [ToolCall("weather", {"city": "Graz"}), ToolCall("weather", '{"city": broken')]
    _, openai = await scripted([Reply("Let me see.", tool_calls=calls)])
    done = await openai.chat.completions.create(model="m", messages=HI, tools=[WEATHER])
    message = done.choices[0].message
    assert message.content == "Let me see."
    assert [(call.type, call.function.name) for call in message.tool_calls] == [
        ("function", "weather"),
        ("function", "weather"),
    ]
    assert [c.function.arguments for c in message.tool_calls] == [
        '{"city": "Graz"}',
        '{"city": broken',
    ]
    assert len({call.id for call in message.tool_calls}) == 2
    assert done.choices[0].finish_reason == "tool_calls"


async def test_streamed_calls_add_up_to_what_was_scripted(scripted: Any) -> None:
    calls = [ToolCall("weather", {"city": "Graz"}), ToolCall("weather", {"city": "Linz"})]
    _, openai = await scripted([Reply(tool_calls=calls)])
    asked = openai.chat.completions.stream(model="m", messages=HI, tools=[WEATHER])
    async with asked as stream:
        done = await stream.get_final_completion()
    called = [json.loads(c.function.arguments) for c in done.choices[0].message.tool_calls]
    assert called == [{"city": "Graz"}, {"city": "Linz"}]


async def test_the_limit_of_tokens_cuts_the_answer_short(scripted: Any) -> None:
    long, dear = Reply("A long answer."), Reply("A long answer.", output_tokens=100)
    _, openai = await scripted([long, dear, Reply("Short")])
    answers = [
        await openai.chat.completions.create(model="m", messages=HI, max_completion_tokens=limit)
        for limit in (2, 50, 50)
    ]
    assert [a.choices[0].message.content for a in answers] == ["A long a", "A long ", "Short"]
    assert [a.choices[0].finish_reason for a in answers] == ["length", "length", "stop"]
    assert [a.usage.completion_tokens for a in answers] == [2, 50, 2]


async def test_the_older_name_of_the_limit_holds_for_streamed_calls_too(scripted: Any) -> None:
    provider, openai = await scripted([Reply(tool_calls=[ToolCall("weather", {"city": "Graz"})])])
    stream = await openai.chat.completions.create(
        model="m", messages=HI, tools=[WEATHER], max_tokens=3, stream=True
    )
    chunks = [chunk.choices[0] async for chunk in stream]
    calls = [call for chunk in chunks for call in chunk.delta.tool_calls or ()]
    assert "".join(call.function.arguments for call in calls) == '{"city": "Gr'
    assert chunks[-1].finish_reason == "length"
    assert provider.ledger.calls[0].output_tokens == 3


async def test_a_limit_drops_what_would_come_after_it(scripted: Any) -> None:
    _, openai = await scripted([Reply("12345678", tool_calls=[ToolCall("weather", {"city": "G"})])])
    done = await openai.chat.completions.create(model="m", messages=HI, max_tokens=1)
    assert done.choices[0].message.tool_calls is None
    assert "12345678".startswith(done.choices[0].message.content)


class City(BaseModel):
    name: str
    people: int


async def test_structured_output_is_json_where_a_schema_is_asked_for(scripted: Any) -> None:
    _, openai = await scripted([Reply(output={"name": "Graz", "people": 300_000})])
    done = await openai.chat.completions.parse(model="m", messages=HI, response_format=City)
    assert done.choices[0].message.parsed == City(name="Graz", people=300_000)


async def test_structured_output_is_a_call_of_the_tool_that_takes_it(scripted: Any) -> None:
    answer = City.model_json_schema()
    answers = {"type": "function", "function": {"name": "hand_in", "parameters": answer}}
    _, openai = await scripted([Reply(output={"name": "Graz", "people": 300_000})])
    done = await openai.chat.completions.create(model="m", messages=HI, tools=[answers, WEATHER])
    (call,) = done.choices[0].message.tool_calls
    assert call.function.name == "hand_in"
    assert City.model_validate_json(call.function.arguments).name == "Graz"


async def test_structured_output_that_fits_no_tool_goes_to_the_last(scripted: Any) -> None:
    other = {"type": "function", "function": {"name": "other", "parameters": SCHEMA}}
    provider, openai = await scripted([Reply(output={"wrong": 1})])
    done = await openai.chat.completions.create(model="m", messages=HI, tools=[WEATHER, other])
    assert done.choices[0].message.tool_calls[0].function.name == "other"
    assert provider.left == []


async def test_the_tool_that_was_chosen_takes_it_even_if_it_does_not_fit(scripted: Any) -> None:
    _, openai = await scripted([Reply(output={"wrong": 1})])
    choice = {"type": "function", "function": {"name": "weather"}}
    done = await openai.chat.completions.create(
        model="m", messages=HI, tools=[WEATHER], tool_choice=choice
    )
    assert done.choices[0].message.tool_calls[0].function.name == "weather"
