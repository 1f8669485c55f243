"""Redis is killed under load and comes back: no request fails, and operators are told."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any

import httpx2
from redis.asyncio import Redis

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

CALLERS = 8
ENOUGH = 40
"""How many answers each act waits for."""


class Load:
    """Callers that send text after text, each of them new, until they are stopped."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client, self._numbers = client, count()
        self._answered = asyncio.Condition()
        self.statuses: list[int] = []

    async def run(self) -> None:
        async with asyncio.TaskGroup() as callers:
            for _ in range(CALLERS):
                callers.create_task(self._call())

    async def more(self) -> None:
        """Return once some more requests were sent and answered."""
        wanted = len(self.statuses) + ENOUGH
        async with asyncio.timeout(30), self._answered:
            await self._answered.wait_for(lambda: len(self.statuses) >= wanted)

    async def _call(self) -> None:
        while True:
            text = f"Text {next(self._numbers)}, to ada@example.org"
            answer = await self._client.post("/process", json={"text": text})
            async with self._answered:
                self.statuses.append(answer.status_code)
                self._answered.notify_all()


async def _told(client: httpx2.AsyncClient) -> tuple[int, str]:
    answer = await client.get("/ready")
    return answer.status_code, answer.json()["redis"]


async def _metric(client: httpx2.AsyncClient, sample: str) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith(sample + " ")).split()[-1])


async def _until_up(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while await _told(client) != (200, "up"):
            await asyncio.sleep(0.05)


async def test_a_redis_killed_under_load_fails_no_request_and_is_taken_back(
    serve: Connect, own_redis: Any
) -> None:
    settings = {"redis_url": own_redis.url, "cache_secret": "s" * 32, "redis_timeout": 2}
    async with serve(**settings, limit_per_ip=1_000_000) as client:
        load = Load(client)
        running = asyncio.create_task(load.run())
        await load.more()
        assert await _told(client) == (200, "up")
        assert await _metric(client, "reflex_redis_failures_total") == 0

        own_redis.stop()
        await load.more()
        assert await _told(client) == (200, "away")
        assert await _metric(client, "reflex_redis_up") == 0
        assert await _metric(client, "reflex_redis_failures_total") >= 1

        await asyncio.to_thread(own_redis.start)
        await _until_up(client)
        await load.more()
        assert await _metric(client, "reflex_redis_up") == 1
        running.cancel()
        await asyncio.wait({running})
    async with Redis.from_url(own_redis.url) as stored:
        assert await stored.dbsize() > 0, "it was empty when it came back"
    assert set(load.statuses) == {200}
