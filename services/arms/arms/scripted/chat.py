"""An answer in the format of Chat Completions: one JSON object, or server-sent events.

Format: `openai.types.chat.ChatCompletion` and `ChatCompletionChunk`, version 3 of the `openai`
package; the order of events as platform.openai.com/docs/api-reference/chat-streaming has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from arms.scripted.answer import Answer, Part
from arms.scripted.frames import Frame, event
from arms.scripted.request import Json, ModelRequest

DONE = Frame(b"data: [DONE]\n\n")


def whole(answer: Answer, request: ModelRequest) -> Json:
    """Return the completion as one object."""
    message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.calls:
        message["tool_calls"] = [_call(part, part.content) for part in answer.calls]
    else:
        message["content"] = answer.text
    choice: Json = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish(answer),
    }
    return _head(answer, "chat.completion") | {"choices": [choice], "usage": _usage(answer)}


def stream(answer: Answer, request: ModelRequest) -> Iterator[Frame]:
    """Yield the completion as events; the last but one has the usage if the client asked."""
    asked = request.include_usage
    yield _chunk(answer, {"role": "assistant", "content": ""}, asked=asked)
    for part in answer.parts:
        if part.kind == "call":
            number = answer.calls.index(part)
            named: Json = {"index": number, **_call(part, "")}
            yield _chunk(answer, {"tool_calls": [named]}, asked=asked)
        for text in part.chunks:
            delta: Json = {"content": text}
            if part.kind == "call":
                delta = {"tool_calls": [{"index": number, "function": {"arguments": text}}]}
            yield _chunk(answer, delta, asked=asked, says=text)
    yield _chunk(answer, {}, finish=_finish(answer), asked=asked)
    if asked:
        head = _head(answer, "chat.completion.chunk")
        yield event(head | {"choices": [], "usage": _usage(answer)})
    yield DONE


def _head(answer: Answer, kind: str) -> Json:
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": kind,
        "created": answer.created,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    }


def _chunk(
    answer: Answer, delta: Json, *, asked: bool, finish: str | None = None, says: str | None = None
) -> Frame:
    choice: Json = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    body = _head(answer, "chat.completion.chunk") | {"choices": [choice]}
    if asked:
        body["usage"] = None  # every chunk has the member then, and only the last a value
    return event(body, says=says)


def _call(part: Part, arguments: str) -> Json:
    function: Json = {"name": part.name, "arguments": arguments}
    return {"id": part.id, "type": "function", "function": function}


def _finish(answer: Answer) -> str:
    if answer.cut_short:
        return "length"
    return "tool_calls" if answer.calls else "stop"


def _usage(answer: Answer) -> Json:
    return {
        "prompt_tokens": answer.input_tokens,
        "completion_tokens": answer.output_tokens,
        "total_tokens": answer.input_tokens + answer.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }
