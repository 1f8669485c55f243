"""A request to a model, read the same whichever of OpenAI's two formats it came in.

Formats: Chat Completions and Responses, as the `openai` package for Python sends them
(`openai.types.chat.completion_create_params`, `openai.types.responses.response_create_params`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from arms.scripted import tokens

Json = dict[str, JsonValue]
Api = Literal["chat", "responses"]

# What of a message is read as text; its other members say what kind of message it is.
_TEXTS = ("instructions", "content", "text", "output", "arguments", "refusal", "function")
_LISTS = ("messages", "input", "tool_calls")


@dataclass(frozen=True)
class Tool:
    """A function the client offers: its name, and the JSON schema of its arguments."""

    name: str
    parameters: Json

    def takes(self, arguments: Mapping[str, JsonValue]) -> bool:
        """Whether these arguments have the names the schema asks for; values are not checked."""
        known, required = self.parameters.get("properties"), self.parameters.get("required")
        names = set(known) if isinstance(known, dict) else set()
        needed = {str(name) for name in required} if isinstance(required, list) else set()
        return needed <= set(arguments) <= names


@dataclass(frozen=True)
class ModelRequest:
    """What a client asked of a model. Header names are in lower case; keys are left out."""

    api: Api
    body: Json
    headers: Mapping[str, str]

    @property
    def model(self) -> str:
        """The model that was named, or nothing."""
        model = self.body.get("model")
        return model if isinstance(model, str) else ""

    @property
    def stream(self) -> bool:
        """Whether the answer is to be sent as server-sent events."""
        return self.body.get("stream") is True

    @property
    def include_usage(self) -> bool:
        """Whether a streamed chat completion is to end with its usage."""
        return _member(self.body, "stream_options").get("include_usage") is True

    @property
    def limit(self) -> int | None:
        """The most output tokens the client takes, or None."""
        for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
            value = self.body.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    @cached_property
    def text(self) -> str:
        """Every text of instructions, messages, tool calls and their results, a line each."""
        return "\n".join(_texts({name: self.body.get(name) for name in (*_TEXTS, *_LISTS)}))

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """The functions that are offered, in the order of the request."""
        return tuple(_tools(self.body.get("tools")))

    @property
    def schema(self) -> Json:
        """The format asked of the text, as the request puts it; empty for plain text."""
        if self.api == "chat":
            asked = _member(self.body, "response_format")
        else:
            asked = _member(_member(self.body, "text"), "format")
        return {} if asked.get("type") == "text" else asked

    @cached_property
    def input_tokens(self) -> int:
        """Tokens of the texts, and of tools and format as JSON, by the rule of `tokens`."""
        shapes = (self.body.get("tools"), self.schema)
        return tokens.count(self.text) + sum(tokens.count(json.dumps(s)) for s in shapes if s)

    def output_tool(self, arguments: Mapping[str, JsonValue]) -> Tool | None:
        """Return the tool that takes a structured output, whatever it is called.

        It is the tool `tool_choice` names; or else the last that takes these arguments, because
        pydantic-ai lists its output tools after the functions. If none does, it is the last of
        all, which will refuse them; or None, where JSON is asked of the text or there is no tool.
        """
        choice = _member(self.body, "tool_choice")
        named = choice.get("name") or _member(choice, "function").get("name")
        if named:
            return next((tool for tool in self.tools if tool.name == named), None)
        fitting = [tool for tool in self.tools if tool.takes(arguments)]
        if not fitting and not self.schema:
            fitting = list(self.tools)
        return fitting[-1] if fitting else None


def _member(body: Mapping[str, JsonValue], name: str) -> Json:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name in (*_TEXTS, *_LISTS):
            yield from _texts(value.get(name))


def _tools(offered: JsonValue) -> Iterator[Tool]:
    """Read tools of both formats: chat wraps a function once more than Responses does."""
    for tool in offered if isinstance(offered, list) else []:
        if not isinstance(tool, dict) or tool.get("type") != "function":
            continue
        function = _member(tool, "function") or tool
        if isinstance(name := function.get("name"), str):
            yield Tool(name, _member(function, "parameters"))
