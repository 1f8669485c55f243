"""Clients that behave as the documentation asks: an idempotency key each, and again after a 503."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any, Self

import httpx2

HANGS_AFTER = 20.0
"""Seconds without an answer that count as a hang; every test sets the house's time-outs below."""

PAUSE = 0.25
"""Between two tries, far below what Retry-After asks for: the crowd is to press."""

Body = Callable[[int], dict[str, Any]]


def words(number: int) -> dict[str, Any]:
    return {"goal": f"Count the words of report {number}."}


def mixed(number: int) -> dict[str, Any]:
    """Return a body: mostly digests, and every fourth a drill of up to two seconds."""
    if number % 4:
        return words(number)
    seconds = (number % 3) * 0.9 + 0.2
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": seconds}}


class Crowd:
    """Submits tasks to several APIs; to be used as an async context manager."""

    def __init__(
        self, *urls: str, prefix: str = "report", headers: dict[str, str] | None = None
    ) -> None:
        self._urls, self._prefix = cycle(urls), prefix
        self._http = httpx2.AsyncClient(timeout=HANGS_AFTER, trust_env=False, headers=headers)
        self._arrived = asyncio.Condition()
        self.accepted: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.longest = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._http.aclose()

    async def submit(self, number: int, body: Body = mixed) -> str:
        """Submit one task, again and again until it is accepted; return its id."""
        key = f"{self._prefix}-{number}"
        while True:
            answer = await self.once(body(number), key)
            if answer is not None and answer.status_code == 202:
                return await self._note(key, answer.json()["task_id"])
            if answer is not None:
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(PAUSE)  # as Retry-After asks, only sooner

    async def once(self, body: dict[str, Any], key: str) -> httpx2.Response | None:
        """Send one request; return its answer, None if the connection broke. Counts what it was."""
        began = time.monotonic()
        try:
            answer = await self._http.post(
                f"{next(self._urls)}/submit", json=body, headers={"Idempotency-Key": key}
            )
        except httpx2.TimeoutException as hang:
            raise AssertionError(f"no answer within {HANGS_AFTER:g} s") from hang
        except httpx2.TransportError:  # its process was killed
            self.answers["cut"] += 1
            return None
        self.longest = max(self.longest, time.monotonic() - began)
        async with self._arrived:
            self.answers[str(answer.status_code)] += 1
            self._arrived.notify_all()
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
        return answer

    async def submit_all(self, numbers: range, body: Body = mixed, at_once: int = 12) -> None:
        turns = asyncio.Semaphore(at_once)

        async def in_turn(number: int) -> None:
            async with turns:
                await self.submit(number, body)

        async with asyncio.TaskGroup() as group:
            for number in numbers:
                group.create_task(in_turn(number))

    async def has(self, count: int) -> None:
        """Return once so many tasks were accepted."""
        async with asyncio.timeout(120), self._arrived:
            await self._arrived.wait_for(lambda: len(self.accepted) >= count)

    async def refused(self, count: int) -> None:
        """Return once so many requests were answered 503."""
        async with asyncio.timeout(120), self._arrived:
            await self._arrived.wait_for(lambda: self.answers["503"] >= count)

    async def _note(self, key: str, task_id: str) -> str:
        async with self._arrived:
            assert self.accepted.setdefault(key, task_id) == task_id
            self._arrived.notify_all()
        return task_id

    def told(self) -> dict[str, Any]:
        """Return figures for the table."""
        answers = ", ".join(f"{count} x {kind}" for kind, count in sorted(self.answers.items()))
        return {"longest_answer": f"{self.longest:.1f} s", "answers": f"({answers})"}
