"""A Reflex Layer for tests: a raw TCP server that follows a script and can fail in every way.

    server.script(cut(), status(503), verdict())     # one step for each request, in order
    server.default = status(500)                     # what comes after the script

Every request is recorded in `server.requests`.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

Step = Callable[[asyncio.StreamWriter], Awaitable[None]]

CLEAN: dict[str, Any] = {
    "request_id": "0b9f0a52c0b14f5f8c5a6f3f7c1d2e3f",
    "status": "success",
    "pii_detected": False,
    "pii_matches": [],
    "injection_detected": False,
    "injection_matches": [],
    "injection_score": 0.0,
    "details": "nothing found",
    "cache_hit": False,
    "processing_time_ms": 0.4,
    "ruleset": "2026.11",
}
"""Our own service's verdict on a harmless text."""


@dataclass(frozen=True)
class Recorded:
    """A request as it came in. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedReflex:
    """To be used as an async context manager; listens on a free loopback port."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.default: Step = verdict()
        self.connections = 0
        self._steps: deque[Step] = deque()
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    def script(self, *steps: Step) -> None:
        self._steps.extend(steps)

    async def received(self, count: int) -> None:
        """Wait until `count` requests have come in."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing() and (request := await _read(reader)):
                step = self._steps.popleft() if self._steps else self.default
                async with self._arrived:
                    self.requests.append(request)
                    self._arrived.notify_all()
                if isinstance(step, Verdict) and request.path.endswith("/batch"):
                    step = step.for_each(request)
                await step(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client hung up, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Recorded | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Recorded(method, path, headers, body)


def response(code: int, body: bytes, headers: Mapping[str, str] = {}) -> bytes:
    """The bytes of an HTTP/1.1 response."""
    lines = {"Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {code} Scripted\r\n{head}\r\n".encode() + body


def status(code: int, body: bytes = b"{}", **headers: str) -> Step:
    """Answer with a status. `Retry_After="1"` gives the header `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(response(code, body, named))
        await writer.drain()

    return step


class Verdict:
    """Answers with one verdict: to one text, or to each of a batch."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        await status(200, json.dumps(self._answer).encode())(writer)

    def for_each(self, request: Recorded) -> Step:
        return results(*[self._answer] * len(request.json()["items"]))


def verdict(**changes: Any) -> Verdict:
    """Answer with our own service's verdict, with some members changed."""
    return Verdict(CLEAN | changes)


def results(*answers: Any) -> Step:
    """Answer a batch with these."""
    body = {"request_id": CLEAN["request_id"], "results": answers, "processing_time_ms": 0.4}
    return status(200, json.dumps(body).encode())


def after(event: asyncio.Event, step: Step) -> Step:
    """Do `step` once `event` is set."""

    async def waiting(writer: asyncio.StreamWriter) -> None:
        await event.wait()
        await step(writer)

    return waiting


def hang() -> Step:
    """Never answer."""
    return after(asyncio.Event(), verdict())


def cut(sent: bytes = b"") -> Step:
    """Close the connection after these bytes."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        writer.close()

    return step


def drip() -> Step:
    """Begin an answer and send one byte of its body after the other, without end."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(response(200, b"", {"Content-Length": "1000000"}))
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)  # the pace of the drip

    return step


def flood() -> Step:
    """Send a body without end, as fast as it is read."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Scripted\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()

    return step
