"""Listens, on one connection for the whole process, for what happens to tasks: tells those who wait
for one to end, and the feed of those who watch."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg
import structlog

from app.config import Settings
from app.connection import connection_class
from app.database import connect_args
from app.event_store import DRAFTS_CHANNEL, EVENTS_CHANNEL
from app.feed import Feed
from octollm.events import FINAL_TYPES

RECONNECT_SECONDS = 1.0
PROBE_SECONDS = 15.0

log = structlog.get_logger(__name__)


class Completions:
    """Wakes whoever watches a task. A wake-up is a hint: the watcher reads the row again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watchers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        self.feed = Feed()
        self.connected = asyncio.Event()
        self.closing = False

    @contextmanager
    def watch(self, task_id: UUID) -> Iterator[asyncio.Event]:
        """Yield an event that is set when the task ended, or may have while nobody listened."""
        event = asyncio.Event()
        self._watchers[task_id].add(event)
        try:
            yield event
        finally:
            self._watchers[task_id].discard(event)
            if not self._watchers[task_id]:
                del self._watchers[task_id]

    async def pause(self, event: asyncio.Event, seconds: float) -> None:
        """Return when a watched event is set, or after `seconds`; sooner while nobody listens."""
        if not self.connected.is_set():
            seconds = min(seconds, RECONNECT_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    def close(self) -> None:
        """Let every watcher go: this process is about to stop."""
        self.closing = True
        self._wake_all()

    async def listen(self) -> None:
        """Listen until cancelled; connect again whenever the database was away."""
        while True:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                if self.connected.is_set():
                    log.warning("completions interrupted", exc_info=error)
            self.connected.clear()
            self._wake_all()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self) -> None:
        connection = await connection_class(self._settings).connect(
            self._settings.database_url,
            autocommit=True,
            **connect_args(self._settings),  # type: ignore[arg-type]  # libpq options, all scalar
        )
        async with connection:
            await connection.execute(f"LISTEN {EVENTS_CHANNEL}; LISTEN {DRAFTS_CHANNEL}".encode())
            self.connected.set()
            self._wake_all()
            while True:
                async for notice in connection.notifies(timeout=PROBE_SECONDS):
                    try:
                        self._hear(notice)
                    except (
                        ValueError,
                        LookupError,
                    ):  # another version's: that there was one counts
                        log.warning("a notice could not be read", channel=notice.channel)
                        self._wake_all()
                await connection.execute("SELECT 1")  # a dead peer is noticed only by asking

    def _hear(self, notice: psycopg.Notify) -> None:
        if notice.channel == DRAFTS_CHANNEL:
            self.feed.heard_draft(notice.payload)
            return
        task_id, event_id, event_type, tenant = notice.payload.split(" ", 3)
        self.feed.heard_event(UUID(task_id), int(event_id), event_type, tenant)
        if event_type in FINAL_TYPES:
            for event in self._watchers.get(UUID(task_id), ()):
                event.set()

    def _wake_all(self) -> None:
        self.feed.missed()
        for events in self._watchers.values():
            for event in events:
                event.set()
