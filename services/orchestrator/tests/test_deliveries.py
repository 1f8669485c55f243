"""Jobs come to a worker and leave it in batches, and none of them gets lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import procrastinate
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from sqlalchemy import text

from app.deliveries import Deliveries

QUEUES = ["tasks"]


@pytest.fixture
async def make_deliveries(database_url: str) -> AsyncIterator[Any]:
    """A factory of what a worker process with so many places fetches its jobs by."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database_url))
    async with app.open_async():
        yield lambda places: Deliveries(app.connector, asyncio.Event(), places)


async def by_status(house: Any) -> dict[str, int]:
    counted = "SELECT status, count(*) AS number FROM procrastinate_jobs GROUP BY status"
    async with house.parts.database.transaction() as session:
        rows = await session.execute(text(counted))
        return {row.status: row.number for row in rows}


async def taken(deliveries: Deliveries, worker_id: int, count: int) -> list[Job]:
    jobs = [await deliveries.fetch_job(QUEUES, worker_id) for _ in range(count)]
    return [job for job in jobs if job is not None]


async def test_no_more_is_fetched_than_there_are_places(house: Any, make_deliveries: Any) -> None:
    goals = ["first", "second", "third", "fourth"]
    for goal in goals:
        await house.submit(goal)
    deliveries = make_deliveries(3)
    worker_id = await deliveries.register_worker()
    jobs = await taken(deliveries, worker_id, 1)
    assert await by_status(house) == {"doing": 3, "todo": 1}
    await deliveries.finish_job(jobs[0], Status.SUCCEEDED, True)
    jobs = await taken(deliveries, worker_id, 3)
    assert await by_status(house) == {"doing": 3}
    assert len({job.id for job in jobs}) == 3
    assert await taken(deliveries, worker_id, 1) == []


async def test_who_waits_longest_and_is_most_urgent_comes_first(
    house: Any, make_deliveries: Any
) -> None:
    ids = [await house.submit(priority=priority) for priority in (0, 5, 0, 5)]
    deliveries = make_deliveries(4)
    jobs = await taken(deliveries, await deliveries.register_worker(), 4)
    order = [str(job.task_kwargs["task_id"]) for job in jobs]
    assert order == [ids[1], ids[3], ids[0], ids[2]]


async def test_what_was_fetched_and_not_begun_is_for_others_when_a_worker_stops(
    house: Any, make_deliveries: Any
) -> None:
    for _ in range(3):
        await house.submit()
    deliveries = make_deliveries(3)
    worker_id = await deliveries.register_worker()
    assert len(await taken(deliveries, worker_id, 1)) == 1
    await deliveries.put_back(worker_id)
    assert await by_status(house) == {"doing": 1, "todo": 2}
    other = make_deliveries(3)
    assert len(await taken(other, await other.register_worker(), 3)) == 2


async def test_a_job_that_is_gone_fails_for_itself_alone(house: Any, make_deliveries: Any) -> None:
    for _ in range(4):
        await house.submit()
    deliveries = make_deliveries(4)
    first, gone, third, fourth = await taken(deliveries, await deliveries.register_worker(), 4)
    async with house.parts.database.transaction() as session:
        await session.execute(
            text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": gone.id}
        )
    ends = [
        deliveries.finish_job(job, Status.SUCCEEDED, True) for job in (first, gone, third, fourth)
    ]
    ended = await asyncio.gather(*ends, return_exceptions=True)
    assert [type(end) for end in ended] == [type(None), ConnectorException, type(None), type(None)]
    assert await by_status(house) == {}
