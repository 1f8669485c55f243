"""How many tasks may wait for a worker: of one tenant, and in all.

Far from a limit each process goes by a count that is at most a second old, and made anew beside the
submits; within `NEAR` of it one is made in every transaction that stores tasks. Who counts there
takes turns, over all processes, so that no limit is exceeded. Once it is reached, ten times a
second, and what comes meanwhile is turned away from memory, before it is screened. So a flood costs
next to nothing.

A limit above `NEAR` can be exceeded by what all processes together accept beyond `NEAR` tasks in
one second.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.ahead import Ahead
from app.backlog_store import Counts, count_pending, take_turn
from app.config import Settings
from app.database import Database
from octollm.errors import Overloaded, QueueFull

NEAR: Final = 2_000
"""So close to a limit every submit counts: more than a process can accept in a second."""

FAR_SECONDS: Final = 1.0
AHEAD_SECONDS: Final = FAR_SECONDS / 2
"""From this age on a count far from a limit is made anew, while tasks are stored by it."""

FULL_SECONDS: Final = 0.1
RETRY_AFTER_SECONDS: Final = 5

Full = QueueFull | Overloaded


@dataclass(frozen=True)
class _Reading:
    at: float
    waiting: Counts


class Backlog:
    """Knows the limits, and what one API process has last seen of the queue."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._limits = Counts(settings.max_pending_per_tenant, settings.max_pending)
        self._database = database
        self._seen: dict[str, _Reading] = {}
        self._asking: set[str] = set()
        self._ahead = Ahead()

    async def full(self, tenant: str) -> Full | None:
        """Return why a tenant's next task may not wait, if the queue was full a moment ago.

        Of those who find that too long ago, one counts anew; the others go by it once more. Raises
        DatabaseUnavailable.
        """
        seen = self._seen.get(tenant)
        full = self._refusal(seen.waiting, joining=1) if seen else None
        if full is None or self._knows(tenant, FULL_SECONDS):
            return full
        return self._refusal(await self._counted(tenant), joining=1)

    def far(self, tenant: str) -> bool:
        """Return whether a tenant's tasks may wait without being counted: there was room enough
        when they were last."""
        if self._limits == Counts(0, 0):
            return True
        seen = self._seen.get(tenant)
        if seen is None or _room(seen.waiting, self._limits) < NEAR:
            return False
        if not self._knows(tenant, AHEAD_SECONDS):
            self._ahead.begin(lambda: self._counted(tenant))
        return self._knows(tenant, FAR_SECONDS)

    async def places(
        self, session: AsyncSession, tenant: str, wanted: int, joining: int = 0
    ) -> tuple[int, Full | None]:
        """Return how many of so many more tasks of a tenant may wait, and why no more may.

        They are to be stored in the caller's transaction, beside those `joining` from others.
        """
        if self.far(tenant):
            return wanted, None
        await take_turn(session)
        counted = await self._count(session, tenant)
        waiting = Counts(counted.own, counted.total + joining)
        places = int(min(wanted, max(_room(waiting, self._limits), 0)))
        then = Counts(waiting.own + places, waiting.total + places)
        self._seen[tenant] = _Reading(self._seen[tenant].at, then)
        return places, None if places == wanted else self._refusal(then, joining=1)

    def _knows(self, tenant: str, seconds: float) -> bool:
        """Return whether the last reading is no older than that, or another is being made."""
        return tenant in self._asking or time.monotonic() - self._seen[tenant].at < seconds

    async def _counted(self, tenant: str) -> Counts:
        async with self._database.transaction() as session:
            return await self._count(session, tenant)

    async def _count(self, session: AsyncSession, tenant: str) -> Counts:
        began = time.monotonic()
        self._asking.add(tenant)
        try:
            waiting = await count_pending(session, tenant, _enough(self._limits))
        finally:
            self._asking.discard(tenant)
        seen = self._seen.get(tenant)
        if seen is None or seen.at <= began:
            self._seen[tenant] = _Reading(began, waiting)
        return waiting

    def _refusal(self, waiting: Counts, joining: int) -> Full | None:
        limits = self._limits
        if limits.own and waiting.own + joining > limits.own:
            detail = f"{limits.own:,} tasks of yours are waiting, and no more may."
            return QueueFull(detail, retry_after=RETRY_AFTER_SECONDS)
        if limits.total and waiting.total + joining > limits.total:
            return Overloaded(retry_after=RETRY_AFTER_SECONDS)
        return None


def _enough(limits: Counts) -> Counts:
    """Return how far must be counted to know that a limit is exceeded; 0 is no limit."""
    return Counts(limits.own and limits.own + 1, limits.total and limits.total + 1)


def _room(waiting: Counts, limits: Counts) -> float:
    own = limits.own - waiting.own if limits.own else float("inf")
    return min(own, limits.total - waiting.total if limits.total else float("inf"))
