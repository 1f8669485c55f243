"""How often a key and an address may ask, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenants import a_key

from app.api_keys import new_key

Make = Callable[..., Any]


async def statuses(http: Any, times: int, headers: dict[str, str] | None = None) -> list[int]:
    return [(await http.get("/tasks", headers=headers)).status_code for _ in range(times)]


async def test_a_key_past_its_limit_is_told_when_to_come_back(make_house: Make) -> None:
    house = await make_house(limit_per_key=3)
    held, other = await a_key(house.settings), await a_key(house.settings)
    assert await statuses(house.http, 3, held.headers) == [200] * 3
    answer = await house.http.post("/submit", headers=held.headers, content=b"{")
    assert answer.status_code == 429, "it is refused before the body is read"
    assert answer.json()["type"] == "urn:octollm:problem:rate-limited"
    assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert answer.headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert answer.headers["RateLimit"].startswith('"key";r=0;t=')
    assert await statuses(house.http, 1, other.headers) == [200]


async def test_a_good_answer_says_what_is_left(make_house: Make) -> None:
    house = await make_house(limit_per_key=30)
    held = await a_key(house.settings)
    answer = await house.http.get("/tasks", headers=held.headers)
    assert answer.headers["RateLimit"] == '"key";r=29;t=2'


async def test_guessing_keys_is_limited_by_address_and_good_keys_are_not(make_house: Make) -> None:
    house = await make_house(limit_per_ip=3)
    held = await a_key(house.settings)
    assert await statuses(house.http, 1, held.headers) == [200]
    guess = {"Authorization": f"Bearer {new_key()}"}
    assert await statuses(house.http, 4, guess) == [401, 401, 401, 429]
    assert await statuses(house.http, 1) == [429]
    assert await statuses(house.http, 2, held.headers) == [200, 200]


async def test_on_loopback_without_keys_there_is_no_limit(make_house: Make) -> None:
    house = await make_house(limit_per_ip=1, limit_per_key=1)
    assert await statuses(house.http, 5) == [200] * 5


async def test_strangers_without_keys_are_limited_by_the_address_a_proxy_names(
    make_house: Make,
) -> None:
    house = await make_house(
        host="0.0.0.0", allow_unauthenticated=True, limit_per_ip=2, trusted_proxies="127.0.0.1"
    )
    first, second = ({"X-Forwarded-For": f"203.0.113.{n}"} for n in (1, 2))
    assert await statuses(house.http, 3, first) == [200, 200, 429]
    assert await statuses(house.http, 1, second) == [200]


async def test_limits_can_be_turned_off(make_house: Make) -> None:
    house = await make_house(limit_per_ip=0, limit_per_key=0)
    held = await a_key(house.settings)
    answer = await house.http.get("/tasks", headers=held.headers)
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


async def test_what_operators_ask_has_no_limit(make_house: Make) -> None:
    house = await make_house(limit_per_ip=1)
    await a_key(house.settings)
    for path in ("/health", "/metrics", "/") * 2:
        assert (await house.http.get(path)).status_code == 200
