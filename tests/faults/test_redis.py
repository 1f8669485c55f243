"""Redis, which several Reflex Layers or APIs share, goes away: they go on alone, and say so."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from crowd import Crowd
from redis.asyncio import Redis
from redis_server import RedisServer, redis_in
from tenants import a_key

from app.config import Settings

BATCH = 40


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with redis_in(tmp_path) as server:
        yield server


async def told(http: httpx2.AsyncClient, up: bool) -> None:
    """Return once `/ready`, which stays well, and the metric both say how Redis is."""
    metric = f"_redis_up {float(up)}"
    async with asyncio.timeout(60):
        while True:
            answer = await http.get("/ready")
            assert answer.status_code == 200
            said = answer.json().get("redis") or answer.json()["checks"]["redis"]
            if (said in ("up", "ok")) is up and metric in (await http.get("/metrics")).text:
                return
            await asyncio.sleep(0.1)  # it is asked again after a pause


async def through_faults(crowd: Crowd, redis: RedisServer, servers: list[Any]) -> None:
    """Have the crowd submit while Redis is killed, frozen and restarted; `servers` use it."""

    async def all_told(up: bool) -> None:
        await asyncio.gather(*(told(http, up) for http in servers))

    await all_told(True)
    for first, fault in ((0, "killed"), (BATCH, "frozen"), (2 * BATCH, "restarted")):
        load = asyncio.create_task(crowd.submit_all(range(first, first + BATCH)))
        await crowd.has(first + 8)
        if fault == "frozen":
            redis.send(signal.SIGSTOP)
        else:
            await redis.stop(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
        if fault != "restarted":
            await all_told(False)
        await load
        if fault == "frozen":
            redis.send(signal.SIGCONT)
        else:
            await redis.start()
        await all_told(True)


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
        await through_faults(crowd, redis, [http])
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 3 * BATCH
    assert set(crowd.answers) == {"202"}
    figures(**counted, **crowd.told())


async def test_apis_that_share_limits_answer_as_ever_while_redis_is_killed_frozen_or_restarted(
    stage: Any, figures: Any, redis: RedisServer
) -> None:
    held = await a_key(Settings(database_url=stage.books.url))
    stage.fleet.environment["OCTOLLM_REDIS_URL"] = redis.url
    stage.fleet.environment["OCTOLLM_LIMIT_PER_KEY"] = "100000"
    await stage.up(apis=2)
    servers = [await stage.http(number) for number in range(2)]
    async with Crowd(*stage.urls, headers=held.headers) as crowd:
        await through_faults(crowd, redis, servers)
        await crowd.submit(3 * BATCH)
    async with Redis.from_url(redis.url) as client:
        assert await client.keys("octollm:api:limit:key:*"), "it was empty when it came back"
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 3 * BATCH + 1
    assert set(crowd.answers) == {"202"}
    figures(**counted, **crowd.told())
