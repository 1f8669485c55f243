"""The SQL statements behind the console's overview: sums over a tenant's last day and week.

None of them writes. Each looks at a bounded stretch of time, and in it at `MOST` rows at most, the
newest, along the index on `(tenant, created_at, …)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

MOST: Final = 20_000
"""How many tasks, and how many refusals, are summed up."""

_RECENT: Final = """
    WITH recent AS (
        SELECT id, status, created_at, started_at, finished_at, drawn_tokens, drawn_usd,
               assigned_arm
        FROM tasks
        WHERE tenant = :tenant AND created_at > now() - make_interval(hours => :hours)
        ORDER BY created_at DESC, id DESC
        LIMIT :most
    )
"""

_HOURS = text(f"""{_RECENT}
    SELECT CAST(floor(extract(epoch FROM now() - created_at) / 3600) AS integer) AS hours_ago,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE status IN ('pending', 'processing')) AS open,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP
               (ORDER BY extract(epoch FROM finished_at - created_at))
               FILTER (WHERE status = 'completed') AS percentiles
    FROM recent GROUP BY 1 ORDER BY 1
    """)  # noqa: S608  (no value is put in)

_LATENCY = text(f"""{_RECENT}
    SELECT percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP
               (ORDER BY extract(epoch FROM started_at - created_at))
               FILTER (WHERE started_at IS NOT NULL) AS waiting,
           percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP
               (ORDER BY extract(epoch FROM finished_at - started_at))
               FILTER (WHERE status = 'completed') AS working,
           percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP
               (ORDER BY extract(epoch FROM finished_at - created_at))
               FILTER (WHERE status = 'completed') AS altogether,
           count(*) AS tasks, count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled
    FROM recent
    """)  # noqa: S608  (no value is put in)

_SPEND = text(f"""{_RECENT}
    SELECT CAST(floor(extract(epoch FROM now() - recent.created_at) / 86400) AS integer)
               AS days_ago,
           coalesce(task_results.result ->> 'arm', assigned_arm, 'none chosen') AS arm,
           sum(drawn_usd) AS usd, sum(drawn_tokens) AS tokens, count(*) AS tasks
    FROM recent LEFT JOIN task_results ON task_results.task_id = recent.id
    WHERE drawn_tokens > 0 GROUP BY 1, 2 ORDER BY 1, 2
    """)  # noqa: S608  (no value is put in)

_REFUSALS = text("""
    WITH recent AS (
        SELECT type, data FROM audit_events
        WHERE tenant = :tenant AND created_at > now() - make_interval(hours => :hours)
        ORDER BY created_at DESC LIMIT :most
    )
    SELECT type, kind, count(*) AS refusals
    FROM recent, jsonb_array_elements_text(coalesce(data -> 'kinds', '[]')) AS kind
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
    """)

_REFUSED = text("""
    SELECT type, data, created_at FROM audit_events
    WHERE tenant = :tenant AND created_at > now() - make_interval(hours => :hours)
    ORDER BY created_at DESC LIMIT :most
    """)

# Along the index on status: those that have not ended are few, however many have.
_OPEN = text("""
    SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status = 'processing') AS processing,
           extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'pending')) AS oldest
    FROM (SELECT status, created_at FROM tasks
          WHERE status IN ('pending', 'processing') AND tenant = :tenant LIMIT :most) AS unended
    """)

_FAILURES = text(f"""{_RECENT}
    SELECT coalesce(task_results.error_type, 'task-failed') AS reason, count(*) AS tasks
    FROM recent LEFT JOIN task_results ON task_results.task_id = recent.id
    WHERE status = 'failed' GROUP BY 1 ORDER BY 2 DESC, 1
    """)  # noqa: S608  (no value is put in)

DAY: Final = 24
WEEK: Final = 7 * 24


async def by_hour(session: AsyncSession, tenant: str) -> Sequence[Row[Any]]:
    """Return, for each of the last 24 hours that has some, the tasks submitted in it by status,
    and of those that completed the median and the 95th percentile of their seconds."""
    return (await session.execute(_HOURS, _over(tenant, DAY))).all()


async def latency(session: AsyncSession, tenant: str) -> Row[Any]:
    """Return the 50th, 90th and 99th percentile of the last day's seconds: before the first start,
    from then to the end, and both; and how many tasks there were."""
    return (await session.execute(_LATENCY, _over(tenant, DAY))).one()


async def spend(session: AsyncSession, tenant: str) -> Sequence[Row[Any]]:
    """Return dollars, tokens and tasks of the last seven days by day and arm, of those tasks that
    asked a model."""
    return (await session.execute(_SPEND, _over(tenant, WEEK))).all()


async def failures(session: AsyncSession, tenant: str) -> Sequence[Row[Any]]:
    """Return why tasks of the last day failed, and how many of each."""
    return (await session.execute(_FAILURES, _over(tenant, DAY))).all()


async def refusals(session: AsyncSession, tenant: str) -> Sequence[Row[Any]]:
    """Return how many submissions of the last seven days were refused for which kind."""
    return (await session.execute(_REFUSALS, _over(tenant, WEEK))).all()


async def refused(session: AsyncSession, tenant: str, limit: int) -> Sequence[Row[Any]]:
    """Return the last refusals of seven days, newest first."""
    return (await session.execute(_REFUSED, _over(tenant, WEEK) | {"most": limit})).all()


async def unended(session: AsyncSession, tenant: str) -> Row[Any]:
    """Return how many tasks are pending and processing now, and the age of the oldest pending one
    in seconds, None if there is none."""
    return (await session.execute(_OPEN, {"tenant": tenant, "most": MOST})).one()


def _over(tenant: str, hours: int) -> dict[str, Any]:
    return {"tenant": tenant, "hours": hours, "most": MOST}
