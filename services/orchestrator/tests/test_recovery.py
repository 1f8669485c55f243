"""What dead workers drop is picked up; what the queue loses is delivered all the same."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app import endings, event_store, lifecycle_store, worker
from app.attempt import Attempt
from app.claims import Claims
from app.lifecycle_store import Move
from app.queue import Queue
from octollm.contracts import TaskStatus
from octollm.errors import DatabaseUnavailable


async def execute(house: Any, statement: str, **values: Any) -> Any:
    async with house.parts.database.transaction() as session:
        result = await session.execute(text(statement), values)
        return result.all() if result.returns_rows else None


async def fetched_by_a_dead_worker(house: Any, *, seconds_ago: int) -> None:
    """Make the queue look as after a `kill -9`: job taken, last heartbeat some time ago."""
    [(worker_id,)] = await execute(
        house,
        "INSERT INTO procrastinate_workers (last_heartbeat)"
        " VALUES (now() - make_interval(secs => :ago)) RETURNING id",
        ago=seconds_ago,
    )
    await execute(
        house, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id", id=worker_id
    )


async def test_a_dead_workers_task_is_started_again_by_another(house: Any) -> None:
    task_id = await house.submit()
    await fetched_by_a_dead_worker(house, seconds_ago=60)
    async with house.parts.database.statements() as connection:
        assert await lifecycle_store.claim(connection, {UUID(task_id): None})
    house.start_worker()
    task = await house.ended(task_id)
    assert (task["status"], task["attempt"]) == ("completed", 2)
    text_ = (await house.http.get("/metrics")).text
    assert 'octollm_jobs_recovered_total{why="dead worker"} 1.0' in text_


async def test_an_attempt_that_was_overtaken_hands_nothing_back(house: Any) -> None:
    task_id, claims = UUID(await house.submit()), Claims(house.parts)
    overtaken = await claims.claim(task_id)
    assert overtaken is not None
    running = await claims.claim(task_id, overtaken.token)
    assert running is not None

    async def handed_back(attempt: Attempt) -> bool:
        why = {"reason": "the worker is stopping"}
        return await endings.hand_back(house.parts.database, attempt, why, 0)

    assert not await handed_back(overtaken)
    assert (await house.task(str(task_id)))["status"] == "processing"
    assert await handed_back(running)
    assert (await house.task(str(task_id)))["status"] == "pending"


async def test_a_live_workers_job_is_left_alone(house: Any) -> None:
    await house.submit()
    await fetched_by_a_dead_worker(house, seconds_ago=0)
    assert await worker.recover(house.parts, everything=True) == 0


async def test_of_several_sweepers_one_sweeps(house: Any) -> None:
    await house.submit()
    await fetched_by_a_dead_worker(house, seconds_ago=60)
    async with house.parts.database.transaction() as session:
        assert await house.parts.queue.take_recovery_lock(session)
        assert await worker.recover(house.parts, everything=True) is None
    assert await worker.recover(house.parts, everything=False) == 1
    assert await worker.recover(house.parts, everything=True) == 0


async def test_a_process_frozen_in_a_transaction_loses_its_locks(make_house: Any) -> None:
    """Were it to keep the recovery lock, nobody could deliver what it has dropped."""
    house = await make_house(db_statement_timeout=0.5)
    database, queue = house.parts.database, house.parts.queue

    async def may_recover() -> bool:
        async with database.transaction() as other:
            return bool(await queue.take_recovery_lock(other))

    with pytest.raises(DatabaseUnavailable):  # noqa: PT012  (the error comes at the end of all)
        async with database.transaction() as frozen:
            assert await queue.take_recovery_lock(frozen)
            async with asyncio.timeout(30):
                while not await may_recover():
                    await asyncio.sleep(0.05)  # PostgreSQL tells nobody
            await frozen.execute(text("SELECT 1"))


async def test_a_task_whose_job_is_lost_gets_a_new_one(house: Any) -> None:
    task_id = await house.submit()
    await execute(house, "DELETE FROM procrastinate_jobs")
    house.start_worker()
    assert (await house.ended(task_id))["status"] == "completed"
    async with house.parts.database.transaction() as session:
        events = [event.type for event in await event_store.list_events(session, UUID(task_id))]
    assert events.count("task.requeued") == 1
    assert events.count("task.started") == 1


async def test_tasks_with_a_live_job_and_ended_tasks_are_no_orphans(house: Any) -> None:
    await house.submit()
    cancelled = await house.submit()
    await house.http.post(f"/tasks/{cancelled}/cancel")
    assert await worker.recover(house.parts, everything=True) == 0


async def test_finished_jobs_are_deleted(house: Any) -> None:
    house.start_worker()
    for task_id in [await house.submit() for _ in range(3)]:
        await house.ended(task_id)
    await house.stop_workers()
    assert await execute(house, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert await execute(house, "SELECT count(*) FROM procrastinate_workers") == [(0,)]


async def test_a_job_is_queued_if_and_only_if_the_caller_commits(house: Any) -> None:
    async def change_of_mind() -> None:
        async with house.parts.database.transaction() as session:
            await house.parts.queue.enqueue(session, [(uuid4(), 0)])
            raise LookupError

    with pytest.raises(LookupError):
        await change_of_mind()
    assert await execute(house, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


async def test_a_job_for_a_task_that_is_gone_is_dropped(house: Any) -> None:
    async with house.parts.database.transaction() as session:
        await house.parts.queue.enqueue(session, [(uuid4(), 0)])
    task_id = await house.submit()
    house.start_worker()
    await house.ended(task_id)
    await house.stop_workers()
    assert await execute(house, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]


async def test_a_worker_outlives_its_connections(house: Any) -> None:
    house.start_worker()
    await house.ended(await house.submit())
    await execute(
        house,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    task_id = await house.submit()
    assert (await house.ended(task_id))["status"] == "completed"


async def test_the_row_decides_who_may_write(house: Any) -> None:
    task_id = UUID(await house.submit())
    async with house.parts.database.statements() as connection:
        first, had = (await lifecycle_store.claim(connection, {task_id: None}))[task_id]
    async with house.parts.database.statements() as connection:
        second, has = (await lifecycle_store.claim(connection, {task_id: None}))[task_id]
    assert had == 300
    assert has <= had
    assert first.deadline_at == second.deadline_at  # crashes do not move it
    async with house.parts.database.transaction() as session:
        late = Move(task_id, TaskStatus.COMPLETED, first.run_token)
        mine = Move(task_id, TaskStatus.COMPLETED, second.run_token)
        assert await lifecycle_store.update_task_status(session, late, mine) == [False, True]
        failed = Move(task_id, TaskStatus.FAILED)
        assert await lifecycle_store.update_task_status(session, failed) == [False]


def test_a_queue_is_made_without_a_connection(settings: Any) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:9/none"})
    assert Queue(away) is not None


async def test_a_woken_zombie_cannot_end_the_job_of_another(house: Any) -> None:
    """The dead worker's job is dropped and a new one made, so that its late end hits nothing."""
    task_id = await house.submit()
    [(before,)] = await execute(house, "SELECT id FROM procrastinate_jobs")
    await fetched_by_a_dead_worker(house, seconds_ago=60)
    assert await worker.recover(house.parts, everything=False) == 1
    [(after, status)] = await execute(house, "SELECT id, status FROM procrastinate_jobs")
    assert after != before
    assert status == "todo"
    [(job_id,)] = await execute(house, "SELECT job_id FROM tasks WHERE id = :id", id=task_id)
    assert job_id == after


async def test_a_job_whose_end_could_not_be_written_is_delivered_again(house: Any) -> None:
    """Its worker lives and beats, and has done with it: the task waits, the job is `doing`."""
    task_id = await house.submit()
    await fetched_by_a_dead_worker(house, seconds_ago=0)
    await execute(house, "UPDATE procrastinate_workers SET last_heartbeat = now() + interval '1 h'")
    assert await worker.recover(house.parts, everything=False) == 0  # it may just be starting
    await execute(
        house,
        "UPDATE procrastinate_events SET at = now() - interval '1 h' WHERE type = 'started'",
    )
    assert await worker.recover(house.parts, everything=False) == 1
    house.start_worker()
    assert (await house.ended(task_id))["attempt"] == 1
