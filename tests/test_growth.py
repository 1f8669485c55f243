"""No statement of a request or a worker reads through the stored tasks, however many there are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import growth
import psycopg
import pytest

STORED = 20_000
GROWING = {"tasks", "task_events", "task_results"}
MOST_COST = 1_000.0
"""In the planner's units; to read through so many tasks costs more than that."""

Sent = list[tuple[str, Any]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What is sent to the database from here on, with its parameters."""
    found: Sent = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: Any, query: Any, params: Any = None, **named: Any) -> Any:
        found.append((str(query), params))
        return await execute(self, query, params, **named)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def explained(connection: psycopg.Connection, query: str, params: Any) -> dict[str, Any]:
    """Return the plan of a statement, which is not carried out."""
    row = connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode(), params).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


async def test_no_statement_reads_through_what_is_stored(house: Any, sent: Sent) -> None:
    url = house.settings.database_url
    with psycopg.connect(url, autocommit=True) as connection:
        growth.fill(connection, STORED)
        middle = growth.cursor_behind(connection, STORED // 2)
    house.start_worker()
    sent.clear()
    await asyncio.gather(*(house.submit() for _ in range(5)))
    task_id = await house.submit("Count the words.")
    await house.ended(task_id)
    for query in ("", "?status=failed", "?status=cancelled", f"?cursor={middle}"):
        listed = await house.http.get(f"/tasks{query}")
        assert listed.status_code == 200
        assert bool(listed.json()["tasks"]) == (query != "?status=cancelled")
    for path in (f"/tasks/{task_id}", f"/tasks/{task_id}/events", f"/tasks/{task_id}/receipt"):
        assert (await house.http.get(path)).status_code == 200
    for path in ("/console/tasks", "/console/overview", "/metrics", "/ready"):
        assert (await house.http.get(path)).status_code == 200
    cancelled = await house.submit("Rehearse.", assigned_arm="drill", constraints={"seconds": 60})
    await house.http.post(f"/tasks/{cancelled}/cancel")
    await house.ended(cancelled)
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
    seen = {
        query: params
        for query, params in sent
        if query.lstrip().startswith(words) and any(table in query for table in GROWING)
    }
    assert len(seen) > 15
    with psycopg.connect(url) as connection:
        for query, params in seen.items():
            plan = explained(connection, query, params)
            read_through = {
                node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"
            }
            assert not read_through & GROWING, (query, json.dumps(plan))
            assert plan["Total Cost"] < MOST_COST, (query, json.dumps(plan))
