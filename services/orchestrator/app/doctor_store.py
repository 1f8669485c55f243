"""What `octollm doctor` asks the database itself. Functions take the caller's session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

WORKERS_ALIVE = """
    SELECT count(*) FROM procrastinate_workers
     WHERE last_heartbeat >= now() - make_interval(secs => :stale)
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL: its version (150008 is 15.8), the database's name, the time it has."""

    version: int
    database: str
    now: datetime


async def server(session: AsyncSession) -> Server:
    """Return what answers there; needs no tables."""
    row = (
        await session.execute(
            text(
                "SELECT current_setting('server_version_num')::int AS version, "
                "current_database() AS database, clock_timestamp() AS now"
            )
        )
    ).one()
    return Server(row.version, row.database, row.now)


async def workers_alive(session: AsyncSession, stale: float) -> int:
    """Return how many queue consumers were heard of in the last `stale` seconds."""
    return int(await session.scalar(text(WORKERS_ALIVE), {"stale": stale}) or 0)
