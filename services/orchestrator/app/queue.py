"""Delivers tasks by the queue library (procrastinate, on the same PostgreSQL).

The queue *delivers* task ids to workers, at least once; the `tasks` row is the truth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from procrastinate import exceptions, jobs, retry
from procrastinate.job_context import AbortReason, JobContext
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import queue_sql
from app.config import Settings
from app.connection import Connection, connection_class
from app.database import connect_args, driver_of
from app.deliveries import Deliveries
from app.queue_sql import JOB_NAME, QUEUE_NAME

SWEEP_LOCK = 0x0C70_11A1
RESTART_SECONDS = 1.0
RETRY_SECONDS = 1
POOL_SIZE = 5
log = structlog.get_logger(__name__)

Handler = Callable[[UUID, Callable[[], bool]], Awaitable[None]]
"""Runs one delivered task. The second argument tells, while the handler is being cancelled,
whether the task's owner asked for it (else the worker is stopping)."""


class RunAgain(Exception):
    """Raised by a handler: deliver this task again, `after` seconds from now."""

    def __init__(self, after: float) -> None:
        super().__init__(after)
        self.after = after


class Queue:
    """Delivery of task ids. Enqueueing and cancelling need no connection of the queue's own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app = procrastinate.App(connector=_connector(settings))  # never opened

    async def enqueue(self, session: AsyncSession, tasks: Sequence[tuple[UUID, int]]) -> list[int]:
        """Put tasks, each with the priority of its job (`rounds`), on the queue inside the caller's
        own transaction; return the ids of their jobs."""
        deferred = await self._app.job_manager.batch_defer_jobs_async(
            [_job_of(task_id, priority) for task_id, priority in tasks],
            connection=await driver_of(session),
        )
        return [job.id for job in deferred if job.id is not None]

    async def cancel(self, session: AsyncSession, job_id: int) -> None:
        """Take a job off the queue, or have its worker abort it, when the caller commits."""
        await self._app.job_manager.cancel_job_by_id_async(
            job_id, abort=True, delete_job=True, connection=await driver_of(session)
        )

    async def run_worker(self, handle: Handler, stop: asyncio.Event) -> None:
        """Deliver tasks to `handle` until `stop` is set; then let running ones finish.

        Comes back by itself when the database was away. Tasks still running `worker_grace`
        seconds after `stop` are cancelled, which hands them back.
        """
        app = procrastinate.App(connector=_connector(self._settings))
        deliveries = Deliveries(app.connector, stop, self._settings.worker_concurrency)
        app.job_manager = deliveries
        app.task(name=JOB_NAME, pass_context=True, retry=_Always())(_job(handle))
        opening = asyncio.Lock()
        try:
            async with asyncio.TaskGroup() as consumers:
                for number in range(self._settings.worker_instances):
                    running = self._keep_consuming(app, deliveries, opening, stop)
                    consumers.create_task(running, name=f"consumer {number}")
        finally:
            await app.close_async()

    async def _keep_consuming(
        self,
        app: procrastinate.App,
        deliveries: Deliveries,
        opening: asyncio.Lock,
        stop: asyncio.Event,
    ) -> None:
        """Keep one consumer running until `stop`, whatever happens to its connections."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            try:
                pool = asyncio.create_task(self._open(app, opening))
                await asyncio.wait({pool, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    pool.cancel()
                await pool
                await self._consume(app, deliveries, stopping)
            except asyncio.CancelledError:
                if not stop.is_set():
                    raise
            except Exception as error:
                log.warning("queue interrupted", exc_info=error)
            if not stop.is_set():
                await asyncio.wait({stopping}, timeout=RESTART_SECONDS)

    async def _open(self, app: procrastinate.App, opening: asyncio.Lock) -> None:
        """Open the pool, unless another consumer has; leave nothing half-open."""
        async with opening:
            try:
                await app.open_async()
            except Exception:
                await app.close_async()
                raise

    async def _consume(
        self, app: procrastinate.App, deliveries: Deliveries, stopping: asyncio.Task[Any]
    ) -> None:
        """Run one consumer until `stopping` is over or it breaks, and let it drain.

        It is told to stop again and again, and is not cancelled: a single cancellation can get
        lost on its way (`asyncio.wait_for` of Python 3.11 swallows one that arrives together with
        a result), and a second one would cut the draining short.
        """
        settings = self._settings
        consumer = Worker(
            app,
            queues=[QUEUE_NAME],
            concurrency=settings.worker_concurrency,
            fetch_job_polling_interval=settings.worker_poll,
            abort_job_polling_interval=settings.worker_poll,
            shutdown_graceful_timeout=settings.worker_grace,
            update_heartbeat_interval=settings.worker_heartbeat,
            stalled_worker_timeout=settings.worker_stale,
            delete_jobs=jobs.DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
        )
        running = asyncio.create_task(consumer.run())  # type: ignore[no-untyped-call]  # by its library
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            while not running.done():
                consumer.stop()  # type: ignore[no-untyped-call]  # by its library
                await deliveries.put_back(consumer.worker_id)
                await asyncio.wait({running}, timeout=RESTART_SECONDS)
        finally:
            if running.cancel():  # since this task itself was cancelled: the pool is closed next
                await asyncio.wait({running}, timeout=RESTART_SECONDS)
        running.result()

    async def take_recovery_lock(self, session: AsyncSession) -> bool:
        """Return True if this process may recover until the caller's transaction ends; of several
        that ask at once, one may."""
        held = await session.scalar(text("SELECT pg_try_advisory_xact_lock(:k)"), {"k": SWEEP_LOCK})
        return bool(held)

    async def drop_stalled(self, session: AsyncSession) -> int:
        """Drop the jobs nobody will finish; return how many. Their tasks are orphans then.

        Dropped, not put back: a worker that wakes up would end the very job another one runs. To be
        called under the recovery lock. The queue itself never does this.
        """
        stale = self._settings.worker_stale
        stalled = await session.execute(
            text(queue_sql.DROP_STALLED),
            {"queue": QUEUE_NAME, "stale": stale, "forgotten": 2 * stale},
        )
        await session.execute(text(queue_sql.DROP_ENDED), {"queue": QUEUE_NAME})
        await session.execute(text(queue_sql.FORGET_WORKERS), {"stale": stale})
        return len(stalled.all())

    async def orphans(self, session: AsyncSession, limit: int) -> list[tuple[UUID, str, int]]:
        """Return id, tenant and priority of unfinished tasks no job will ever deliver, locked."""
        rows = await session.execute(text(queue_sql.ORPHANS), {"limit": limit})
        return [(row.id, row.tenant, row.priority) for row in rows]


def _connector(settings: Settings) -> procrastinate.PsycopgConnector:
    async def check(connection: Connection) -> None:
        connection.check_open()

    def pool(**options: Any) -> AsyncConnectionPool[Any]:
        ours = {"connection_class": connection_class(settings), "check": check}
        return AsyncConnectionPool(**options | ours)

    return procrastinate.PsycopgConnector(
        pool_factory=pool,
        conninfo=settings.database_url,
        kwargs=connect_args(settings),
        min_size=1,
        max_size=POOL_SIZE,
        timeout=settings.db_pool_timeout,
        reconnect_timeout=settings.db_pool_timeout,
    )


class _Always(retry.BaseRetryStrategy):
    """Deliver again whatever went wrong: without a strategy, a job whose worker stops is lost.

    How often a task may be tried is decided on its row, not here.
    """

    def get_retry_decision(
        self, *, exception: BaseException, job: jobs.Job
    ) -> retry.RetryDecision | None:
        seconds = exception.after if isinstance(exception, RunAgain) else RETRY_SECONDS
        return retry.RetryDecision(retry_in={"milliseconds": int(seconds * 1000)})


def _job_of(task_id: UUID, priority: int) -> jobs.Job:
    return jobs.Job(
        id=None,
        queue=QUEUE_NAME,
        lock=None,
        queueing_lock=None,
        task_name=JOB_NAME,
        priority=priority,
        task_kwargs={"task_id": str(task_id)},
    )


def _job(handle: Handler) -> Callable[..., Awaitable[None]]:
    """Wrap a handler as the queue's job function."""

    async def run_task(context: JobContext, task_id: str) -> None:
        def wanted_by_owner() -> bool:
            return context.abort_reason() is AbortReason.USER_REQUEST

        try:
            await handle(UUID(task_id), wanted_by_owner)
        except asyncio.CancelledError:
            if wanted_by_owner():
                raise exceptions.JobAborted from None
            raise
        except RunAgain:
            raise
        except Exception as error:
            log.error("delivery failed; it will be repeated", task_id=task_id, exc_info=error)
            raise

    return run_task
