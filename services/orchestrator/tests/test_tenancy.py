"""Tenants neither see nor infer each other: every route there is, with a foreign key and none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from tenants import Held, a_key

OPEN = {"/", "/health", "/ready", "/metrics"}
"""What nobody needs a key for."""

GOAL = "Count the words of the quarterly plan."


@dataclass
class Owned:
    """What a tenant has, by the name of the path's parameter."""

    key: Held
    ids: dict[str, str]


@pytest.fixture
async def owned(house: Any) -> Owned:
    """A task and a document of one tenant."""
    key = await a_key(house.settings, "owner")
    task = await house.http.post(
        "/submit", json={"goal": GOAL}, headers=key.headers | {"Idempotency-Key": "one"}
    )
    document = await house.http.post(
        "/documents", json={"name": "plan.md", "text": "The plan."}, headers=key.headers
    )
    task_id = task.json()["task_id"]
    ids = {
        "task_id": task_id,
        "response_id": f"resp_{task_id.replace('-', '')}",
        "document_id": document.json()["document_id"],
        "model": "nobody",
    }
    return Owned(key, ids)


def operations(house: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and a body that is right, of every route of the OpenAPI document."""
    for path, methods in house.app.openapi()["paths"].items():
        for method, operation in methods.items():
            sent: dict[str, Any] = {}
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                sent["json"] = next(iter(content["examples"].values()))["value"]
            yield method.upper(), path, sent


async def test_without_a_key_every_route_but_the_open_ones_is_shut(
    house: Any, owned: Owned
) -> None:
    walked = 0
    for method, path, sent in operations(house):
        async with house.http.stream(method, path.format(**owned.ids), **sent) as answer:
            pass
        assert answer.status_code == (200 if path in OPEN else 401), f"{method} {path}"
        walked += 1
    assert walked >= 13
    for path in ("/docs", "/openapi.json"):
        assert (await house.http.get(path)).status_code == 200


async def test_a_foreign_key_finds_what_an_id_finds_that_is_nobody_s(
    house: Any, owned: Owned
) -> None:
    foreign = await a_key(house.settings, "stranger")
    absent = {name: str(uuid4()) for name in owned.ids}
    absent |= {"response_id": f"resp_{uuid4().hex}", "model": "nobody"}
    walked = 0
    for method, path, sent in operations(house):
        if "{" not in path:
            continue
        answers = []
        for ids in (owned.ids, absent):
            with counted(house) as statements:
                answer = await house.http.request(
                    method, path.format(**ids), headers=foreign.headers, **sent
                )
            assert answer.status_code == 404, f"{method} {path}"
            answers.append((without_request_id(answer), statements))
        # The same answer after the same statements: neither words nor time tell the two apart.
        assert answers[0] == answers[1], f"{method} {path}"
        walked += 1
    assert walked >= 5


async def test_the_owner_has_everything_still_after_a_stranger_tried(
    house: Any, owned: Owned
) -> None:
    foreign = await a_key(house.settings, "stranger")
    for method, path, sent in operations(house):
        asked = house.http.stream(method, path.format(**owned.ids), headers=foreign.headers, **sent)
        async with asked:  # the events of all tasks have no end
            pass
    task = await house.http.get(f"/tasks/{owned.ids['task_id']}", headers=owned.key.headers)
    assert (task.json()["goal"], task.json()["cancel_requested"]) == (GOAL, False)
    listed = await house.http.get("/documents", headers=owned.key.headers)
    assert [found["name"] for found in listed.json()["documents"]] == ["plan.md"]


async def test_a_foreign_key_lists_nothing(house: Any, owned: Owned) -> None:
    foreign = await a_key(house.settings, "stranger")
    for path, query in (("/tasks", {}), ("/documents", {"name": "plan.md"}), ("/documents", {})):
        answer = await house.http.get(path, params=query, headers=foreign.headers)
        page = answer.json()
        assert page == {path[1:]: [], "next_cursor": None}


async def test_a_stranger_does_not_wait_for_a_task(house: Any, owned: Owned) -> None:
    foreign = await a_key(house.settings, "stranger")
    answer = await house.http.get(
        f"/tasks/{owned.ids['task_id']}",
        params={"wait": 60},
        headers=foreign.headers,
        timeout=20,
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("goal", [GOAL, "Count something else."])
async def test_a_foreign_idempotency_key_is_a_new_one(house: Any, owned: Owned, goal: str) -> None:
    foreign = await a_key(house.settings, "stranger")
    answer = await house.http.post(
        "/submit", json={"goal": goal}, headers=foreign.headers | {"Idempotency-Key": "one"}
    )
    assert answer.status_code == 202
    assert answer.json()["task_id"] != owned.ids["task_id"]


async def test_a_document_of_the_same_name_replaces_none_of_another_tenant(
    house: Any, owned: Owned
) -> None:
    foreign = await a_key(house.settings, "stranger")
    answer = await house.http.post(
        "/documents", json={"name": "plan.md", "text": "Another."}, headers=foreign.headers
    )
    assert answer.json()["document_id"] != owned.ids["document_id"]
    kept = await house.http.get(f"/documents/{owned.ids['document_id']}", headers=owned.key.headers)
    assert kept.json()["characters"] == len("The plan.")


async def test_two_keys_of_a_tenant_share_what_it_has(house: Any, owned: Owned) -> None:
    second = await a_key(house.settings, "owner", scopes="read")
    answer = await house.http.get(f"/tasks/{owned.ids['task_id']}", headers=second.headers)
    assert answer.status_code == 200


@contextmanager
def counted(house: Any) -> Iterator[list[str]]:
    """Yield the statements on tasks and documents that the house runs meanwhile, as text."""
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        if "api_keys" not in arguments[2]:  # those are read every two seconds, whoever asks
            statements.append(arguments[2])

    engine = house.parts.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def without_request_id(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}
