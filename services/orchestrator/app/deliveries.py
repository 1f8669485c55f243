"""How jobs come to a worker and leave it: those of one moment by one statement.

The library asks for one job at a time, and writes the end of each by itself. What is fetched here
is as much as its worker has places free, so that a job never waits in one process while another
is idle.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from procrastinate import jobs
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from app import queue_sql
from app.database import is_away, patiently
from app.gathering import Held, Patient, apart

PATIENCE_SECONDS: Final = 30.0
"""How long the end of a job is tried to be written; then its worker's heartbeat has failed too."""

MOST: Final = 100
"""Ends of jobs in one statement."""


class _End(NamedTuple):
    job_id: int | None
    status: str
    deleted: bool


class Deliveries(JobManager):
    """What the workers of one process fetch and end their jobs by.

    The end of a job is written again while the database is away, where the library tries once and
    the job would stay `doing` under a worker that lives. One that is to stop tries once too: what
    it leaves is found as a dead worker's.
    """

    def __init__(self, connector: Any, stop: asyncio.Event, places: int) -> None:
        """`places` is how many jobs a worker runs at a time."""
        super().__init__(connector)
        self._stop, self._places = stop, places
        self._fetched: defaultdict[int | None, deque[jobs.Job]] = defaultdict(deque)
        self._running: defaultdict[int, int] = defaultdict(int)
        self._ends: Patient[_End, None] = Patient(
            apart(self._end, unless=lambda error: is_away(error.__cause__ or error)),
            self._end_alone,
            most=MOST,
        )

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:
        """Return a job for a worker; None: there is none."""
        if not self._fetched[worker_id]:
            free = max(1, self._places - self._running[worker_id])
            rows = await self.connector.execute_query_all_async(
                query=queue_sql.FETCH, queues=queues, worker_id=worker_id, most=free
            )
            rows.sort(key=lambda row: (-row["priority"], row["id"]))
            self._fetched[worker_id].extend(map(jobs.Job.from_row, rows))
        if not self._fetched[worker_id]:
            return None
        self._running[worker_id] += 1
        return self._fetched[worker_id].popleft()

    async def put_back(self, worker_id: int | None) -> None:
        """Let other workers have what one that stops has fetched and not begun.

        Where the database is away, it is found as a dead worker's.
        """
        fetched = self._fetched.pop(worker_id, ())
        for job in fetched:
            with suppress(ConnectorException):
                await self.connector.execute_query_async(
                    query=queue_sql.DELIVER_AGAIN, job_id=job.id, after=0.0
                )

    async def unregister_worker(self, worker_id: int) -> None:
        await self.put_back(worker_id)
        self._running.pop(worker_id, None)
        await super().unregister_worker(worker_id)

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        write = partial(self._ends.ask, _End(job.id, status.value, delete_job))
        await self._left(job, write)

    async def retry_job(
        self, job: jobs.Job, retry_at: datetime | None = None, *_: Any, **__: Any
    ) -> None:
        """Have a job delivered again after a while by the database's clock.

        The library sends a time by the clock of the worker: of one that is an hour ahead, a task
        would be delivered again in an hour.
        """
        after = (retry_at - datetime.now(UTC)).total_seconds() if retry_at else 0.0
        write = partial(
            self.connector.execute_query_async,
            query=queue_sql.DELIVER_AGAIN,
            job_id=job.id,
            after=max(0.0, after),
        )
        await self._left(job, write)

    async def _left(self, job: jobs.Job, write: Callable[[], Awaitable[None]]) -> None:
        """Write that a job has left its worker, and have its place free whatever comes of it."""
        try:
            await patiently(PATIENCE_SECONDS, self._stop.is_set)(write)
        finally:
            if job.worker_id is not None and job.worker_id in self._running:
                self._running[job.worker_id] -= 1

    async def _end(self, batch: Sequence[_End]) -> Sequence[Held | None]:
        rows = await self.connector.execute_query_all_async(
            query=queue_sql.FINISH,
            job_ids=[end.job_id for end in batch],
            statuses=[end.status for end in batch],
            deletions=[end.deleted for end in batch],
        )
        ended = {row["id"] for row in rows}
        return [None if end.job_id in ended else Held() for end in batch]

    async def _end_alone(self, batch: Sequence[_End]) -> Sequence[None]:
        """Wait for the row of a job to be free; raise ConnectorException if it is gone."""
        (end,) = batch
        await self.connector.execute_query_async(
            query=queue_sql.FINISH_ONE, job_id=end.job_id, status=end.status, deletion=end.deleted
        )
        return [None]
