"""What a request is known by, and that its bytes are never fewer than its tokens."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryFeedbackPart,
    RetryInfo,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.tools import ToolDefinition

from arms.requests import from_json, most_input_tokens, request_hash, to_json
from arms.scripted import Reply

NONE = ModelRequestParameters()
TEXT = st.text(min_size=1, max_size=200)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(TEXT | st.sampled_from(["state", "metadata", "timestamp"]), JSON)


def tool(name: str = "look", **changes: Any) -> ToolDefinition:
    schema = {"type": "object", "properties": {"town": {"type": "string"}}}
    return ToolDefinition(name=name, **({"parameters_json_schema": schema} | changes))


def conversation(text: str, arguments: Any, found: Any) -> list[ModelMessage]:
    return [
        ModelRequest(
            [SystemPromptPart("Be brief."), UserPromptPart([text, text])], instructions=text
        ),
        ModelResponse([TextPart(text), ToolCallPart("look", arguments, "one")]),
        ModelRequest([ToolReturnPart("look", found, "one")]),
        ModelResponse([TextPart(text)]),
        ModelRequest([RetryFeedbackPart(text, retry=RetryInfo("model_retry"))]),
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXT, arguments=ARGUMENTS | st.none() | TEXT.map(json.dumps), found=JSON)
async def test_what_is_sent_has_no_more_bytes_than_were_counted(
    text: str, arguments: Any, found: Any, scripted: Any, make_models: Any
) -> None:
    """A token is at least a byte, whichever tokenizer a provider has."""
    provider, _ = await scripted([Reply("yes")])
    models = make_models(provider)
    messages = conversation(text, arguments, found)
    parameters = ModelRequestParameters(
        function_tools=[tool()], output_tools=[tool("done", description=text)]
    )
    ((model, _),) = models.each()
    await model_request(model, messages, model_request_parameters=parameters)
    await models.aclose()
    sent = await provider.ledger.received(1)
    most = most_input_tokens(messages, parameters)
    assert most >= sent_bytes(sent.body)
    assert most >= sent.input_tokens > 0


def sent_bytes(body: Any) -> int:
    """Count the bytes of what a model reads of a request to chat completions."""
    read = [str(message.get("content") or "") for message in body["messages"]]
    read += [
        call["function"]["name"] + call["function"]["arguments"]
        for message in body["messages"]
        for call in message.get("tool_calls") or []
    ]
    read += [tool["function"].get("description") or "" for tool in body.get("tools", [])]
    return sum(len(text.encode()) for text in read)


async def test_the_template_that_asks_for_json_is_counted(scripted: Any, make_models: Any) -> None:
    provider, _ = await scripted([Reply("{}")])
    ((model, _),) = make_models(provider).each()
    wanted = OutputObjectDefinition({"type": "object", "properties": {}}, name="x")
    parameters = ModelRequestParameters(output_mode="prompted", output_object=wanted)
    messages: list[ModelMessage] = [ModelRequest.user_text_prompt("Hi")]
    await model_request(model, messages, model_request_parameters=parameters)
    sent = await provider.ledger.received(1)
    assert most_input_tokens(messages, parameters) >= sent_bytes(sent.body) > 150


async def asked_with(parameters: ModelRequestParameters, **settings_: Any) -> str:
    await asyncio.sleep(0)
    return request_hash("m", [ModelRequest.user_text_prompt("Hi")], settings_, parameters)


OTHERS = [
    ModelRequestParameters(function_tools=[tool()]),
    ModelRequestParameters(output_tools=[tool()]),
    ModelRequestParameters(function_tools=[tool("other")]),
    ModelRequestParameters(function_tools=[tool(description="other")]),
    ModelRequestParameters(function_tools=[tool(strict=True)]),
    ModelRequestParameters(function_tools=[tool(parameters_json_schema={"type": "object"})]),
    ModelRequestParameters(output_object=OutputObjectDefinition({"type": "object"})),
    ModelRequestParameters(output_object=OutputObjectDefinition({"type": "object"}, strict=True)),
    ModelRequestParameters(output_mode="native"),
    ModelRequestParameters(allow_text_output=False),
    ModelRequestParameters(prompted_output_template="{schema}"),
]


async def test_each_shape_of_tools_and_output_has_a_hash_of_its_own() -> None:
    hashes = [await asked_with(parameters) for parameters in (NONE, *OTHERS)]
    hashes += [await asked_with(NONE, temperature=t) for t in (0, 1)]
    assert len(set(hashes)) == len(hashes)


async def test_how_a_request_is_carried_is_no_part_of_what_is_asked() -> None:
    carried = await asked_with(NONE, timeout=3, max_retries=1, extra_headers={"a": "b"})
    assert carried == await asked_with(NONE)


def test_times_and_ids_of_runs_are_no_part_of_what_is_asked() -> None:
    def at(year: int) -> list[ModelMessage]:
        when = datetime(year, 1, 1, tzinfo=UTC)
        run: dict[str, Any] = {
            "run_id": f"r{year}",
            "conversation_id": f"c{year}",
            "timestamp": when,
        }
        return [
            ModelRequest([UserPromptPart("Hi", timestamp=when)], **run),
            ModelResponse([TextPart("yes")], provider_response_id=f"p{year}", **run),
            ModelRequest([ToolReturnPart("look", {}, "one", timestamp=when)], **run),
        ]

    assert request_hash("m", at(2026), {}, NONE) == request_hash("m", at(2027), {}, NONE)
    assert request_hash("m", at(2026), {}, NONE) != request_hash("n", at(2026), {}, NONE)


@given(arguments=ARGUMENTS, other=ARGUMENTS)
def test_other_arguments_are_another_request(
    arguments: dict[str, Any], other: dict[str, Any]
) -> None:
    hashes = [
        request_hash("m", [ModelResponse([ToolCallPart("look", given, "one")])], {}, NONE)
        for given in (arguments, other)
    ]
    same = json.dumps(arguments, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (hashes[0] == hashes[1]) == same


@given(st.text(st.characters(codec=None), max_size=50), ARGUMENTS)
@example(text="\x00", arguments={})
@example(text="\\u0000", arguments={})
def test_a_response_comes_back_as_it_was_kept(text: str, arguments: dict[str, Any]) -> None:
    response = ModelResponse([TextPart(text), ToolCallPart("look", arguments, "one")])
    kept = to_json(response)
    written = json.dumps(kept).replace("\\\\", "")  # without the backslashes that are text
    assert "\\u0000" not in written
    json.dumps(kept, ensure_ascii=False).encode()
    again: list[ModelMessage] = [from_json(json.loads(json.dumps(kept)))]
    assert request_hash("m", again, {}, NONE) == request_hash("m", [response], {}, NONE)


@pytest.mark.parametrize("text", ["", "a", "ä", "😀", "\ud800", "\x00", "\n\t"])
def test_any_text_can_be_counted_and_known(text: str) -> None:
    messages: list[ModelMessage] = [ModelRequest.user_text_prompt(text)]
    assert most_input_tokens(messages, NONE) >= len(text.encode("utf-8", "surrogatepass"))
    assert len(request_hash("m", messages, {"stop": [text]}, NONE)) == 64
