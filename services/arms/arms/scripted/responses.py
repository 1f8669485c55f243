"""An answer in the format of Responses: one JSON object, or server-sent events.

Format: `openai.types.responses.Response` and its `…_event` modules, version 3 of the `openai`
package; the order of events as platform.openai.com/docs/api-reference/responses-streaming has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from pydantic import JsonValue

from arms.scripted.answer import Answer, Part
from arms.scripted.frames import Frame, event
from arms.scripted.request import Json, ModelRequest

Named = tuple[str, Json, str | None]

# What a response repeats of its request, and what it says where that had nothing.
_ECHOED: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
}


def whole(answer: Answer, request: ModelRequest) -> Json:
    """Return the response as one object."""
    output: list[JsonValue] = [_item(part, _end(answer), part.content) for part in answer.parts]
    reason: JsonValue = {"reason": "max_output_tokens"} if answer.cut_short else None
    ended = {
        "status": _end(answer),
        "incomplete_details": reason,
        "output": output,
        "usage": _usage(answer),
    }
    return _head(answer, request) | ended


def stream(answer: Answer, request: ModelRequest) -> Iterator[Frame]:
    """Yield the response as events, numbered from 0; the last has the whole response."""
    for number, (kind, body, says) in zip(count(), _events(answer, request), strict=False):
        yield event({"type": kind, "sequence_number": number, **body}, name=kind, says=says)


def _events(answer: Answer, request: ModelRequest) -> Iterator[Named]:
    head = _head(answer, request)
    yield "response.created", {"response": head}, None
    yield "response.in_progress", {"response": head}, None
    for index, part in enumerate(answer.parts):
        place: Json = {"output_index": index}
        added = _item(part, "in_progress", None)
        yield "response.output_item.added", {**place, "item": added}, None
        yield from (_text if part.kind == "text" else _call)(part, place)
        done = _item(part, _end(answer), part.content)
        yield "response.output_item.done", {**place, "item": done}, None
    yield f"response.{_end(answer)}", {"response": whole(answer, request)}, None


def _text(part: Part, place: Json) -> Iterator[Named]:
    where = {**place, "item_id": _item_id(part), "content_index": 0}
    yield "response.content_part.added", {**where, "part": _content("")}, None
    for text in part.chunks:
        yield "response.output_text.delta", {**where, "delta": text, "logprobs": []}, text
    yield "response.output_text.done", {**where, "text": part.content, "logprobs": []}, None
    yield "response.content_part.done", {**where, "part": _content(part.content)}, None


def _call(part: Part, place: Json) -> Iterator[Named]:
    where = {**place, "item_id": _item_id(part)}
    for text in part.chunks:
        yield "response.function_call_arguments.delta", {**where, "delta": text}, text
    done = {**where, "name": part.name, "arguments": part.content}
    yield "response.function_call_arguments.done", done, None


def _head(answer: Answer, request: ModelRequest) -> Json:
    asked = {name: value for name, value in request.body.items() if value is not None}
    echoed = {name: asked.get(name, usual) for name, usual in _ECHOED.items()}
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": answer.created,
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": answer.model,
        "output": [],
        "service_tier": "default",
        "usage": None,
        **echoed,
    }


def _item(part: Part, status: str, content: str | None) -> Json:
    """Return an item of the output; `content` is None when it has only begun."""
    item: Json = {"id": _item_id(part), "status": status}
    if part.kind == "call":
        called: Json = {"call_id": part.id, "name": part.name, "arguments": content or ""}
        return item | {"type": "function_call"} | called
    texts: list[JsonValue] = [] if content is None else [_content(content)]
    return item | {"type": "message", "role": "assistant", "content": texts}


def _item_id(part: Part) -> str:
    return f"fc_{part.id}" if part.kind == "call" else part.id


def _content(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _end(answer: Answer) -> str:
    return "incomplete" if answer.cut_short else "completed"


def _usage(answer: Answer) -> Json:
    return {
        "input_tokens": answer.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answer.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answer.input_tokens + answer.output_tokens,
    }
