"""So many tasks may wait and no more; who comes then is told when to come again."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from scripted_reflex import ScriptedReflex
from sqlalchemy import event, func, select, text
from tenants import a_key

from app.backlog import FAR_SECONDS, FULL_SECONDS
from app.backlog_store import COUNT, count_pending
from app.models import Task
from app.round_store import WAITING

PROBLEM = "urn:octollm:problem:"
LONG_QUEUE = 100_000
TENANTS = 50

Make = Callable[..., Any]


@pytest.fixture
def make(make_house: Make, reflex: ScriptedReflex) -> Make:
    """A factory of houses whose Reflex Layer finds nothing, and costs nothing."""

    async def made(**settings: Any) -> Any:
        return await make_house(reflex_url=reflex.url, **settings)

    return made


async def test_a_tenant_past_its_limit_is_told_so_and_others_are_not(make: Make) -> None:
    house = await make(max_pending_per_tenant=3)
    acme, other = [await a_key(house.settings, tenant) for tenant in ("acme", "other")]
    answers = [await submitted(house, headers=acme.headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    problem = answers[-1].json()
    assert problem["type"] == PROBLEM + "queue-full"
    assert problem["detail"] == "3 tasks of yours are waiting, and no more may."
    assert int(answers[-1].headers["Retry-After"]) == problem["retry_after"] >= 1
    assert await stored(house) == 3
    assert (await submitted(house, headers=other.headers)).status_code == 202


async def test_far_from_a_limit_nobody_waits_for_a_count(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await make()
    assert (await submitted(house)).status_code == 202
    counting, may_end = asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        counting.set()
        await may_end.wait()
        return await count_pending(*arguments)

    monkeypatch.setattr("app.backlog.count_pending", slow)
    monkeypatch.setattr("app.backlog.AHEAD_SECONDS", 0.0)
    monkeypatch.setattr("app.backlog.FAR_SECONDS", 600.0)
    async with asyncio.timeout(60):
        assert (await submitted(house)).status_code == 202
        await counting.wait()
        assert (await submitted(house)).status_code == 202
        may_end.set()


async def test_past_the_limit_of_all_everyone_is_told(make: Make) -> None:
    house = await make(max_pending_per_tenant=3, max_pending=4)
    keys = [await a_key(house.settings, tenant) for tenant in ("a", "b", "c")]
    answers = [await submitted(house, headers=keys[n % 2].headers) for n in range(4)]
    assert [answer.status_code for answer in answers] == [202] * 4
    for key in keys:
        answer = await submitted(house, headers=key.headers)
        assert (answer.status_code, answer.json()["type"]) == (503, PROBLEM + "overloaded")
        assert int(answer.headers["Retry-After"]) >= 1
    assert await stored(house) == 4


async def test_what_was_accepted_is_accepted_again_while_the_queue_is_full(make: Make) -> None:
    house = await make(max_pending_per_tenant=1)
    first = await submitted(house, headers={"Idempotency-Key": "once"})
    again = await submitted(house, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    other = await submitted(house, goal="Another.", headers={"Idempotency-Key": "once"})
    assert other.json()["type"] == PROBLEM + "idempotency-key-reused"
    new = await submitted(house, headers={"Idempotency-Key": "twice"})
    assert new.json()["type"] == PROBLEM + "queue-full"


async def test_there_is_room_again_once_the_queue_is_shorter(make: Make) -> None:
    house = await make(max_pending_per_tenant=2)
    for _ in range(2):
        await house.submit()
    assert (await submitted(house)).status_code == 429
    house.start_worker()
    async with asyncio.timeout(60):
        while (answer := await submitted(house)).status_code == 429:
            await asyncio.sleep(0.1)  # as Retry-After asks, only sooner
    assert answer.status_code == 202


async def test_refusals_are_counted_and_repeats_are_none(make: Make) -> None:
    house = await make(max_pending_per_tenant=1)
    for key in ("once", "once", "twice", "thrice"):
        await submitted(house, headers={"Idempotency-Key": key})
    metrics = (await house.http.get("/metrics")).text
    assert 'octollm_submissions_refused_total{reason="queue-full"} 2.0' in metrics
    assert "octollm_tasks_submitted_total 1.0" in metrics


async def test_limits_of_none_are_not_counted(make: Make) -> None:
    house = await make(max_pending_per_tenant=0, max_pending=0)
    with counting(house) as counts:
        for _ in range(5):
            await house.submit()
    assert counts == []


async def test_one_limit_holds_without_the_other(make: Make) -> None:
    for limits, status in (((0, 2), 503), ((2, 0), 429)):
        own, total = limits
        house = await make(max_pending_per_tenant=own, max_pending=total)
        answers = [await submitted(house) for _ in range(2 if status == 429 else 3)]
        assert answers[-1].status_code == status


async def test_a_flood_is_counted_once_a_second_or_when_the_queue_is_full_ten_times(
    make: Make, reflex: ScriptedReflex
) -> None:
    for limit, status, every in ((1, 429, FULL_SECONDS), (10_000, 202, FAR_SECONDS)):
        house = await make(max_pending_per_tenant=limit)
        await submitted(house)
        screened, began = len(reflex.requests), time.monotonic()
        with counting(house) as counts:
            answers = await asyncio.gather(*(submitted(house) for _ in range(30)))
        assert len(counts) <= 2 + (time.monotonic() - began) / every
        assert {answer.status_code for answer in answers} == {status}
        assert status == 202 or len(reflex.requests) == screened, "what is refused is not screened"


async def test_racing_submits_to_two_processes_exceed_a_limit_by_less_than_their_connections(
    make: Make,
) -> None:
    limit, pool = 20, 3
    limits = {"max_pending_per_tenant": limit, "db_pool_size": pool, "db_max_overflow": 0}
    houses = [await make(**limits) for _ in range(2)]
    answers = await asyncio.gather(*(submitted(houses[n % 2]) for n in range(60)))
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {202, 429}
    assert limit <= statuses[202] < limit + 2 * pool
    assert await stored(houses[0]) == statuses[202]


async def test_a_queue_of_a_hundred_thousand_is_counted_in_its_index_alone(make: Make) -> None:
    house = await make()
    await asyncio.to_thread(fill, house.settings.database_url)
    limits = {"tenant": "tenant-7", "own": 1_001, "total": LONG_QUEUE // 2}
    plan, scans = await explained(house, COUNT.text, limits)
    assert {(s["Node Type"], s.get("Index Name")) for s in scans} == {
        ("Index Only Scan", "idx_tasks_pending")
    }, json.dumps(plan)
    # No further than the limits, and not one row was looked up in the table for it.
    assert sorted(s["Actual Rows"] for s in scans) == [1_001, LONG_QUEUE // 2]
    assert {s["Heap Fetches"] for s in scans} == {0}


async def test_what_a_tenant_has_waiting_is_looked_up_for_that_tenant_alone(make: Make) -> None:
    house = await make()
    await asyncio.to_thread(fill, house.settings.database_url)
    plan, scans = await explained(house, WAITING.text, {"tenants": ["tenant-7"], "upto": 1_000})
    assert "idx_tasks_pending" in {node.get("Index Name") for node in nodes(plan)}
    (scan,) = (scan for scan in scans if scan["Relation Name"] == "tasks")
    assert scan["Actual Rows"] <= LONG_QUEUE // TENANTS, json.dumps(plan)


FILL = """
    INSERT INTO tasks (id, tenant, goal, status, constraints, acceptance_criteria, max_repairs,
        budget, metadata, pii_policy, priority, attempt, max_attempts, drawn_tokens, drawn_usd,
        head_hash)
    SELECT gen_random_uuid(), 'tenant-' || n %% %(tenants)s, 'Count these words.',
        (CASE WHEN n <= %(count)s THEN 'pending' ELSE 'completed' END)::task_status,
        '{}', '[]', 2, '{}', '{}', 'block', 0, 0, 3, 0, 0, repeat('0', 64)
    FROM generate_series(1, %(count)s + 20000) AS n
