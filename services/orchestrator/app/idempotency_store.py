"""Every SQL statement on idempotency keys. As in `store`, none of them commits.

A key is held by the task it was sent with, for so many hours from its acceptance. What is older
holds nothing more: `task_with_key` does not see it, `release_key` lets go of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Interval, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Task


async def task_with_key(session: AsyncSession, tenant: str, key: str, hours: int) -> Task | None:
    """Return the task that holds a tenant's key, None if no task does."""
    statement = select(Task).where(_has(tenant, key), Task.created_at > _ago(hours))
    return (await session.execute(statement)).scalar_one_or_none()


async def release_key(session: AsyncSession, tenant: str, key: str, hours: int) -> bool:
    """Take a tenant's key from the task that has held it for so many hours. False: none has.

    Of several that try at once, one is told True when the others' transactions wait for its own.
    """
    statement = update(Task).where(_has(tenant, key), Task.created_at <= _ago(hours))
    released = await session.execute(statement.values(idempotency_key=None).returning(Task.id))
    return released.first() is not None


def _has(tenant: str, key: str) -> ColumnElement[bool]:
    return (Task.tenant == tenant) & (Task.idempotency_key == key)


def _ago(hours: int) -> ColumnElement[datetime]:
    return func.now() - func.make_interval(0, 0, 0, 0, hours, type_=Interval)
