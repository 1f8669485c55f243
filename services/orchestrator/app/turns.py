"""Gives the tasks of tenants their places in the queue, by what each has waiting."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app import round_store
from app.ahead import Ahead
from app.database import Database
from app.rounds import Line

FRESH_SECONDS: Final = 1.0
"""How old what is known of a tenant may be; what this process adds to it meanwhile is known."""

AHEAD_SECONDS: Final = FRESH_SECONDS / 2
"""From this age on it is looked for anew, while tasks are given places by what is known."""

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
        self._meanwhile: defaultdict[str, list[int]] = defaultdict(list)
        self._ahead = Ahead()

    async def look(self, tenants: Collection[str]) -> None:
        """See to it that of none of the tenants what is known is too old. Raises
        DatabaseUnavailable."""
        if self._older(tenants, FRESH_SECONDS):
            await self._renew(tenants, FRESH_SECONDS)
        elif self._older(tenants, AHEAD_SECONDS):
            self._ahead.begin(lambda: self._renew(tenants, AHEAD_SECONDS))

    async def _renew(self, tenants: Collection[str], seconds: float) -> None:
        # One at a time: who waited finds it done.
        async with self._looking:
            if older := self._older(tenants, seconds):
                await self._look(older)

    def _older(self, tenants: Collection[str], seconds: float) -> set[str]:
        then = time.monotonic() - seconds
        return {one for one in tenants if one not in self._seen or self._seen[one].at <= then}

    async def _look(self, tenants: Collection[str]) -> None:
        now = time.monotonic()
        self._meanwhile.clear()
        async with self._database.transaction() as session:
            head = await round_store.head(session)
            waiting = await round_store.waiting(session, tenants, UPTO)
        for tenant in tenants:
            line = Line(head, waiting.get(tenant, Counter()))
            # Of places given while it was looked, the look may not know; none is given twice. Of
            # some it may know: they count twice until the next look, and one round may be short.
            for priority in self._meanwhile[tenant]:
                line.join(priority)
            self._seen[tenant] = _Seen(now, line)

    def take(self, wanting: Sequence[Wanting]) -> list[int]:
        """Return the priorities of the jobs of new tasks, of tenants that were looked for."""
        return [self._join(tenant, priority) for tenant, priority in wanting]

    def _join(self, tenant: str, priority: int) -> int:
        if self._looking.locked():
            self._meanwhile[tenant].append(priority)
        return self._seen[tenant].line.join(priority)


async def take_again(session: AsyncSession, wanting: Sequence[Wanting]) -> list[int]:
    """Return the priorities of the jobs of tasks that had been queued before: they come first."""
    head = await round_store.head(session)
    lines = {tenant: Line(head, Counter()) for tenant, _ in wanting}
    return [lines[tenant].join(priority) for tenant, priority in wanting]
