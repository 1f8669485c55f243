"""Stores what was admitted: the tasks of one moment in one transaction, each with its own answer.

A commit costs a flush of the disk however much it writes, and each statement a round trip; a
crowd of submits pays for both together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import idempotency_store, intake_store, private_store
from app.backlog import Backlog, Full
from app.database import Database, is_away
from app.gathering import Gathering, apart
from app.intake_store import NewTask
from app.queue import Queue
from app.turns import Turns

MOST: Final = 100
"""Tasks in one transaction: with goal and context at their longest some 6 MB."""

LANES: Final = 2
"""Transactions of submits at a time: while one is committed, the next is written."""

Stored = datetime | Full | None
"""What comes of a new task: when it was created, or why it may not wait for a worker, or None: its
idempotency key is taken."""


class Intake:
    """The way of new tasks into the database, for one process and event loop."""

    def __init__(self, database: Database, queue: Queue, backlog: Backlog, hours: int) -> None:
        """`hours` is for how long a task holds its idempotency key."""
        self._database, self._queue, self._backlog = database, queue, backlog
        self._hours = hours
        self._turns = Turns()
        self._gathering: Gathering[NewTask, Stored] = Gathering(
            apart(self._store, unless=is_away), most=MOST, lanes=LANES
        )

    async def store(self, new: NewTask) -> Stored:
        """Store a task with its first event, its private values and its job, and commit.

        Raises DatabaseUnavailable; then nothing was stored, or nobody knows.
        """
        return await self._gathering.ask(new)

    async def _store(self, batch: Sequence[NewTask]) -> list[Stored]:
        async with self._database.transaction() as session:
            refused = await self._refused(session, batch)
            welcome = [new for new in batch if new.id not in refused]
            # In the order of their keys, so that two processes never wait for each other.
            welcome.sort(key=lambda new: (new.tenant, new.idempotency_key or ""))
            created = await self._created(session, welcome)
        return [refused.get(new.id) or created.get(new.id) for new in batch]

    async def _refused(self, session: AsyncSession, batch: Sequence[NewTask]) -> dict[UUID, Full]:
        """Return which of the tasks may not wait for a worker, and why."""
        by_tenant: defaultdict[str, list[NewTask]] = defaultdict(list)
        for new in batch:
            by_tenant[new.tenant].append(new)
        refused: dict[UUID, Full] = {}
        joining = 0
        for tenant, wanting in by_tenant.items():
            places, full = await self._backlog.places(session, tenant, len(wanting), joining)
            joining += places
            if full is not None:
                refused.update((new.id, full) for new in wanting[places:])
        return refused

    async def _created(
        self, session: AsyncSession, batch: Sequence[NewTask]
    ) -> Mapping[UUID, datetime]:
        """Store tasks and return when they were created; those are missing whose key is taken."""
        if not batch:
            return {}
        wanting = [(new.tenant, new.request.priority) for new in batch]
        places = await self._turns.take(session, wanting)
        ids = [new.id for new in batch]
        jobs = await self._queue.enqueue(session, list(zip(ids, places, strict=True)))
        both = list(zip(batch, jobs, strict=True))
        created = await intake_store.create_tasks(session, both)
        if left := [(new, job) for new, job in both if new.id not in created]:
            again = [(new, job) for new, job in left if await self._released(session, new)]
            if again:
                created |= await intake_store.create_tasks(session, again)
            taken = [job for new, job in left if new.id not in created]
            await self._queue.withdraw(session, taken)
        for new in batch:
            if new.private is not None and new.id in created:
                await private_store.put_values(session, new.id, new.private)
        return created

    async def _released(self, session: AsyncSession, new: NewTask) -> bool:
        """Return whether a task's key was held by one too old for it, and is free now."""
        if new.idempotency_key is None:
            return False
        return await idempotency_store.release_key(
            session, new.tenant, new.idempotency_key, self._hours
        )
