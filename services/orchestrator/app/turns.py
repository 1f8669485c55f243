"""Gives the tasks of tenants their places in the queue, by what each has waiting."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app import round_store
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

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}

    async def take(self, session: AsyncSession, wanting: Sequence[Wanting]) -> list[int]:
        """Return the priorities of the jobs of new tasks, which are stored in the same transaction
        and not yet."""
        now = time.monotonic()
        unknown = {
            tenant
            for tenant, _ in wanting
            if tenant not in self._seen or now - self._seen[tenant].at >= FRESH_SECONDS
        }
        if unknown:
            head = await round_store.head(session)
            waiting = await round_store.waiting(session, unknown, UPTO)
            for tenant in unknown:
                self._seen[tenant] = _Seen(now, Line(head, waiting.get(tenant, Counter())))
        return [self._seen[tenant].line.join(priority) for tenant, priority in wanting]


async def take_again(session: AsyncSession, wanting: Sequence[Wanting]) -> list[int]:
    """Return the priorities of the jobs of tasks that had been queued before: they come first."""
    head = await round_store.head(session)
    lines = {tenant: Line(head, Counter()) for tenant, _ in wanting}
    return [lines[tenant].join(priority) for tenant, priority in wanting]
