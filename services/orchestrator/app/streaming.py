"""The streams of events: replayed from the table, then live, each id once and in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi.sse import format_sse_event

from app import event_store
from app.completions import Completions
from app.database import Database
from app.feed import Viewer
from app.histories import PAGE, Histories, Shown
from app.models import TaskEvent
from app.settling import Settled
from octollm.events import OUTPUT_DELTA, Event

HELD = 100
"""So many events are held for a reader of all tasks, who may never read them."""

WINDOW = 20_000
"""So many ids are looked through at a time: a tenant with few events among those of many others
must not cost a statement without end."""

READERS = 4
"""So many streams of a process read at a time, that viewers leave connections for the others."""

SETTLE_SECONDS = 0.02
LAST_WORDS_SECONDS = 1.0
"""How long the end of a task waits for what was drafted before it."""

TELLING_SECONDS = 0.0005
LONGEST_FAREWELL_SECONDS = 1.0
"""How long who has seen the end stays for each of the others that are to be told of it, and for all
of them: to show one out takes as long as to tell several, and so the last would hear it late."""

RETRY_MS = 1_000
HEARTBEAT = "heartbeat"


class Streams:
    """Makes the streams of this process. `heartbeat`: seconds after which silence is broken."""

    def __init__(self, database: Database, completions: Completions, heartbeat: float) -> None:
        self._database = database
        self._completions = completions
        self._heartbeat = heartbeat
        self._readers = asyncio.Semaphore(READERS)
        self._histories = Histories(database)
        self._settled = Settled(database)

    async def of_task(self, task_id: UUID, after: int) -> AsyncGenerator[bytes, None]:
        """Yield what `told` tells, as frames of Server-Sent Events."""
        yield format_sse_event(retry=RETRY_MS)
        async with aclosing(self.told(task_id, after)) as told:
            async for shown in told:
                yield beat() if shown is None else shown.frame

    async def told(self, task_id: UUID, after: int) -> AsyncGenerator[Shown | None, None]:
        """Yield a task's events after that id, and its output as it is written, until it ends;
        None where silence is to be broken.

        Raises DatabaseUnavailable, which breaks the stream off; its reader comes again.
        """
        with self._completions.feed.watch_task(task_id) as viewer:
            live, sent = False, time.monotonic()
            while not self._completions.closing:
                viewer.woken.clear()
                if (delta := _news(viewer, task_id)) is not None:
                    yield delta
                page: Sequence[Shown] = []
                if viewer.due or delta is None:
                    viewer.due = False
                    page = await self._histories.after(task_id, after)
                    viewer.due |= len(page) == PAGE
                last = next((shown.event.id for shown in page if shown.event.final), None)
                if live and last is not None:
                    await self._until_heard(viewer, last)
                    if (delta := _news(viewer, task_id)) is not None:
                        yield delta
                for shown in page:
                    yield shown
                    after, sent = shown.event.id or after, time.monotonic()
                if last is not None:
                    others = self._completions.feed.company(task_id) - 1
                    await asyncio.sleep(min(others * TELLING_SECONDS, LONGEST_FAREWELL_SECONDS))
                    return
                if len(page) < PAGE:
                    live = True
                    await self._completions.pause(viewer.woken, self._until_beat(sent))
                if self._until_beat(sent) <= 0:
                    yield None
                    sent = time.monotonic()

    async def of_tenant(self, tenant: str, after: int | None) -> AsyncGenerator[bytes, None]:
        """Yield the events of all tasks of a tenant after that id; None: from the first bytes on.

        There are no drafts among them. Raises what `of_task` raises.
        """
        with self._completions.feed.watch_tenant(tenant) as viewer:
            after = await self._now() if after is None else after
            # An id alone is a place to go on from, should the reader be cut off before an event.
            yield format_sse_event(retry=RETRY_MS, id=str(after))
            sent = time.monotonic()
            while not self._completions.closing:
                viewer.woken.clear()
                upto, newest = await self._settled.upto()
                while after < upto and not self._completions.closing:
                    until = min(upto, after + WINDOW)
                    read = event_store.events_of_tenant
                    rows = await self._read(read, tenant, after, until, HELD)
                    for row in rows:
                        yield Shown(_event(row)).frame
                        sent = time.monotonic()
                    after = rows[-1].id if len(rows) == HELD else until
                if upto < newest:
                    await asyncio.sleep(SETTLE_SECONDS)
                else:
                    await self._completions.pause(viewer.woken, self._until_beat(sent))
                if self._until_beat(sent) <= 0:
                    yield format_sse_event(comment=HEARTBEAT, id=str(after))
                    sent = time.monotonic()

    async def _now(self) -> int:
        """Return an id such that all events up to it can be seen by now, and no later one."""
        upto, target = await self._settled.upto()
        while upto < target:
            await asyncio.sleep(SETTLE_SECONDS)
            upto, _ = await self._settled.upto()
        return upto

    async def _read(
        self, read: Callable[..., Awaitable[Sequence[TaskEvent]]], *arguments: Any
    ) -> Sequence[TaskEvent]:
        """Read in a transaction of its own, so that watching holds no connection."""
        async with self._readers, self._database.transaction() as session:
            return await read(session, *arguments)

    async def _until_heard(self, viewer: Viewer, event_id: int) -> None:
        """Wait until the listener has come as far as the table, where drafts are not."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                while viewer.heard < event_id and self._completions.connected.is_set():
                    viewer.woken.clear()
                    await viewer.woken.wait()

    def _until_beat(self, sent: float) -> float:
        return max(0.0, sent + self._heartbeat - time.monotonic())


def beat() -> bytes:
    """Return the frame that breaks the silence."""
    return format_sse_event(comment=HEARTBEAT)


def _news(viewer: Viewer, task_id: UUID) -> Shown | None:
    """Return the event that says what changed in a draft; it has no id."""
    if (news := viewer.news()) is None:
        return None
    offset, text = news
    return Shown(
        Event(
            task_id=task_id,
            type=OUTPUT_DELTA,
            data={"offset": offset, "text": text},
            created_at=datetime.now(UTC),
        )
    )


def _event(row: TaskEvent) -> Event:
    return Event(
        id=row.id, task_id=row.task_id, type=row.type, data=row.data, created_at=row.created_at
    )
