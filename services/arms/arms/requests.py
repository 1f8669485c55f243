"""Pure: what identifies a request to a model, and how many tokens its input counts at most."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import JsonValue, TypeAdapter
from pydantic_ai.messages import (
    BinaryContent,
    FilePart,
    FileUrl,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    SpeechPart,
    UploadedFile,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from octollm.fields import made_storable

_SENT_OF_MESSAGE = ("kind", "instructions", "parts")
"""The rest of a message is the library's own: times, ids of runs, attempts that failed before."""
_NOT_SENT_OF_PART = frozenset({"timestamp", "metadata"})
_NOT_SENT = frozenset({"timeout", "max_retries", "extra_headers"})

_TOKENS_A_MESSAGE = 16
"""More than any chat format spends on the frame of a message, a part of it or a tool."""
_TOKENS_OF_FEEDBACK = 256
"""More bytes than the library writes around what it says of an answer that cannot be used."""
_TOKENS_OF_TOOLS = 1_000
"""More than a provider adds where there are tools: several hundred tokens at Anthropic
(docs.claude.com, Pricing, Tool use pricing)."""
_TOKENS_OF_TEMPLATE = 512
"""More bytes than the library's templates that ask for JSON, without the schema."""

_RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)


def request_hash(
    model: str,
    messages: Sequence[ModelMessage],
    settings: Mapping[str, Any] | None,
    parameters: ModelRequestParameters,
) -> str:
    """Return the SHA-256 of a request: the same whenever a model is asked the same."""
    document = {
        "model": model,
        "messages": _storable(_sent(messages)),
        "settings": {k: v for k, v in sorted((settings or {}).items()) if k not in _NOT_SENT},
        "tools": [_tool(tool) for tool in parameters.function_tools],
        "output_tools": [_tool(tool) for tool in parameters.output_tools],
        "native_tools": [repr(tool) for tool in parameters.native_tools],
        "output": _output(parameters),
    }
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def most_input_tokens(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> int:
    """Return how many tokens a request's input can count at most, if it is all text.

    Tokenizers in use (byte-level BPE, SentencePiece with byte fallback) make at most one token of
    a byte in UTF-8. Each message, part and tool has a frame of its own on top.
    """
    sent = _sent(messages)
    parts = [part for message in sent for part in message["parts"]]
    tools = [_tool(tool) for tool in (*parameters.function_tools, *parameters.output_tools)]
    told = sum(_bytes(message["instructions"]) for message in sent)
    feedback = sum(1 for part in parts if part["part_kind"] == "retry-feedback")
    frames = 1 + len(sent) + len(parts) + len(tools)
    return (
        max(told, sum(_bytes(part.content) for part in parameters.instruction_parts or []))
        + sum(_bytes(value) for part in parts for value in part.values())
        + _bytes(tools)
        + _bytes(_output(parameters))
        + _TOKENS_A_MESSAGE * frames
        + _TOKENS_OF_FEEDBACK * feedback
        + (_TOKENS_OF_TOOLS if tools else 0)
        + (_TOKENS_OF_TEMPLATE if parameters.output_object else 0)
    )


def is_all_text(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> bool:
    """Say whether bytes bound the tokens of a request: not so with files, nor with a provider's
    own tools, which add to the input what they find."""
    return not parameters.native_tools and not any(
        isinstance(part, FilePart | SpeechPart) or _has_file(getattr(part, "content", None))
        for message in messages
        for part in message.parts
    )


def to_json(response: ModelResponse) -> dict[str, JsonValue]:
    """Return a response as JSON, to be kept; what a database cannot hold becomes U+FFFD."""
    kept: dict[str, JsonValue] = _storable(_RESPONSE.dump_python(response, mode="json"))
    return kept


def from_json(kept: Mapping[str, JsonValue]) -> ModelResponse:
    """Return the response that was kept. Raises pydantic's ValidationError if it is none."""
    return _RESPONSE.validate_python(dict(kept))


def _sent(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    """Return of each message what a model is given of it, as JSON."""
    dumped = ModelMessagesTypeAdapter.dump_python(list(messages), mode="json")
    sent = [{name: message.get(name) for name in _SENT_OF_MESSAGE} for message in dumped]
    for message in sent:
        message["parts"] = [
            {name: value for name, value in part.items() if name not in _NOT_SENT_OF_PART}
            for part in message["parts"]
        ]
    return sent


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description or "",
        "parameters": tool.parameters_json_schema,
        "strict": tool.strict,
    }


def _output(parameters: ModelRequestParameters) -> dict[str, Any]:
    wanted = parameters.output_object
    return {
        "mode": parameters.output_mode,
        "object": asdict(wanted) if wanted else None,
        "template": parameters.prompted_output_template,
        "text": parameters.allow_text_output,
        "image": parameters.allow_image_output,
    }


def _has_file(content: Any) -> bool:
    """Say whether a file stands in the content of a message, of a tool's answer too."""
    if isinstance(content, BinaryContent | FileUrl | UploadedFile):
        return True
    if isinstance(content, Mapping):
        return any(_has_file(item) for item in content.values())
    return isinstance(content, list | tuple) and any(_has_file(item) for item in content)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return made_storable(value)
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _bytes(value: Any) -> int:
    """Count the bytes a value is sent as: of a text its own, of anything else those of its JSON."""
    if value is None:
        return 0
    text = value if isinstance(value, str) else json.dumps(value, default=repr, ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))
