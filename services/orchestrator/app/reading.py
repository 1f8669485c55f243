"""Reads a task as its owner sees it, now or once it has ended."""

from __future__ import annotations

import time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import store, views
from app.completions import Completions
from app.parts import Parts
from octollm.contracts import TaskResponse


async def task_of(session: AsyncSession, parts: Parts, tenant: str, task_id: UUID) -> TaskResponse:
    """Return a tenant's task, private values put back in its result.

    Raises TaskNotFound and PrivateValuesUnreadable.
    """
    task, row = await store.get_task(session, tenant, task_id)
    redacted = task.pii_policy == "redact" and row is not None
    values = await parts.concealing.values_of(session, task_id) if redacted else {}
    return views.response(task, row, values)


async def awaited(
    parts: Parts, completions: Completions, tenant: str, task_id: UUID, seconds: float
) -> TaskResponse:
    """Return a task as soon as it has ended, or as it is after so many seconds.

    Each look is a transaction of its own, so that waiting holds no connection. Raises what
    `task_of` raises.
    """
    ends = time.monotonic() + seconds
    with completions.watch(task_id) as ended:
        while True:
            ended.clear()
            async with parts.database.transaction() as session:
                task = await task_of(session, parts, tenant, task_id)
            left = ends - time.monotonic()
            if task.status.final or left <= 0 or completions.closing:
                return task
            await completions.pause(ended, left)
