"""A process of many viewers of one task's events, each with a connection of its own.

Sockets and asyncio, as in `measures.load`. Reads what to do as JSON from stdin: `port`, `task_id`
and `viewers`. Says `watching` once all are, and in the end, as JSON, the seconds from when each
event was stored to when each viewer had it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import datetime
from typing import Final, TypedDict

from measures.load import LOOP

AT_A_TIME: Final = 50
"""Viewers that connect at once."""

LINE_LIMIT: Final = 1 << 20


class View(TypedDict):
    """What to watch."""

    port: int
    task_id: str
    viewers: int


class Told:
    """What the viewers have seen."""

    def __init__(self, viewers: int) -> None:
        self.left = viewers
        self.delays: list[float] = []
        self.all_watch = asyncio.Event()
        self._since = float("inf")

    def one_watches(self) -> None:
        self.left -= 1
        if not self.left:
            self._since = time.time()
            self.all_watch.set()

    def told(self, line: bytes) -> None:
        """Note how old an event is, if it was stored after all had begun to watch."""
        now, written = time.time(), json.loads(line.partition(b":")[2])["created_at"]
        stored = datetime.fromisoformat(written).timestamp()
        if stored > self._since:
            self.delays.append(now - stored)


async def watch(view: View, told: Told, turns: asyncio.Semaphore) -> None:
    """Read the task's events until the server ends the stream."""
    async with turns:
        reader, writer = await asyncio.open_connection("127.0.0.1", view["port"], limit=LINE_LIMIT)
        path = f"/tasks/{view['task_id']}/events"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise RuntimeError(answer.decode(errors="replace"))
    first = True
    while line := await reader.readline():
        if first and line.startswith(b"data:"):
            told.one_watches()
            first = False
        elif line.startswith(b"data:"):
            told.told(line)
        elif line == b"0\r\n":  # the last chunk
            break
    writer.close()


async def run(view: View) -> list[float]:
    """Return the delays of all events at all viewers, in seconds."""
    told, turns = Told(view["viewers"]), asyncio.Semaphore(AT_A_TIME)
    async with asyncio.TaskGroup() as group:
        for _ in range(view["viewers"]):
            group.create_task(watch(view, told, turns))
        await told.all_watch.wait()
        sys.stdout.write("watching\n")
        sys.stdout.flush()
    return told.delays


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=LOOP) as runner:
        sys.stdout.write(json.dumps(runner.run(run(json.loads(sys.stdin.readline())))))
