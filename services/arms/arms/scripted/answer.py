"""What a reply comes to for one request: parts in chunks, within the client's limit of tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Literal

from arms.scripted import tokens
from arms.scripted.request import ModelRequest
from arms.scripted.script import Reply, ToolCall


@dataclass(frozen=True)
class Part:
    """A text, or the arguments of a call of the function `name`, in the chunks it is sent in."""

    kind: Literal["text", "call"]
    id: str
    chunks: tuple[str, ...]
    name: str = ""

    @property
    def content(self) -> str:
        return "".join(self.chunks)


@dataclass(frozen=True)
class Answer:
    """What is to be sent. `id` follows from the request's body; `cut_short`: the limit was met."""

    id: str
    model: str
    created: int
    parts: tuple[Part, ...]
    input_tokens: int
    output_tokens: int
    cut_short: bool = False

    @property
    def text(self) -> str:
        return "".join(part.content for part in self.parts if part.kind == "text")

    @property
    def calls(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.kind == "call")

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        """Characters of no chunk, of the first, of the first two and so on."""
        sizes = (len(chunk) for part in self.parts for chunk in part.chunks)
        return tuple(accumulate(sizes, initial=0))

    @property
    def chunks(self) -> int:
        """How many chunks there are in all."""
        return len(self._lengths) - 1

    def tokens_after(self, chunks: int) -> int:
        """Return the output tokens of the first so many chunks: their share of all, rounded up."""
        if chunks >= self.chunks:
            return self.output_tokens
        return -(-self.output_tokens * self._lengths[chunks] // self._lengths[-1])


def compose(reply: Reply, request: ModelRequest, *, seed: str, created: int) -> Answer:
    """Return what a reply comes to for a request.

    `seed` makes the ids; the same request gets the same ids, so that what follows from an answer
    is the same too when it is asked for again. `created` is Unix time in seconds.
    """
    parts = tuple(_parts(reply, request, seed))
    size = sum(len(part.content) for part in parts)
    output_tokens = sum(tokens.count(part.content) for part in parts)
    if reply.output_tokens is not None:
        output_tokens = reply.output_tokens
    answer = Answer(
        id=seed,
        model=request.model,
        created=created,
        parts=parts,
        input_tokens=request.input_tokens if reply.input_tokens is None else reply.input_tokens,
        output_tokens=output_tokens,
    )
    limit = request.limit
    if limit is None or output_tokens <= limit:
        return answer
    room = size * limit // output_tokens
    if reply.output_tokens is None and len(parts) == 1:
        room = limit * tokens.CHARACTERS
    return replace(answer, parts=_within(parts, room), output_tokens=limit, cut_short=True)


def _parts(reply: Reply, request: ModelRequest, seed: str) -> Iterator[Part]:
    text, calls = reply.text, list(reply.tool_calls)
    if reply.output is not None:
        tool = request.output_tool(reply.output)
        if tool is None:
            text = json.dumps(reply.output, ensure_ascii=False)
        else:
            calls.append(ToolCall(tool.name, reply.output))
    if text or not calls:
        chunks = tokens.split(text) if isinstance(text, str) else tuple(text)
        yield Part("text", f"msg_{seed}", chunks)
    for number, call in enumerate(calls):
        arguments = call.arguments
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        yield Part("call", f"call_{seed}_{number}", tokens.split(arguments), call.name)


def _within(parts: tuple[Part, ...], room: int) -> tuple[Part, ...]:
    """Cut parts to so many characters in all. What comes after is left out, as a model would."""
    before = accumulate((len(part.content) for part in parts), initial=0)
    kept: list[Part] = []
    for part, used in zip(parts, before, strict=False):
        if used < room or not kept:
            kept.append(replace(part, chunks=_shortened(part.chunks, max(0, room - used))))
    return tuple(kept)


def _shortened(chunks: tuple[str, ...], room: int) -> tuple[str, ...]:
    starts = accumulate((len(chunk) for chunk in chunks), initial=0)
    cut = (chunk[: max(0, room - start)] for chunk, start in zip(chunks, starts, strict=False))
    return tuple(chunk for chunk in cut if chunk)
