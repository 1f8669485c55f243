"""A server that wants no key is asked by its own machine, and by no page of another site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tenants import a_key

Make = Callable[..., Any]
TASK = {"goal": "Count these words."}

OWN_NAMES = [
    "localhost",
    "LOCALHOST:8000",
    "console.localhost",
    "127.0.0.1:9",
    "[::1]:80",
    "10.1.2.3",
]
FOREIGN_NAMES = [
    "evil.example",
    "evil.example:8000",
    "127.0.0.1%evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.example",
]


async def submitted(house: Any, **headers: str) -> tuple[int, str]:
    answer = await house.http.post("/submit", json=TASK, headers=headers)
    return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


@pytest.mark.parametrize("name", OWN_NAMES)
async def test_a_server_answers_to_its_own_names_and_to_addresses(house: Any, name: str) -> None:
    assert await submitted(house, Host=name) == (202, "")


@pytest.mark.parametrize("name", FOREIGN_NAMES)
async def test_a_name_that_was_pointed_at_loopback_is_refused(house: Any, name: str) -> None:
    assert await submitted(house, Host=name) == (421, "host-not-allowed")
    answer = await house.http.get("/tasks", headers={"Host": name})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


async def test_further_names_are_a_setting(make_house: Make) -> None:
    house = await make_house(trusted_hosts=["octollm.test"])
    assert await submitted(house, Host="Octollm.test:443") == (202, "")
    assert await submitted(house, Host="evil.example") == (421, "host-not-allowed")


async def test_with_a_key_any_name_will_do(house: Any) -> None:
    held = await a_key(house.settings)
    assert await submitted(house, Host="octollm.test", **held.headers) == (202, "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    ],
    ids=str,
)
async def test_a_page_of_another_site_submits_and_cancels_nothing(
    house: Any, headers: dict[str, str]
) -> None:
    named = {"Host": "localhost:8000", **headers}
    assert await submitted(house, **named) == (403, "origin-not-allowed")
    task_id = await house.submit()
    answer = await house.http.post(f"/tasks/{task_id}/cancel", headers=named)
    assert answer.status_code == 403
    assert not (await house.task(task_id))["cancel_requested"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:8000"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:8000"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
async def test_a_page_of_the_server_s_own_may(house: Any, headers: dict[str, str]) -> None:
    assert await submitted(house, Host="localhost:8000", **headers) == (202, "")


async def test_an_origin_that_cors_allows_may(make_house: Make) -> None:
    house = await make_house(cors_origins=["https://desk.example"])
    page = {"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"}
    assert await submitted(house, **page) == (202, "")


async def test_a_key_may_be_shown_from_any_page(house: Any) -> None:
    held = await a_key(house.settings)
    page = {"Origin": "https://desk.example", "Sec-Fetch-Site": "cross-site"}
    assert await submitted(house, **page, **held.headers) == (202, "")


async def test_who_is_turned_away_is_counted_and_logged_without_the_key(
    house: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await a_key(house.settings)
    guess = {"Authorization": f"Bearer octo_{'g' * 43}"}
    for headers in ({}, guess):
        assert (await submitted(house, **headers))[0] == 401
    metrics = (await house.http.get("/metrics")).text
    assert 'octollm_requests_refused_total{reason="unauthenticated"} 2.0' in metrics
    assert "g" * 43 not in metrics + caplog.text
