"""Every SQL statement on tasks and their results.

Functions take the caller's session and never commit. A task changes its status in
`update_task_status` and `claim`, nowhere else.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Float, Interval, cast, extract, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import call_store, event_store
from app import cursor as cursors
from app.lifecycle import TRANSITIONS
from app.models import Task, TaskResultRow
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import TaskFailure, TaskNotFound


async def get_task(
    session: AsyncSession, tenant: str, task_id: UUID
) -> tuple[Task, TaskResultRow | None]:
    """Return a tenant's task and, once it ended, its result. Raises TaskNotFound."""
    statement = (
        select(Task, TaskResultRow)
        .outerjoin(TaskResultRow, TaskResultRow.task_id == Task.id)
        .where(Task.id == task_id, Task.tenant == tenant)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise TaskNotFound
    return row.Task, row.TaskResultRow


async def list_tasks(
    session: AsyncSession,
    tenant: str,
    *,
    status: TaskStatus | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[Task], str | None]:
    """Return one page of a tenant's tasks, newest first, and the cursor of the next page.

    Raises InvalidRequest for a cursor that is not one of ours.
    """
    statement = select(Task).where(Task.tenant == tenant)
    if status is not None:
        statement = statement.where(Task.status == status)
    if cursor is not None:
        statement = statement.where(tuple_(Task.created_at, Task.id) < cursors.read(cursor))
    statement = statement.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit + 1)
    tasks = list((await session.execute(statement)).scalars())
    more = len(tasks) > limit
    return tasks[:limit], (
        cursors.write(tasks[limit - 1].created_at, tasks[limit - 1].id) if more else None
    )


async def set_job(session: AsyncSession, task_id: UUID, job_id: int) -> None:
    """Remember which job delivers a task."""
    await session.execute(update(Task).where(Task.id == task_id).values(job_id=job_id))


async def claim(
    session: AsyncSession, task_id: UUID, lost: UUID | None = None
) -> tuple[Task, float] | None:
    """Start an attempt: a new run token fences off every earlier one. None: not to be started.

    The last attempt of a task whose attempt before was lost is started only by who knows that
    one's run token, `lost`, and sees to it that it runs alone.
    The deadline is set once, at the first start, and survives crashes. Returned beside the task:
    the seconds left until then by the database's clock, since a worker's may differ.
    """
    seconds = cast(Task.budget["max_time_seconds"].astext, Float)
    deadline = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    beside_others = or_(Task.status == TaskStatus.PENDING, Task.attempt < Task.max_attempts - 1)
    statement = (
        update(Task)
        .where(
            Task.id == task_id,
            beside_others if lost is None else Task.run_token == lost,
            Task.status.in_(_predecessors(TaskStatus.PROCESSING)),
            Task.attempt < Task.max_attempts,
            Task.cancel_requested_at.is_(None),
        )
        .values(
            status=TaskStatus.PROCESSING,
            attempt=Task.attempt + 1,
            run_token=uuid4(),
            started_at=func.coalesce(Task.started_at, func.now()),
            deadline_at=func.coalesce(Task.deadline_at, deadline),
            updated_at=func.now(),
        )
        .returning(Task, extract("epoch", Task.deadline_at - func.now()).label("seconds_left"))
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        return None
    if row.Task.attempt > 1:
        await call_store.abandon_reserved(session, task_id)
    await event_store.add_event(session, task_id, "task.started", {"attempt": row.Task.attempt})
    return row.Task, float(row.seconds_left)


async def lock_task(session: AsyncSession, task_id: UUID) -> Task | None:
    """Return a task, locked until the caller commits; None if it is gone."""
    return await session.get(Task, task_id, with_for_update=True)


async def update_task_status(
    session: AsyncSession,
    task_id: UUID,
    status: TaskStatus,
    *,
    run_token: UUID | None = None,
    event: dict[str, Any] | None = None,
    extra_attempts: int = 0,
) -> bool:
    """Move a task to `status` and add the event that says so. The one way to do it.

    With `run_token`, only the attempt that holds the task may do it. False: the task was not in
    a status that allows it, or someone else has it; then nothing was changed. `extra_attempts`
    gives back an attempt cut short. With a final status, what models answered is erased.
    """
    now = func.clock_timestamp()
    statement = update(Task).where(Task.id == task_id, Task.status.in_(_predecessors(status)))
    if run_token is not None:
        statement = statement.where(
            Task.run_token == run_token, Task.status == TaskStatus.PROCESSING
        )
    statement = statement.values(
        status=status,
        run_token=None,
        updated_at=now,
        finished_at=now if status.final else None,
        max_attempts=Task.max_attempts + extra_attempts,
    )
    changed = (await session.execute(statement.returning(Task.id))).scalar_one_or_none()
    if changed is None:
        return False
    await event_store.add_event(session, task_id, f"task.{_EVENT_NAMES[status]}", event or {})
    if status.final:
        await call_store.close(session, task_id)
    return True


async def store_task_result(
    session: AsyncSession,
    task_id: UUID,
    *,
    processing_time_ms: int,
    result: TaskResult | None = None,
    failure: TaskFailure | None = None,
) -> None:
    """Store how a task ended. To be called once, in the transaction that made it final."""
    await session.execute(
        insert(TaskResultRow).values(
            task_id=task_id,
            result=result.model_dump(mode="json") if result else None,
            error=failure.detail if failure else None,
            error_type=failure.slug if failure else None,
            processing_time_ms=processing_time_ms,
        )
    )


async def request_cancel(session: AsyncSession, tenant: str, task_id: UUID) -> tuple[Task, bool]:
    """Note that a task is to be cancelled; return it, locked, and whether this was news.

    Raises TaskNotFound. A task that has ended is returned as it is.
    """
    statement = select(Task).where(Task.id == task_id, Task.tenant == tenant).with_for_update()
    task = (await session.execute(statement)).scalar_one_or_none()
    if task is None:
        raise TaskNotFound
    if task.status.final or task.cancel_requested_at is not None:
        return task, False
    task.cancel_requested_at = func.now()
    await session.flush()
    await event_store.add_event(session, task_id, "task.cancel_requested", {})
    await session.refresh(task)
    return task, True


_EVENT_NAMES = {
    TaskStatus.PENDING: "handed_back",
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
}


def _predecessors(status: TaskStatus) -> list[TaskStatus]:
    return [old for old, following in TRANSITIONS.items() if status in following]
