"""How many tasks have not ended, for `/metrics`: of all tenants, as the database has them."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Gauge
from starlette.requests import Request

from app.backlog_store import count_open
from app.database import Database
from octollm.errors import DatabaseUnavailable

FRESH_SECONDS: Final = 5.0
PATIENCE_SECONDS: Final = 2.0
MOST: Final = 100_000
"""No more of a status are counted, so that a long queue is not made longer by being measured."""

log = structlog.get_logger(__name__)


class QueueDepth:
    """The gauge `octollm_tasks_open`, counted when somebody asks, once in `FRESH_SECONDS` at most.

    Every API process shows the same number: `max` over them, not `sum`. While the database does not
    answer within `PATIENCE_SECONDS` there is no number, rather than an old one.
    """

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self._database = database
        self._gauge = Gauge(
            "octollm_tasks_open",
            f"Tasks that have not ended, by status, of all tenants; counted up to {MOST:,}.",
            ["status"],
            registry=registry,
        )
        self._counted = float("-inf")
        self._turn = asyncio.Lock()

    async def refresh(self) -> None:
        """Count anew, unless the last count, or the last try, is younger than `FRESH_SECONDS`."""
        async with self._turn:
            if time.monotonic() - self._counted < FRESH_SECONDS:
                return
            try:
                async with (
                    asyncio.timeout(PATIENCE_SECONDS),
                    self._database.transaction() as session,
                ):
                    counts = await count_open(session, MOST)
            except (DatabaseUnavailable, TimeoutError) as error:
                log.warning("open tasks not counted", error=type(error).__name__)
                self._gauge.clear()
            else:
                for status, count in counts.items():
                    self._gauge.labels(status).set(count)
            self._counted = time.monotonic()


async def measured(request: Request) -> None:
    """Dependency of `/metrics`: what it shows of the queue is no older than `FRESH_SECONDS`."""
    depth: QueueDepth = request.app.state.queue_depth
    await depth.refresh()
