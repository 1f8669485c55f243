"""The SQL statement that deletes tasks for good. As in `store`, it does not commit."""

from __future__ import annotations

from sqlalchemy import Interval, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.lifecycle import TRANSITIONS
from app.models import Task


async def delete_older(session: AsyncSession, days: int, limit: int) -> int:
    """Delete tasks that ended more than so many days ago, the oldest first, and all of theirs.

    Result, events, model calls and private values go with them (ON DELETE CASCADE). What another
    transaction has locked is left for the next time, so that several may do it at once. Returns
    how many; at most `limit`.
    """
    ended = func.now() - func.make_interval(0, 0, 0, days, type_=Interval)
    old = (
        select(Task.id)
        .where(Task.status.in_(_FINAL), Task.finished_at < ended)
        .order_by(Task.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("old")  # once, and before: a locking sub-select might be run for each row
    )
    statement = delete(Task).where(Task.id.in_(select(old.c.id))).returning(Task.id)
    return len((await session.execute(statement)).all())


_FINAL = [status for status in TRANSITIONS if status.final]
