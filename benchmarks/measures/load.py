"""A process that asks `POST /process` over connections kept open, and says how long it took.

Sockets and asyncio, with requests made before the clock starts: an HTTP client's own work would
be measured with the server's. Reads what to do as JSON from stdin, writes times to stdout.
"""

from __future__ import annotations

import asyncio
import json
import sys
from importlib import import_module
from importlib.util import find_spec
from time import perf_counter
from typing import Final, TypedDict

LOOP: Final = import_module("uvloop" if find_spec("uvloop") else "asyncio").new_event_loop
"""The loop that uvicorn takes, which is faster where there is one."""

_LENGTH: Final = b"content-length:"


class Plan(TypedDict):
    """`texts` are sent one after the other, by as many `clients` at a time. With `every`, each
    client waits so many seconds from the start of a request to its next, else not at all."""

    port: int
    clients: int
    every: float
    warm: int
    texts: list[str]


def request(text: str) -> bytes:
    """Return the bytes of a request."""
    body = json.dumps({"text": text}).encode()
    head = "POST /process HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> float:
    """Send a request, read the whole answer and return the seconds it took."""
    began = perf_counter()
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(head.decode(errors="replace"))
    await reader.readexactly(int(head.partition(_LENGTH)[2].partition(b"\r\n")[0]))
    return perf_counter() - began


async def client(plan: Plan, requests: list[bytes], start: float) -> list[float]:
    """Take requests from the common list until it is empty."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
    times = []
    due = perf_counter() + start
    while requests:
        if plan["every"]:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            due += plan["every"]
        if requests:
            times.append(await asked(reader, writer, requests.pop()))
    writer.close()
    return times


async def run(plan: Plan) -> dict[str, object]:
    """Carry out a plan; the first `warm` requests are not timed."""
    requests = [request(text) for text in plan["texts"]]
    first, rest = requests[: plan["warm"]], requests[plan["warm"] :]
    await _together(plan | {"every": 0.0}, first)
    began = perf_counter()
    times = await _together(plan, rest)
    return {"seconds": perf_counter() - began, "times": times}


async def _together(plan: Plan, requests: list[bytes]) -> list[float]:
    number = plan["clients"]
    starts = [plan["every"] * place / number for place in range(number)]
    lists = await asyncio.gather(*(client(plan, requests, start) for start in starts))
    return [time for times in lists for time in times]


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=LOOP) as runner:
        sys.stdout.write(json.dumps(runner.run(run(json.load(sys.stdin)))))
