"""Redis, which several Reflex Layers share, goes away: they go on alone, and say so."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from redis_server import RedisServer

BATCH = 40


@pytest.fixture
async def redis(tmp_path: Any) -> AsyncIterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    await server.stop()


async def told(http: httpx2.AsyncClient, redis: str) -> None:
    """Return once `/ready` and the metric both say how Redis is."""
    up = {"up": 1.0, "away": 0.0}[redis]
    async with asyncio.timeout(60):
        while True:
            answer = await http.get("/ready")
            assert answer.status_code == 200
            metrics = (await http.get("/metrics")).text
            if answer.json()["redis"] == redis and f"reflex_redis_up {up}" in metrics:
                return
            await asyncio.sleep(0.1)  # it is asked again after a pause


async def test_tasks_are_accepted_all_the_same_while_redis_is_killed_frozen_or_restarted(
    stage: Any, figures: Any, redis: RedisServer
) -> None:
    await stage.reflex(
        REFLEX_REDIS_URL=redis.url,
        REFLEX_CACHE_SECRET="not much of a secret, but long enough",
        REFLEX_LIMIT_PER_IP="1000000",
    )
    crowd = await stage.up()
    async with httpx2.AsyncClient(base_url=stage.reflex_url, trust_env=False, timeout=30) as http:
        await told(http, "up")
        for first, fault in ((0, "killed"), (BATCH, "frozen"), (2 * BATCH, "restarted")):
            load = asyncio.create_task(crowd.submit_all(range(first, first + BATCH)))
            await crowd.has(first + 8)
            if fault == "frozen":
                redis.send(signal.SIGSTOP)
            else:
                await redis.stop(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
            if fault != "restarted":
                await told(http, "away")
            await load
            if fault == "frozen":
                redis.send(signal.SIGCONT)
            else:
                await redis.start()
            await told(http, "up")
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 3 * BATCH
    assert set(crowd.answers) == {"202"}
    figures(**counted, **crowd.told())
