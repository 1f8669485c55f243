"""The SQL statements on `private_values`. As in `store`, none of them commits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import PrivateValues, Task


async def put_values(session: AsyncSession, task_id: UUID, ciphertext: bytes) -> None:
    """Store the encrypted values of a task, in the place of those there may be."""
    statement = insert(PrivateValues).values(task_id=task_id, ciphertext=ciphertext)
    replacing = {"ciphertext": statement.excluded.ciphertext}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["task_id"], set_=replacing)
    )


async def get_values(session: AsyncSession, task_id: UUID) -> bytes | None:
    """Return the encrypted values of a task, None if it has none."""
    statement = select(PrivateValues.ciphertext).where(PrivateValues.task_id == task_id)
    found: bytes | None = await session.scalar(statement)
    return found


async def purge(session: AsyncSession, tenant: str, task_id: UUID) -> bool:
    """Erase the values of a tenant's task; False if there were none. Its placeholders stay."""
    own = select(Task.id).where(Task.id == task_id, Task.tenant == tenant)
    statement = delete(PrivateValues).where(PrivateValues.task_id.in_(own))
    erased = await session.execute(statement.returning(PrivateValues.task_id))
    return erased.first() is not None
