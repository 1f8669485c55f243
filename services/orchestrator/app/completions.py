"""Tells waiters in this process when a task has ended: one LISTEN connection for all of them."""

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
from app.store import COMPLETIONS_CHANNEL

RECONNECT_SECONDS = 1.0
PROBE_SECONDS = 15.0

log = structlog.get_logger(__name__)


class Completions:
    """Wakes whoever watches a task. A wake-up is a hint: the watcher reads the row again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watchers: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
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
            await asyncio.wait_for(event.wait(), seconds)

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
            await connection.execute(f"LISTEN {COMPLETIONS_CHANNEL}".encode())
            self.connected.set()
            self._wake_all()
            while True:
                async for notice in connection.notifies(timeout=PROBE_SECONDS):
                    self._wake(notice.payload)
                await connection.execute("SELECT 1")  # a dead peer is noticed only by asking

    def _wake(self, payload: str) -> None:
        for event in self._watchers.get(UUID(payload), ()):
            event.set()

    def _wake_all(self) -> None:
        for events in self._watchers.values():
            for event in events:
                event.set()
