"""The house's processes, each in a place where another takes over when it dies."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from books import Books
from crowd import HANGS_AFTER, Crowd
from processes import Fleet, Program

Start = Callable[[], Awaitable[Program]]


@dataclass
class Place:
    """One process of the house, and how its successor is started."""

    kind: str
    program: Program
    start: Start

    async def kill(self, number: signal.Signals) -> int:
        """End the process with a signal and start another; return how the first one ended."""
        code = await self.program.ends(number)
        self.program = await self.start()
        return code


class Stage:
    """Starts what a test asks for. `reflex_url` may be set to something of the test's own."""

    def __init__(self, fleet: Fleet, books: Books) -> None:
        self.fleet, self.books = fleet, books
        self.reflex_url = ""
        self.urls: list[str] = []
        self.places: list[Place] = []
        self._stack = AsyncExitStack()

    async def close(self) -> None:
        await self._stack.aclose()

    async def up(self, *, apis: int = 1, workers: int = 1) -> Crowd:
        """Start a Reflex Layer unless there is one, then the rest; return clients of the APIs."""
        if not self.reflex_url:
            await self.reflex()
        async with asyncio.TaskGroup() as group:
            for _ in range(apis):
                group.create_task(self.api())
            for _ in range(workers):
                group.create_task(self.worker())
        return await self._stack.enter_async_context(Crowd(*self.urls))

    async def reflex(self, **settings: str) -> Place:
        self.fleet.environment |= settings
        program, self.reflex_url = await self.fleet.reflex()
        port = urlsplit(self.reflex_url).port or 0

        async def again() -> Program:
            return (await self.fleet.reflex(port))[0]

        return self._placed("reflex", program, again)

    async def api(self, **settings: str) -> Place:
        program, url = await self._serve("0", settings)
        self.urls.append(url)
        port = str(urlsplit(url).port)

        async def again() -> Program:
            return (await self._serve(port, settings))[0]

        return self._placed("api", program, again)

    async def _serve(self, port: str, settings: dict[str, str]) -> tuple[Program, str]:
        ours = {"OCTOLLM_REFLEX_URL": self.reflex_url} | settings
        program = await self.fleet.start("serve", "--port", port, **ours)
        return program, (await program.says(r"http://127\.0\.0\.1:\d+")).group()

    async def worker(self, **settings: str) -> Place:
        async def again() -> Program:
            ours = {"OCTOLLM_REFLEX_URL": self.reflex_url} | settings
            program = await self.fleet.start("worker", **ours)
            await program.says("worker started")
            return program

        return self._placed("worker", await again(), again)

    def _placed(self, kind: str, program: Program, start: Start) -> Place:
        place = Place(kind, program, start)
        self.places.append(place)
        return place

    async def http(self, number: int = 0) -> httpx2.AsyncClient:
        """Return a client of one of the APIs."""
        client = httpx2.AsyncClient(
            base_url=self.urls[number], timeout=HANGS_AFTER, trust_env=False
        )
        return await self._stack.enter_async_context(client)


async def task_of(http: httpx2.AsyncClient, task_id: str, wait: float = 0) -> dict[str, Any]:
    answer = await http.get(f"/tasks/{task_id}", params={"wait": wait})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def reaches(http: httpx2.AsyncClient, task_id: str, *statuses: str) -> dict[str, Any]:
    """Return the task once it is in one of these statuses."""
    async with asyncio.timeout(120):
        while (task := await task_of(http, task_id, wait=0.2))["status"] not in statuses:
            pass
    return task


async def answers_202(crowd: Crowd, number: int) -> None:
    """Return once the house accepts again."""
    async with asyncio.timeout(90):
        await crowd.submit(number)
