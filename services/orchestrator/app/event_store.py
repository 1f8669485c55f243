"""Every SQL statement on events: those of a task, and those of the audit trail.

Functions take the caller's session and never commit.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import AuditEvent, Task, TaskEvent


async def add_event(
    session: AsyncSession, task_id: UUID, event_type: str, data: dict[str, Any]
) -> None:
    """Add one line to a task's history."""
    await session.execute(insert(TaskEvent).values(task_id=task_id, type=event_type, data=data))


async def add_event_of(
    session: AsyncSession, task_id: UUID, run_token: UUID, event_type: str, data: dict[str, Any]
) -> None:
    """Add a line to a task's history if the attempt with this token still has the task."""
    held = select(Task.id).where(Task.id == task_id, Task.run_token == run_token)
    if (await session.execute(held.with_for_update(key_share=True))).first() is not None:
        await add_event(session, task_id, event_type, data)


async def list_events(session: AsyncSession, task_id: UUID) -> list[TaskEvent]:
    """Return a task's history, oldest first."""
    statement = select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(TaskEvent.id)
    return list((await session.execute(statement)).scalars())


async def add_audit_event(
    session: AsyncSession, tenant: str, event_type: str, data: dict[str, Any]
) -> None:
    """Note that a request was refused, and why; never with the text."""
    await session.execute(insert(AuditEvent).values(tenant=tenant, type=event_type, data=data))
