"""The scripted provider as the official client of Responses sees it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from arms.scripted import Reply, ToolCall

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}


async def test_a_response_says_its_text_and_its_usage(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello there!", input_tokens=40)])
    done = await openai.responses.create(model="m", input="Say hello.", temperature=0)
    assert (done.output_text, done.status, done.temperature) == ("Hello there!", "completed", 0)
    usage = done.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (40, 3, 43)


async def test_a_stream_ends_with_the_response(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello there!")])
    async with openai.responses.stream(model="m", input="Say hello.") as stream:
        events = [event async for event in stream]
        done = await stream.get_final_response()
    deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert deltas == ["Hell", "o th", "ere!"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert (done.output_text, done.usage.total_tokens) == ("Hello there!", 6)


async def test_functions_are_called_after_the_text(scripted: Any) -> None:
    reply = Reply("Let me see.", tool_calls=[ToolCall("weather", {"city": "Graz"})])
    _, openai = await scripted([reply])
    done = await openai.responses.create(model="m", input="Hi", tools=[WEATHER])
    message, call = done.output
    assert message.content[0].text == "Let me see."
    assert (call.type, call.name) == ("function_call", "weather")
    assert json.loads(call.arguments) == {"city": "Graz"}


async def test_streamed_calls_add_up_to_what_was_scripted(scripted: Any) -> None:
    calls = [ToolCall("weather", {"city": "Graz"}), ToolCall("weather", {"city": "Linz"})]
    _, openai = await scripted([Reply(tool_calls=calls)])
    async with openai.responses.stream(model="m", input="Hi", tools=[WEATHER]) as stream:
        events = [event async for event in stream]
        done = await stream.get_final_response()
    snapshots = [e.snapshot for e in events if e.type == "response.function_call_arguments.delta"]
    assert snapshots[-1] == '{"city": "Linz"}'
    assert [json.loads(call.arguments)["city"] for call in done.output] == ["Graz", "Linz"]


async def test_the_limit_of_tokens_leaves_the_response_incomplete(scripted: Any) -> None:
    _, openai = await scripted([Reply("A long answer.")] * 2)
    done = await openai.responses.create(model="m", input="Hi", max_output_tokens=2)
    stream = await openai.responses.create(model="m", input="Hi", max_output_tokens=2, stream=True)
    *_, last = [event async for event in stream]
    assert last.type == "response.incomplete"
    for response in (done, last.response):
        assert (response.status, response.output_text) == ("incomplete", "A long a")
        assert response.incomplete_details.reason == "max_output_tokens"
        assert response.usage.output_tokens == 2


class City(BaseModel):
    name: str
    people: int


async def test_structured_output_is_json_where_a_schema_is_asked_for(scripted: Any) -> None:
    _, openai = await scripted([Reply(output={"name": "Graz", "people": 300_000})])
    done = await openai.responses.parse(model="m", input="Hi", text_format=City)
    assert done.output_parsed == City(name="Graz", people=300_000)


async def test_input_tokens_are_counted_as_they_will_be_billed(scripted: Any) -> None:
    provider, openai = await scripted([Reply("Hello")])
    asked = {
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Graz?"}]},
            {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "sunny"},
        ],
        "tools": [WEATHER],
    }
    counted = await openai.responses.input_tokens.count(**asked)
    done = await openai.responses.create(**asked)
    texts = len("Be brief.\nGraz?\n{}\nsunny")
    assert counted.input_tokens == -(-texts // 4) + -(-len(json.dumps([WEATHER])) // 4)
    assert counted.input_tokens == done.usage.input_tokens
    assert [entry.path for entry in provider.ledger.calls] == ["/v1/responses"]
