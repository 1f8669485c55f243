"""Servers that speak as Anthropic's and Google's do, as far as one question and its answer go.

Formats: docs.claude.com/en/api/messages, its streaming and its errors;
ai.google.dev/api/generate-content.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

WORDS = ("Six times seven ", "is 42.")
INPUT_TOKENS, OUTPUT_TOKENS = 30, 10


@dataclass(frozen=True)
class Asked:
    """What came: the path with its query, the headers by lower-case name, the body."""

    path: str
    headers: Mapping[str, str]
    body: Any

    @property
    def counts(self) -> bool:
        """Whether only the tokens are to be counted."""
        return "count" in self.path.lower()


@dataclass(frozen=True)
class Answer:
    """What is sent back, at once; a body that is not bytes goes as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Vendor = Callable[[Asked], Answer]


@dataclass
class Server:
    base_url: str
    asked: list[Asked] = field(default_factory=list)

    @property
    def calls(self) -> list[Asked]:
        """What was asked that is paid for."""
        return [one for one in self.asked if not one.counts]


@asynccontextmanager
async def serving(vendor: Vendor) -> AsyncIterator[Server]:
    """Serve a vendor on a loopback port, a connection for each request."""
    server = Server("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        server.asked.append(Asked(head.split(" ")[1], headers, json.loads(body or b"null")))
        answer = vendor(server.asked[-1])
        written = (
            answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        )
        kind = "text/event-stream" if isinstance(answer.body, bytes) else "application/json"
        told = {"content-type": kind, "content-length": len(written), "connection": "close"}
        said = "".join(
            f"{name}: {value}\r\n" for name, value in (told | dict(answer.headers)).items()
        )
        writer.write(f"HTTP/1.1 {answer.status} Told\r\n{said}\r\n".encode() + written)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    server.base_url = f"http://{host}:{port}"
    async with listening:
        yield server


def anthropic(asked: Asked, *, ends: bool = True) -> Answer:
    """Answer as the Messages API does; without `ends` the stream breaks off politely."""
    if asked.counts:
        return Answer({"input_tokens": INPUT_TOKENS})
    started = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked.body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1},
    }
    block = {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": started}]
    events.append({**block, "index": 0})
    for words in WORDS:
        delta = {"type": "text_delta", "text": words}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    if ends:
        stopped = {"stop_reason": "end_turn", "stop_sequence": None}
        events.append({"type": "content_block_stop", "index": 0})
        usage = {"output_tokens": OUTPUT_TOKENS}
        events.append({"type": "message_delta", "delta": stopped, "usage": usage})
        events.append({"type": "message_stop"})
    lines = (f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    return Answer("".join(lines).encode())


def anthropic_error(status: int, headers: Mapping[str, str] = {}) -> Answer:
    kinds = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
    error = {"type": kinds[status], "message": "canary-4711"}
    return Answer({"type": "error", "error": error, "request_id": "req_1"}, status, headers)


def google(asked: Asked, *, ends: bool = True) -> Answer:
    """Answer as the Gemini API does; without `ends` the stream breaks off politely."""
    if asked.counts:
        return Answer({"totalTokens": INPUT_TOKENS})
    chunks: list[dict[str, Any]] = []
    for number, words in enumerate(WORDS, 1):
        candidate = {"content": {"parts": [{"text": words}], "role": "model"}, "index": 0}
        written = OUTPUT_TOKENS * number // len(WORDS)
        usage = {
            "promptTokenCount": INPUT_TOKENS,
            "candidatesTokenCount": written,
            "totalTokenCount": INPUT_TOKENS + written,
        }
        chunks.append({"candidates": [candidate], "usageMetadata": usage, "responseId": "1"})
    if ends:
        chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    return Answer("".join(f"data: {json.dumps(one)}\r\n\r\n" for one in chunks).encode())


def google_error(status: int, headers: Mapping[str, str] = {}) -> Answer:
    kinds = {401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
    error = {"code": status, "message": "canary-4711", "status": kinds[status]}
    return Answer({"error": error}, status, headers)
