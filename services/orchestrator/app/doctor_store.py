"""What `octollm doctor` asks the database. Functions take the caller's session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ApiKey, PrivateValues

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


async def good_keys(session: AsyncSession) -> int:
    """Return how many API keys let somebody in."""
    lives = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now())
    statement = select(func.count()).where(ApiKey.revoked_at.is_(None), lives)
    return int(await session.scalar(statement) or 0)


async def any_private_values(session: AsyncSession) -> bytes | None:
    """Return what some task's private values are encrypted as, the newest; None: there are none."""
    statement = select(PrivateValues.ciphertext).order_by(PrivateValues.task_id.desc()).limit(1)
    found: bytes | None = await session.scalar(statement)
    return found
