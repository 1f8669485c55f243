"""Gives the tasks of tenants their places in the queue, by what each has waiting."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app import round_store
from app.database import Database
from app.rounds import Line

FRESH_SECONDS: Final = 1.0
"""How old what is known of a tenant may be; what this process adds to it meanwhile is known."""

UPTO: Final = 10_000
"""No more of a tenant's tasks are counted; those past them share a round."""

Wanting = tuple[str, int]
"""A task that is to be queued: its tenant and its priority."""


@dataclass(frozen=True)
class _Seen:
    at: float
    line: Line


class Turns:
    """What one process has last seen of the lines of tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, _Seen] = {}
        self._looking = asyncio.Lock()

    async def look(self, tenants: Collection[str]) -> None:
        """See to it that of none of the tenants what is known is too old. Raises
        DatabaseUnavailable."""
        if not self._unknown(tenants):
            return
        # One at a time: a second look, begun before places were taken by the first, would not
        # know of them.
        async with self._looking:
            if unknown := self._unknown(tenants):
                await self._look(unknown)

    def _unknown(self, tenants: Collection[str]) -> set[str]:
        old = time.monotonic() - FRESH_SECONDS
        return {one for one in tenants if one not in self._seen or self._seen[one].at <= old}

    async def _look(self, tenants: Collection[str]) -> None:
        now = time.monotonic()
        async with self._database.transaction() as session:
            head = await round_store.head(session)
            waiting = await round_store.waiting(session, tenants, UPTO)
        for tenant in tenants:
            self._seen[tenant] = _Seen(now, Line(head, waiting.get(tenant, Counter())))

    def take(self, wanting: Sequence[Wanting]) -> list[int]:
        """Return the priorities of the jobs of new tasks, of tenants that were looked for."""
        return [self._seen[tenant].line.join(priority) for tenant, priority in wanting]


async def take_again(session: AsyncSession, wanting: Sequence[Wanting]) -> list[int]:
    """Return the priorities of the jobs of tasks that had been queued before: they come first."""
    head = await round_store.head(session)
    lines = {tenant: Line(head, Counter()) for tenant, _ in wanting}
    return [lines[tenant].join(priority) for tenant, priority in wanting]
