"""A process that sends requests over connections kept open, and says how long the answers took.

Sockets and asyncio, with requests made before the clock starts: an HTTP client's own work would
be measured with the server's. Reads what to do as JSON from stdin, writes times to stdout.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import count, islice
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, Final, NamedTuple, TypedDict

from measures.programs import Broken

LOOP: Final = import_module("uvloop" if find_spec("uvloop") else "asyncio").new_event_loop
"""The loop that uvicorn takes, which is faster where there is one."""

_LENGTH: Final = b"content-length:"
_NUMBERS: Final = count()
_CLOSED: Final = b"connection: close"


class Plan(TypedDict):
    """`bodies` are sent to `path` one after the other, by as many `clients` at a time, each to
    be answered `status`. With `every`, a request of a client is due so many seconds after its one
    before, and its time counts from then on, whenever it could be sent: who waits for a server that
    is behind has waited all the same. Without, each sends as soon as it is answered."""

    port: int
    method: str
    path: str
    status: int
    clients: int
    every: float
    warm: int
    bodies: list[str]


class Door(NamedTuple):
    """Where a task is handed in, and how. `{number}` in `body` makes each another one, in all plans
    of this process: a text that was seen before would be answered from the cache of verdicts."""

    method: str
    path: str
    status: int
    body: str

    def saying(self, body: Mapping[str, Any]) -> Door:
        """Return the same door for another body, in which `{number}` stands as here."""
        return self._replace(body=json.dumps(body))

    def plan(self, port: int, requests: int, clients: int, **more: float) -> Plan:
        """Return a plan of so many requests; `more` are `rate`, a second, and `warm`."""
        rate, warm = more.get("rate", 0.0), int(more.get("warm", 0))
        return Plan(
            port=port,
            method=self.method,
            path=self.path,
            status=self.status,
            clients=clients,
            every=clients / rate if rate else 0.0,
            warm=warm,
            bodies=[self._body(number) for number in islice(_NUMBERS, requests + warm)],
        )

    def _body(self, number: int) -> str:
        return self.body.replace("{number}", f"{number:08}")


SUBMIT: Final = Door(
    "POST",
    "/submit",
    202,
    json.dumps({"goal": "Summarise report {number} for the board, in three short paragraphs."}),
)
"""Ours, and those of peers that are APIs of one route."""


def request(method: str, path: str, body: bytes) -> bytes:
    """Return the bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes, wanted: bytes
) -> bool:
    """Send a request, read the whole answer, and return whether the server goes on listening.

    Raises RuntimeError for another status.
    """
    writer.write(sent)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if wanted not in head.partition(b"\r\n")[0]:
        raise RuntimeError(head.decode(errors="replace"))
    await reader.readexactly(int(head.partition(_LENGTH)[2].partition(b"\r\n")[0]))
    return _CLOSED not in head


async def client(plan: Plan, requests: list[bytes], start: float) -> list[float]:
    """Take requests from the common list until it is empty."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
    times = []
    wanted = b" %d " % plan["status"]
    due = perf_counter() + start
    while requests:
        if plan["every"]:
            await asyncio.sleep(max(0.0, due - perf_counter()))
        if requests:
            began = due if plan["every"] else perf_counter()
            if writer.is_closing():
                reader, writer = await asyncio.open_connection("127.0.0.1", plan["port"])
            if not await asked(reader, writer, requests.pop(), wanted):
                writer.close()
            times.append(perf_counter() - began)
        due += plan["every"]
    writer.close()
    return times


async def run(plan: Plan) -> dict[str, object]:
    """Carry out a plan; the first `warm` requests are not timed."""
    requests = [request(plan["method"], plan["path"], body.encode()) for body in plan["bodies"]]
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


def measured(plan: Plan) -> dict[str, float]:
    """Have a process of its own carry out a plan; return P50, P95 and P99 in seconds, and requests
    a second. Raises Broken with what that process said if it broke."""
    done = subprocess.run(
        [sys.executable, "-m", "measures.load"],
        input=json.dumps(plan),
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Broken(done.stderr[-2_000:])
    said = json.loads(done.stdout)
    cuts = quantiles(said["times"], n=100)
    rate = len(said["times"]) / said["seconds"]
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "per_second": rate}


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=LOOP) as runner:
        sys.stdout.write(json.dumps(runner.run(run(json.load(sys.stdin)))))
