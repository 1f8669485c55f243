"""The SQL statements on `private_values`. As in `store`, none of them commits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Interval, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import PrivateValues, Task
from octollm.contracts import TaskStatus


async def put_values(session: AsyncSession, task_id: UUID, ciphertext: bytes) -> None:
    """Store the encrypted values of a task, in the place of those there may be."""
    statement = insert(PrivateValues).values(task_id=task_id, ciphertext=ciphertext)
    replacing = {"ciphertext": statement.excluded.ciphertext}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["task_id"], set_=replacing)
    )


async def put_made(
    session: AsyncSession, task_id: UUID, run_token: UUID, ciphertext: bytes
) -> bool:
    """Store the encrypted values of a task that is being worked on, in the place of those there
    may be. False, and nothing stored, unless the attempt with that token has it."""
    mine = select(Task.id, literal(ciphertext)).where(
        Task.id == task_id, Task.run_token == run_token, Task.status == TaskStatus.PROCESSING
    )
    insertion = insert(PrivateValues).from_select(
        ["task_id", "ciphertext"], mine.with_for_update(key_share=True)
    )
    replacing = {"ciphertext": insertion.excluded.ciphertext}
    statement = insertion.on_conflict_do_update(index_elements=["task_id"], set_=replacing)
    stored = await session.execute(statement.returning(PrivateValues.task_id))
    return stored.first() is not None


async def get_values(session: AsyncSession, task_id: UUID) -> bytes | None:
    """Return the encrypted values of a task, None if it has none."""
    statement = select(PrivateValues.ciphertext).where(PrivateValues.task_id == task_id)
    found: bytes | None = await session.scalar(statement)
    return found


async def any_values(session: AsyncSession) -> bytes | None:
    """Return what the values of one task are encrypted as; None: no task has any."""
    statement = select(PrivateValues.ciphertext).order_by(PrivateValues.task_id.desc()).limit(1)
    found: bytes | None = await session.scalar(statement)
    return found


async def purge(session: AsyncSession, tenant: str, task_id: UUID) -> bool:
    """Erase the values of a tenant's task; False if there were none. Its placeholders stay."""
    own = select(Task.id).where(Task.id == task_id, Task.tenant == tenant)
    statement = delete(PrivateValues).where(PrivateValues.task_id.in_(own))
    erased = await session.execute(statement.returning(PrivateValues.task_id))
    return erased.first() is not None


async def purge_older(session: AsyncSession, days: int, limit: int) -> int:
    """Erase the values of tasks that ended more than so many days ago, the oldest first.

    Returns how many tasks; at most `limit`. What another transaction has locked is left out.
    """
    ended = func.now() - func.make_interval(0, 0, 0, days, type_=Interval)
    old = (
        select(PrivateValues.task_id)
        .join(Task, Task.id == PrivateValues.task_id)
        .where(Task.finished_at < ended)
        .order_by(Task.finished_at)
        .limit(limit)
        .with_for_update(of=PrivateValues, skip_locked=True)
        .cte("old")
    )
    statement = delete(PrivateValues).where(PrivateValues.task_id.in_(select(old.c.task_id)))
    return len((await session.execute(statement.returning(PrivateValues.task_id))).all())


async def locked_values(
    session: AsyncSession, after: UUID | None, limit: int
) -> list[tuple[UUID, bytes]]:
    """Return tasks and their ciphertexts by id, locked until the caller commits.

    First the tasks, so that who deletes some passes them over: it locks a task before its values,
    and the two would wait for each other.
    """
    tasks = select(Task.id).join(PrivateValues, PrivateValues.task_id == Task.id)
    if after is not None:
        tasks = tasks.where(Task.id > after)
    tasks = tasks.order_by(Task.id).limit(limit).with_for_update(of=Task, read=True, key_share=True)
    ids = (await session.execute(tasks)).scalars().all()
    values = (
        select(PrivateValues.task_id, PrivateValues.ciphertext)
        .where(PrivateValues.task_id.in_(ids))
        .order_by(PrivateValues.task_id)
        .with_for_update()
    )
    return [(row.task_id, row.ciphertext) for row in await session.execute(values)]
