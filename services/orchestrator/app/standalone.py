"""Everything on one machine with nothing installed: embedded PostgreSQL, Reflex in-process."""

from __future__ import annotations

import asyncio
import shlex
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from app import embedded, key_desk, migrate, worker
from app.config import IN_PROCESS, Settings
from app.database import Database
from app.key_file import key_in
from app.main import create_app
from app.serving import server_of, until_started, url_of
from arms.roster import load_arms
from octollm.arm import Arm


@dataclass(frozen=True)
class Stack:
    """A running house: where to send requests, where its data lie, and how to read them."""

    url: str
    data_dir: Path
    database: Database


@asynccontextmanager
async def running(
    settings: Settings,
    data_dir: Path,
    listener: socket.socket,
    *,
    arms: Mapping[str, Arm] | None = None,
) -> AsyncIterator[Stack]:
    """Start database, Reflex Layer, API and worker in this process; stop them in reverse.

    The API answers on `listener`, which is closed at the end; the database is the folder's own.
    Without a key for private values one is made and kept in the folder. Raises KeyFileUnusable
    and the launcher's errors when the folder cannot be used, KeysMissing when strangers would be
    listened to and there is no key. If a part breaks, the body is cancelled and the part's error
    raised.
    """
    with listener, embedded.running(data_dir) as database:
        await asyncio.to_thread(database.create_database, embedded.DATABASE)
        ours = settings.model_copy(
            update={
                "database_url": database.url(),
                "reflex_url": IN_PROCESS,
                "secret_key": settings.secret_key or key_in(data_dir),
            }
        )
        await asyncio.to_thread(migrate.upgrade, ours.database_url)
        command = f"octollm keys create --data-dir {shlex.quote(str(data_dir))}"
        await key_desk.check_start(ours, command)
        known = load_arms().arms if arms is None else arms
        app = create_app(ours, arms=known)
        server = server_of(app, ours.trusted_proxies, ours.max_connections)
        async with _serving(app, server, listener):
            yield Stack(url_of(listener), data_dir, app.state.parts.database)


@asynccontextmanager
async def _serving(
    app: FastAPI, server: uvicorn.Server, listener: socket.socket
) -> AsyncIterator[None]:
    """Run the API and a worker beside it; the worker drains before the API goes."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]))
        await until_started(server, serving)
        working = group.create_task(worker.work(app.state.parts, stop))
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait({working})
            server.should_exit = True
