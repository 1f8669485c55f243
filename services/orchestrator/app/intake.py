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

from app import idempotency_store, intake_store
from app.backlog import Backlog, Full
from app.database import Database, Driver, driver_of, is_away
from app.gathering import Gathering, apart
from app.intake_store import NewTask
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

    def __init__(self, database: Database, backlog: Backlog, hours: int) -> None:
        """`hours` is for how long a task holds its idempotency key."""
        self._database, self._backlog = database, backlog
        self._hours = hours
        self._turns = Turns(database)
        self._gathering: Gathering[NewTask, Stored] = Gathering(
            apart(self._store, unless=is_away), most=MOST, lanes=LANES
        )
        self._again: Gathering[NewTask, Stored] = Gathering(self._with_old_key, most=1, lanes=LANES)

    async def store(self, new: NewTask) -> Stored:
        """Store a task with its first event, its private values and its job, and commit.

        Raises DatabaseUnavailable; then nothing was stored, or nobody knows.
        """
        stored = await self._gathering.ask(new)
        if stored is None and new.idempotency_key is not None:
            return await self._again.ask(new)
        return stored

    async def _store(self, batch: Sequence[NewTask]) -> list[Stored]:
        tenants = {new.tenant for new in batch}
        await self._turns.look(tenants)
        refused: dict[UUID, Full] = {}
        if all(self._backlog.far(tenant) for tenant in tenants):
            async with self._database.statements() as connection:
                created = await self._created(connection, batch)
        else:
            async with self._database.transaction() as session:
                refused = await self._refused(session, batch)
                welcome = [new for new in batch if new.id not in refused]
                created = await self._created(await driver_of(session), welcome)
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
        self, connection: Driver, batch: Sequence[NewTask]
    ) -> Mapping[UUID, datetime]:
        """Store tasks and return when they were created; those are missing whose key is taken."""
        if not batch:
            return {}
        # In the order of their keys, so that two processes never wait for each other.
        ordered = sorted(batch, key=lambda new: (new.tenant, new.idempotency_key or ""))
        places = self._turns.take([(new.tenant, new.request.priority) for new in ordered])
        return await intake_store.create_tasks(connection, list(zip(ordered, places, strict=True)))

    async def _with_old_key(self, batch: Sequence[NewTask]) -> list[Stored]:
        """Store a task whose key is taken, if only by one too old for it."""
        (new,) = batch
        async with self._database.transaction() as session:
            # Before the key is released: whose turn it is to count may wait for that row.
            _, full = await self._backlog.places(session, new.tenant, 1)
            if full is not None:
                return [full]
            key, hours = new.idempotency_key or "", self._hours
            if not await idempotency_store.release_key(session, new.tenant, key, hours):
                return [None]
            created = await self._created(await driver_of(session), [new])
        return [created.get(new.id)]
