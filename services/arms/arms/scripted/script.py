"""What the provider is to answer: replies, and which of them a request gets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic.dataclasses import dataclass

from arms.scripted.request import ModelRequest

_STRICT = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=0)]
# A time; the name of a gate of the provider; or an event that the test sets.
Wait = Seconds | str | asyncio.Event


@dataclass(frozen=True, config=_STRICT)
class ToolCall:
    """A call of a function. `arguments` as a string is sent as it is, be it JSON or not."""

    name: str
    arguments: dict[str, JsonValue] | str = Field(default_factory=dict)


@dataclass(frozen=True, config=_STRICT)
class Reply:
    """One answer. Raises pydantic's ValidationError, a ValueError, where a value makes no sense.

    What it says
        `text`: the text; as a list, the chunks it is streamed in (by default a token each).
        `tool_calls`: functions to call, after the text.
        `output`: a structured output. It becomes a call of the request's output tool, whatever
        that is called, or JSON text where the request has none.
        `input_tokens`, `output_tokens`: the usage; counted by the rule of `tokens` if left out.

    When
        `delay`: before the first byte. `pace`: seconds between chunks. `gates`: what to wait for
        before the chunk of that number, counted from 0.

    How it fails
        `status` 400 or more, with OpenAI's error for it; `code` and `message` say another.
        `retry_after`: seconds, sent as the header. `cut_after`: chunks after which the connection
        is cut (0: before the first byte; more than there are: after them, before the end; an
        answer that is not streamed is cut half-way). `fades_after`: chunks after which a streamed
        chat completion ends as if it were whole, but with no reason why and no usage, as behind a
        gateway that lost its own connection. `hang`: never answers.

    Who gets it
        `when`: a text the request has, or a function of the request. `times`: how many requests
        get it; None means any number.
    """

    text: str | Sequence[str] = ""
    tool_calls: Sequence[ToolCall] = ()
    output: dict[str, JsonValue] | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    delay: Wait = 0.0
    pace: Seconds = 0.0
    gates: Mapping[int, Wait] = Field(default_factory=dict)
    status: Annotated[int, Field(ge=200, le=599)] = 200
    code: str | None = None
    message: str | None = None
    retry_after: Seconds | None = None
    cut_after: Annotated[int, Field(ge=0)] | None = None
    fades_after: Annotated[int, Field(ge=1)] | None = None
    hang: bool = False
    when: str | Callable[[ModelRequest], bool] | None = None
    times: Annotated[int, Field(ge=1)] | None = 1

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        says = bool(self.text or self.tool_calls or self.output is not None)
        if 200 < self.status < 400:
            raise ValueError("status is 200, or 400 and more")
        if self.fails and says:
            raise ValueError("a reply with an error status has no text, tool_calls or output")
        if not self.fails and (self.code or self.message or self.retry_after is not None):
            raise ValueError("code, message and retry_after belong to an error status")
        if self.output is not None and (self.text or self.tool_calls):
            raise ValueError("output stands alone: it becomes the text or the tool call itself")
        if self.hang and (says or self.fails or self.cut_after is not None):
            raise ValueError("a reply that hangs says nothing")
        return self

    @property
    def fails(self) -> bool:
        """Whether it is an error instead of an answer."""
        return self.status >= 400

    def suits(self, request: ModelRequest) -> bool:
        """Whether `when` holds for a request; without `when` it holds for all."""
        if isinstance(self.when, str):
            return self.when in request.text
        return self.when is None or self.when(request)


Script = Sequence[Reply] | Callable[[ModelRequest], Reply]


class Prompter:
    """Hands out the replies of a script.

    A request gets the first unused reply whose `when` holds for it; else the next unused one
    without `when`, in order; else the default.
    """

    def __init__(self, script: Script, default: Reply | None = None) -> None:
        self._function = script if callable(script) else None
        self._replies = [] if callable(script) else list(script)
        self._default = default
        self._used = [0] * len(self._replies)

    def choose(self, request: ModelRequest) -> Reply | None:
        """Return the reply and count it as used; None if there is none left and no default."""
        if self._function is not None:
            return self._function(request)
        # Those with `when` come first: sorting is stable, so each kind keeps its order.
        for at in sorted(range(len(self._replies)), key=lambda n: self._replies[n].when is None):
            reply = self._replies[at]
            if (reply.times is None or self._used[at] < reply.times) and reply.suits(request):
                self._used[at] += 1
                return reply
        return self._default

    @property
    def left(self) -> list[Reply]:
        """The replies that were not used as often as they may be; without those of any number."""
        return [
            reply
            for reply, used in zip(self._replies, self._used, strict=True)
            if reply.times is not None and used < reply.times
        ]
