"""Every SQL statement on tasks but those that change their status (`lifecycle_store`).

Functions take the caller's session and never commit.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import cursor as cursors
from app import event_store
from app.models import Task, TaskResultRow
from octollm.contracts import TaskStatus
from octollm.errors import TaskNotFound


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


async def lock_task(session: AsyncSession, task_id: UUID) -> Task | None:
    """Return a task, locked until the caller commits; None if it is gone."""
    return await session.get(Task, task_id, with_for_update=True)


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
