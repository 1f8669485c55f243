"""Up to which id the events of all tasks are complete, so that a reader may go on behind it.

Ids are given when a line is written and seen when its transaction commits: of two transactions at
once, the one with the lower id may commit last. Who had read on behind the higher one would never
see the lower one. The events of one task cannot do so (`event_store.add_event` locks the task);
those of a tenant can.

So two questions, in this order: what is the highest id that can be seen, and who writes? Whoever
holds a lower id that cannot be seen yet is among the writers: the table is locked for writing
before an id is drawn, and the lock is given back only after what was written can be seen. Once
those writers are gone, whatever others have come since, no id up to that one can appear any more.
The wait is that of the slowest writer of events, milliseconds as a rule; other transactions do not
count.
"""

from __future__ import annotations

import asyncio

from app import event_store
from app.database import Database


class Settled:
    """The mark for this process; it only ever rises."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mark = 0
        self._next = 0
        self._awaited: set[str] = set()
        self._turn = asyncio.Lock()

    async def upto(self) -> tuple[int, int]:
        """Return the id up to which all events can be seen, and the highest that can be seen.

        Where the first is the lower one, the rest is about to settle: ask again in a moment.
        """
        async with self._turn, self._database.transaction() as session:
            newest = await event_store.newest_id(session)
            writers = await event_store.writers(session)
        if not writers:
            self._mark, self._next, self._awaited = max(self._mark, newest), newest, set()
            return self._mark, newest
        self._awaited &= writers
        if not self._awaited:
            self._mark = max(self._mark, self._next)
            self._next, self._awaited = newest, writers
        return self._mark, newest
