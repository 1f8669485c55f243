"""A provider that sends whatever bytes it is told, also what no provider should."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from scripted_models import roster

from app.vault import new_key

STREAM = "text/event-stream"


@dataclass
class RawProvider:
    """`requests` are the bodies it got, in order."""

    base_url: str = ""
    requests: list[bytes] = field(default_factory=list)


def said(text: str, usage: Any = None, finish: str | None = "stop") -> bytes:
    """Return a streamed answer of that text, whatever it and its usage are."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "raw"}
    delta = {"role": "assistant", "content": text}
    chunks: list[Mapping[str, Any]] = [
        {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]},
        {**chunk, "choices": [], "usage": usage},
    ]
    lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


@asynccontextmanager
async def raw_house(
    make_house: Any, answer: bytes, *, status: int = 200, **changes: Any
) -> AsyncIterator[tuple[Any, RawProvider]]:
    """Run a house and a worker whose arms ask a provider that always sends `answer`."""
    async with raw_provider(answer, status=status) as provider:
        changes = {"worker_stale": 60, "secret_key": new_key()} | changes
        house = await make_house(arms=roster(provider.base_url), **changes)
        house.start_worker()
        yield house, provider
        await house.stop_workers()


@asynccontextmanager
async def raw_provider(answer: bytes, *, status: int = 200) -> AsyncIterator[RawProvider]:
    """Serve `answer` to every request, on a loopback port."""
    provider = RawProvider()
    server = await asyncio.start_server(_serving(provider, answer, status), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    provider.base_url = f"http://{host}:{port}/v1"
    async with server:
        yield provider


def _serving(provider: RawProvider, answer: bytes, status: int) -> Callable[..., Any]:
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {STREAM}\r\nConnection: close\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        (length,) = [
            int(line.split(b":")[1])
            for line in asked.lower().splitlines()
            if line.startswith(b"content-length")
        ]
        provider.requests.append(await reader.readexactly(length))
        writer.write(f"{head}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()
        writer.close()

    return serve
