"""Tasks that ended long ago are deleted if the operator wants it, and nothing else is."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from app import private_store, retention_store
from app.retention import AT_A_TIME, forget
from octollm.receipt import Receipt, flaw_in

TABLES = ("tasks", "task_results", "task_events", "private_values")
OLD = """
    INSERT INTO tasks (id, tenant, goal, status, constraints, acceptance_criteria, max_repairs,
        budget, metadata, pii_policy, priority, attempt, max_attempts, drawn_tokens, drawn_usd,
        head_hash, finished_at)
    SELECT gen_random_uuid(), 'default', 'Count these words.', 'completed',
        '{}', '[]', 2, '{}', '{}', 'block', 0, 1, 3, 0, 0, repeat('0', 64),
        now() - make_interval(days => 40)
    FROM generate_series(1, :count)
"""


async def test_what_ended_long_ago_goes_with_all_that_is_its_own(make_house: Any) -> None:
    house = await make_house(task_days=30)
    house.start_worker()
    ended = [await house.submit() for _ in range(3)]
    failed = await house.submit(assigned_arm="drill", constraints={"seconds": "many"})
    for task_id in (*ended, failed):
        await house.ended(task_id)
    await house.stop_workers()
    waiting, cancelled = await house.submit(), await house.submit()
    await house.http.post(f"/tasks/{cancelled}/cancel")
    old = (ended[0], failed, cancelled)
    await grown_older(house, *old, waiting, days=30.1)
    await grown_older(house, ended[1], days=29.9)
    before = [await receipt(house, task_id) for task_id in ended[1:]]
    await forget(house.parts, asyncio.Event())
    for task_id in old:
        assert (await house.http.get(f"/tasks/{task_id}")).status_code == 404
        assert await rows_of(house, task_id) == dict.fromkeys(TABLES, 0)
    assert [await receipt(house, task_id) for task_id in ended[1:]] == before
    assert [flaw_in(found) for found in before] == [None, None]
    house.start_worker()
    assert (await house.ended(waiting))["status"] == "completed"


async def test_who_changes_keys_and_who_deletes_never_wait_for_each_other(house: Any) -> None:
    await filled(house, 3)
    async with house.parts.database.transaction() as session:
        await session.execute(
            text("INSERT INTO private_values (task_id, ciphertext) SELECT id, 'x' FROM tasks")
        )
    async with house.parts.database.transaction() as session:
        assert len(await private_store.locked_values(session, None, 2)) == 2
        async with house.parts.database.transaction() as other, asyncio.timeout(5):
            assert await retention_store.delete_older(other, 30, AT_A_TIME) == 1
    assert await left(house) == 2


async def test_unless_it_is_asked_for_nothing_is_ever_deleted(house: Any) -> None:
    await filled(house, 3)
    await forget(house.parts, asyncio.Event())
    assert await left(house) == 3


async def test_a_worker_deletes_what_is_due_by_itself(make_house: Any) -> None:
    house = await make_house(task_days=30, retention_interval=0.1)
    house.start_worker()
    await filled(house, AT_A_TIME + 1)
    async with asyncio.timeout(60):
        while await left(house):
            await asyncio.sleep(0.1)  # a deletion offers no event
    assert (await house.ended(await house.submit()))["status"] == "completed"


async def test_several_workers_share_what_is_to_be_deleted(make_house: Any) -> None:
    houses = [await make_house(task_days=30) for _ in range(3)]
    await filled(houses[0], 5 * AT_A_TIME)
    await asyncio.gather(*(forget(house.parts, asyncio.Event()) for house in houses))
    # One that found its last batch locked by another is done; the others are not before it is.
    await forget(houses[0].parts, asyncio.Event())
    assert await left(houses[0]) == 0


async def test_a_worker_that_stops_leaves_the_rest_to_the_next(make_house: Any) -> None:
    house = await make_house(task_days=30)
    await filled(house, 2 * AT_A_TIME)
    await forget(house.parts, SetAfter(1))
    assert await left(house) == AT_A_TIME
    await forget(house.parts, asyncio.Event())
    assert await left(house) == 0


async def test_what_another_transaction_holds_is_left_for_the_next_time(make_house: Any) -> None:
    house = await make_house(task_days=30)
    await filled(house, 3)
    with psycopg.connect(house.settings.database_url) as connection:
        connection.execute("SELECT id FROM tasks LIMIT 1 FOR UPDATE")
        await forget(house.parts, asyncio.Event())
        assert await left(house) == 1
    await forget(house.parts, asyncio.Event())
    assert await left(house) == 0


class SetAfter(asyncio.Event):
    """A stop that comes once it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self._looks = looks

    def is_set(self) -> bool:
        self._looks -= 1
        return self._looks < 0


async def filled(house: Any, count: int) -> None:
    async with house.parts.database.transaction() as session:
        await session.execute(text(OLD), {"count": count})


async def grown_older(house: Any, *task_ids: str, days: float) -> None:
    past = """
        UPDATE tasks SET created_at = created_at - make_interval(secs => :seconds),
                         finished_at = finished_at - make_interval(secs => :seconds)
         WHERE id = ANY(:ids)
    """
    ids = [UUID(task_id) for task_id in task_ids]
    async with house.parts.database.transaction() as session:
        await session.execute(text(past), {"seconds": days * 86_400, "ids": ids})


async def left(house: Any) -> int:
    async with house.parts.database.transaction() as session:
        return int(await session.scalar(text("SELECT count(*) FROM tasks")) or 0)


async def rows_of(house: Any, task_id: str) -> dict[str, int]:
    found = {}
    async with house.parts.database.transaction() as session:
        for table in TABLES:
            column = "id" if table == "tasks" else "task_id"
            counted = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")  # noqa: S608
            found[table] = int(await session.scalar(counted, {"id": UUID(task_id)}) or 0)
    return found


async def receipt(house: Any, task_id: str) -> Receipt:
    answer = await house.http.get(f"/tasks/{task_id}/receipt")
    assert answer.status_code == 200, answer.text
    return Receipt.model_validate(answer.json())
