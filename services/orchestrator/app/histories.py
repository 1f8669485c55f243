"""Reads on in the histories of tasks, for all who ask at one moment at once.

An event wakes everybody who watches its task; each asking by itself, a thousand viewers of one task
would wait seconds for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from fastapi.sse import format_sse_event
from sqlalchemy.ext.asyncio import AsyncSession

from app import event_store
from app.database import Database
from app.gathering import Gathering
from octollm.events import Event

PAGE: Final = 500
MOST: Final = 200
"""Who asks beyond that at one moment is answered by the next statement."""

FEW: Final = 10
"""So many events of a place are read with those of all others; who watches live has fewer to read.
What is more is read for a few places at a time: while the events of a statement are made, seconds
for whole pages of a crowd, this process does nothing else."""

COMPANY: Final = 4
"""Places of which whole pages are read by one statement."""

LANES: Final = 4
"""So many statements of a process at a time, that viewers leave connections for the others."""

Place = tuple[UUID, int]
"""A task, and the id of its last event that is known."""


@dataclass(eq=False)
class Shown:
    """An event as viewers see it; the one object for all of them."""

    event: Event

    @cached_property
    def frame(self) -> bytes:
        """The event as a frame of Server-Sent Events."""
        event = self.event
        number = None if event.id is None else str(event.id)
        data = event.model_dump_json(exclude={"id"})
        return format_sse_event(data_str=data, event=event.type, id=number)


class Histories:
    """For one process and event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pages: Gathering[Place, Sequence[Shown]] = Gathering(
            self._read, most=MOST, lanes=LANES
        )

    async def after(self, task_id: UUID, last: int) -> Sequence[Shown]:
        """Return the up to `PAGE` events of a task that follow the one of that id, as they are once
        this is asked, or later. Raises DatabaseUnavailable."""
        return await self._pages.ask((task_id, last))

    async def _read(self, places: Sequence[Place]) -> list[Sequence[Shown]]:
        pages: dict[Place, list[Shown]] = {place: [] for place in places}
        more, room = list(pages), PAGE
        async with self._database.transaction() as session:
            if len(more) > COMPANY:
                await _read_on(session, pages, more, FEW)
                more, room = [place for place in more if len(pages[place]) == FEW], PAGE - FEW
            for first in range(0, len(more), COMPANY):
                await _read_on(session, pages, more[first : first + COMPANY], room)
        return [pages[place] for place in places]


async def _read_on(
    session: AsyncSession, pages: dict[Place, list[Shown]], places: Sequence[Place], limit: int
) -> None:
    """Add to the pages of some places up to so many events that follow those they have."""
    asked = [
        (task_id, (pages[task_id, last][-1].event.id or last) if pages[task_id, last] else last)
        for task_id, last in places
    ]
    for row in await event_store.events_after(session, asked, limit):
        event = Event(
            id=row.id,
            task_id=row.task_id,
            type=row.type,
            data=row.data,
            created_at=row.created_at,
        )
        pages[places[row.place]].append(Shown(event))
