"""The SQL statements that tell what tenants have waiting. As in `store`, none of them commits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.rounds import round_of

# A job that waits for its second delivery is passed over: it has had its turn.
_HEAD = text("""
    SELECT priority FROM procrastinate_jobs
     WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
     ORDER BY priority DESC, id LIMIT 1
    """)

# Along idx_tasks_pending, for the reasons told in `backlog_store`.
WAITING = text("""
    SELECT given.tenant, waiting.priority, count(*) AS many
    FROM unnest(CAST(:tenants AS text[])) AS given (tenant), LATERAL (
        SELECT priority FROM tasks
         WHERE status = 'pending' AND tasks.tenant BETWEEN given.tenant AND given.tenant
         ORDER BY tasks.tenant LIMIT :upto) AS waiting
    GROUP BY given.tenant, waiting.priority
    """)


async def head(session: AsyncSession) -> int:
    """Return the round at the head of the queue; 0: nothing waits."""
    priority = await session.scalar(_HEAD)
    return 0 if priority is None else round_of(priority)


async def waiting(
    session: AsyncSession, tenants: Collection[str], upto: int
) -> Mapping[str, Counter[int]]:
    """Return how many tasks of each priority tenants have waiting, up to so many of each tenant."""
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    rows = await session.execute(WAITING, {"tenants": sorted(tenants), "upto": upto})
    for row in rows:
        counts[row.tenant][row.priority] = row.many
    return counts
