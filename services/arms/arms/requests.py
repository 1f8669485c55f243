"""Pure: what identifies a request to a model, and how many tokens its input counts at most."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import JsonValue, TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

_VOLATILE = frozenset(
    {"timestamp", "run_id", "conversation_id", "metadata", "provider_response_id", "state"}
)
"""What differs from run to run though a model is asked the same."""

_NOT_SENT = frozenset({"timeout", "max_retries", "extra_headers"})
_TOKENS_A_MESSAGE = 16
"""More than any chat format spends on the frame of a message, a part of it or a tool."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
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
        "messages": _lasting(ModelMessagesTypeAdapter.dump_python(list(messages), mode="json")),
        "settings": {k: v for k, v in sorted((settings or {}).items()) if k not in _NOT_SENT},
        "tools": [_tool(tool) for tool in _tools(parameters)],
        "output": _output(parameters),
    }
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def most_input_tokens(messages: Sequence[ModelMessage], parameters: ModelRequestParameters) -> int:
    """Return how many tokens a request's input can count at most.

    Tokenizers in use (byte-level BPE, SentencePiece with byte fallback) make at most one token of
    a byte in UTF-8. Each message, part and tool has a frame of its own on top.
    """
    dumped = _lasting(ModelMessagesTypeAdapter.dump_python(list(messages), mode="json"))
    frames = 1 + sum(1 + len(message.get("parts", [])) for message in dumped)
    tools = [_tool(tool) for tool in _tools(parameters)]
    texts = [_content_bytes(dumped), _json_bytes(tools), _json_bytes(_output(parameters))]
    return sum(texts) + _TOKENS_A_MESSAGE * (frames + len(tools))


def to_json(response: ModelResponse) -> dict[str, JsonValue]:
    """Return a response as JSON, to be kept: what no database holds is replaced by U+FFFD.

    A call that was paid for can be written down whatever its model said.
    """
    kept: dict[str, JsonValue] = _storable(_RESPONSE.dump_python(response, mode="json"))
    return kept


def from_json(kept: Mapping[str, JsonValue]) -> ModelResponse:
    """Return the response that was kept."""
    return _RESPONSE.validate_python(dict(kept))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _tools(parameters: ModelRequestParameters) -> list[ToolDefinition]:
    return [*parameters.function_tools, *parameters.output_tools]


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description or "",
        "parameters": tool.parameters_json_schema,
    }


def _output(parameters: ModelRequestParameters) -> dict[str, Any]:
    wanted = parameters.output_object
    return {"mode": parameters.output_mode, "object": asdict(wanted) if wanted else None}


def _lasting(value: Any) -> Any:
    """Return a dumped value without what differs from run to run."""
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if k not in _VOLATILE}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


def _content_bytes(value: Any) -> int:
    """Count the bytes of all texts in a dumped value, names of fields left out."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, dict):
        return sum(_content_bytes(item) for item in value.values())
    if isinstance(value, list):
        return sum(_content_bytes(item) for item in value)
    return 0 if value is None else len(str(value))


def _json_bytes(value: Any) -> int:
    return len(json.dumps(value, default=repr).encode("utf-8", "surrogatepass"))
