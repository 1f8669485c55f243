"""The SQL statements that count tasks that have not ended. As in `store`, none of them commits."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# The status stands in the statement, not beside it: a plan made for any status would not know that
# idx_tasks_pending holds them all. No more entries of it are read than a limit needs. The order is
# that of the index: without it, where most tasks wait, the table itself would be read, from its
# beginning, where those lie that have ended. BETWEEN, since under `=` there is nothing to order.
COUNT = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM tasks
             WHERE status = 'pending' AND tenant BETWEEN :tenant AND :tenant
             ORDER BY tenant LIMIT :own) AS waiting) AS own,
           (SELECT count(*) FROM (SELECT FROM tasks
             WHERE status = 'pending' ORDER BY tenant LIMIT :total) AS waiting) AS total
    """)

# Each along its own index; those that are worked on are as few as the workers.
OPEN = text("""
    SELECT (SELECT count(*) FROM (SELECT FROM tasks
             WHERE status = 'pending' ORDER BY tenant LIMIT :upto) AS waiting) AS pending,
           (SELECT count(*) FROM (SELECT FROM tasks
             WHERE status = 'processing' ORDER BY status LIMIT :upto) AS running) AS processing
    """)

_TURN = text("SELECT pg_advisory_xact_lock(:turn)")
TURN = 0x0C70_11A2


@dataclass(frozen=True)
class Counts:
    """So many tasks: a tenant's own, and all tenants'."""

    own: int
    total: int


async def count_pending(session: AsyncSession, tenant: str, upto: Counts) -> Counts:
    """Return how many tasks wait for a worker, counted no further than `upto`."""
    row = (
        await session.execute(COUNT, {"tenant": tenant, "own": upto.own, "total": upto.total})
    ).one()
    return Counts(row.own, row.total)


async def count_open(session: AsyncSession, upto: int) -> dict[str, int]:
    """Return how many tasks of all tenants wait and are worked on, each counted up to `upto`."""
    row = (await session.execute(OPEN, {"upto": upto})).one()
    return {"pending": row.pending, "processing": row.processing}


async def take_turn(session: AsyncSession) -> None:
    """Wait until nobody else counts and stores, and be the one until the transaction ends."""
    await session.execute(_TURN, {"turn": TURN})
