"""API processes share the limits of callers by a real Redis, and go on alone while it is away."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis_server import RedisServer
from tenants import Held, a_key

from app.config import Settings
from octollm.service.redis_link import PAUSE_SECONDS

Make = Callable[..., Any]
LIMIT = 12


@pytest.fixture
def shared(redis: RedisServer) -> dict[str, Any]:
    """Settings of houses that share limits; no busy machine makes Redis look away."""
    return {"redis_url": redis.url, "redis_timeout": 5, "limit_per_key": LIMIT, "limit_per_ip": 4}


async def asked(house: Any, held: Held, times: int = 1) -> list[int]:
    return [
        (await house.http.get("/tasks", headers=held.headers)).status_code for _ in range(times)
    ]


async def told(house: Any) -> tuple[int, str]:
    answer = await house.http.get("/ready")
    return answer.status_code, answer.json()["checks"]["redis"]


async def metric(house: Any, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", (await house.http.get("/metrics")).text, re.MULTILINE)
    assert found is not None
    return float(found[1])


async def until(house: Any, state: str) -> None:
    """Return once `/ready` says how Redis is; it is asked again after a pause."""
    async with asyncio.timeout(60):
        while not (await told(house))[1].startswith(state):
            await asyncio.sleep(0.05)


async def test_what_a_key_has_asked_of_one_process_counts_in_all(
    make_house: Make, shared: dict[str, Any]
) -> None:
    one, other = await make_house(**shared), await make_house(**shared)
    held = await a_key(one.settings)
    assert await asked(one, held, LIMIT) == [200] * LIMIT
    assert await asked(other, held) == [429]
    assert await told(one) == (200, "ok")
    assert await metric(other, "octollm_redis_up") == 1


async def test_who_guesses_at_one_process_is_known_to_all(
    make_house: Make, shared: dict[str, Any]
) -> None:
    one, other = await make_house(**shared), await make_house(**shared)
    await a_key(one.settings)
    assert [(await one.http.get("/tasks")).status_code for _ in range(4)] == [401] * 4
    assert (await other.http.get("/tasks")).status_code == 429


async def test_a_request_costs_redis_one_question(
    make_house: Make, shared: dict[str, Any], redis: RedisServer
) -> None:
    house = await make_house(**shared)
    held = await a_key(house.settings)
    await asked(house, held)  # the first one brings the script
    async with Redis.from_url(redis.url) as client:
        await client.config_resetstat()
        assert await asked(house, held, 7) == [200] * 7
        await house.http.get("/tasks")  # 401, by address
        calls = await client.info("commandstats")
    by_name = {name.removeprefix("cmdstat_"): told["calls"] for name, told in calls.items()}
    inside = {"time", "get", "set"}  # of the script
    assert {n: c for n, c in by_name.items() if n not in inside | {"config|resetstat"}} == {
        "evalsha": 8
    }


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_without_redis_each_process_limits_by_itself_and_says_so(
    make_house: Make, shared: dict[str, Any], redis: RedisServer, fault: str
) -> None:
    settings = shared | {"redis_timeout": 5 if fault == "killed" else 0.5}
    one, other = await make_house(**settings), await make_house(**settings)
    held = await a_key(one.settings)
    assert await asked(one, held, LIMIT) == [200] * LIMIT

    if fault == "killed":
        await redis.stop()
    else:
        redis.send(signal.SIGSTOP)
    async with asyncio.timeout(20):
        assert await asked(other, held, LIMIT) == [200] * LIMIT
        assert (await asked(other, held))[0] == 429, "it has a limit of its own"
    code, said = await told(other)
    assert (code, said) == (200, "away: each API process limits its callers by itself")
    assert await metric(other, "octollm_redis_up") == 0
    assert await metric(other, "octollm_redis_failures_total") >= 1

    if fault == "killed":
        await redis.start()
    else:
        redis.send(signal.SIGCONT)
    await until(one, "ok")
    await until(other, "ok")
    assert await metric(other, "octollm_redis_up") == 1
    fresh = await a_key(one.settings)
    assert await asked(one, fresh, LIMIT) == [200] * LIMIT
    assert await asked(other, fresh) == [429], "it is shared again"


async def test_a_redis_that_is_away_is_waited_for_once_a_pause_and_not_by_everybody(
    make_house: Make, shared: dict[str, Any], redis: RedisServer
) -> None:
    house = await make_house(**shared | {"redis_timeout": 0.5, "limit_per_key": 10_000})
    held = await a_key(house.settings)
    redis.send(signal.SIGSTOP)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(10):
        await asyncio.gather(*(asked(house, held) for _ in range(10)))
    took = loop.time() - began
    # All of the first ten may wait for it, and then one in each pause.
    assert await metric(house, "octollm_redis_failures_total") <= 10 + 1 + took / PAUSE_SECONDS


async def test_a_clock_of_redis_that_was_set_back_locks_nobody_out(
    make_house: Make, shared: dict[str, Any], redis: RedisServer
) -> None:
    house = await make_house(**shared)
    held = await a_key(house.settings)
    await asked(house, held)
    async with Redis.from_url(redis.url) as client:
        (name,) = await client.keys("octollm:api:limit:key:*")
        await client.set(name, float(await client.get(name) or 0) + 3_600)  # as an hour back would
    assert await asked(house, held) == [200]


def test_a_password_in_the_url_is_not_shown() -> None:
    assert "canary" not in repr(Settings(redis_url="redis://:canary@127.0.0.1:6379/0"))
