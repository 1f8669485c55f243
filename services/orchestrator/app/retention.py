"""What was kept as long as it may be is erased: finished tasks, and private values before them.

Every worker does it. A batch is a transaction, and takes what no other worker has locked, so they
share the work; what one leaves half done by dying, the next finds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import private_store, retention_store
from app.parts import Parts
from octollm.errors import DatabaseUnavailable

AT_A_TIME: Final = 500
"""Tasks in one transaction: it holds locks and may not outlast a statement's time-out."""

Erase = Callable[[AsyncSession, int, int], Awaitable[int]]

log = structlog.get_logger(__name__)


async def keep_forgetting(parts: Parts, stop: asyncio.Event) -> None:
    """Every `retention_interval` erase what is due, until `stop` is set."""
    while not stop.is_set():
        try:
            await forget(parts, stop)
        except DatabaseUnavailable:
            log.warning("retention put off: the database is away")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), parts.settings.retention_interval)


async def forget(parts: Parts, stop: asyncio.Event) -> None:
    """Erase all that is due, batch by batch; break off between two of them once `stop` is set.

    Private values come first: they must not outlive their time because tasks are many. Raises
    DatabaseUnavailable; what was erased until then stays so.
    """
    settings = parts.settings
    await _erase(
        parts, stop, "private values erased", private_store.purge_older, settings.private_days
    )
    await _erase(parts, stop, "tasks deleted", retention_store.delete_older, settings.task_days)


async def _erase(parts: Parts, stop: asyncio.Event, what: str, erase: Erase, days: int) -> None:
    erased = AT_A_TIME if days else 0
    while erased == AT_A_TIME and not stop.is_set():
        async with parts.database.transaction() as session:
            erased = await erase(session, days, AT_A_TIME)
        if erased:
            log.info(what, tasks=erased)