"""


def fill(url: str) -> None:
    """Store a long queue, and do what autovacuum does by itself a little later."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = on")  # vacuum waits for what is not flushed
        connection.execute(FILL, {"count": LONG_QUEUE, "tenants": TENANTS})
        connection.execute("VACUUM ANALYZE tasks")


async def explained(
    house: Any, statement: str, given: dict[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run a statement; return its plan, and the nodes of it that read a table."""
    async with house.parts.database.transaction() as session:
        ran = await session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"), given)
        plan = ran.scalar_one()[0]["Plan"]
    return plan, [node for node in nodes(plan) if "Relation Name" in node]


async def submitted(house: Any, goal: str = "Count these words.", **more: Any) -> Any:
    return await house.http.post("/submit", json={"goal": goal}, **more)


async def stored(house: Any) -> int:
    async with house.parts.database.transaction() as session:
        return int(await session.scalar(select(func.count()).select_from(Task)) or 0)


@contextmanager
def counting(house: Any) -> Iterator[list[str]]:
    """Yield the counts of the queue that the house makes meanwhile."""
    counts: list[str] = []

    def note(*arguments: Any) -> None:
        if "LIMIT" in arguments[2] and "AS total" in arguments[2]:
            counts.append(arguments[2])

    engine = house.parts.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield counts
    finally:
        event.remove(engine, "before_cursor_execute", note)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)
