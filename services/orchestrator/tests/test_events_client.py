"""The clients on real servers: followed over a restart, and how late an event is."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from test_events import PATIENCE, listening

from app import event_store
from app.main import create_app
from app.serving import listen, server_of, until_started
from octollm import AsyncClient, Client
from octollm.receipt import flaw_in


@asynccontextmanager
async def serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    with listener:
        server = server_of(app)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await until_started(server, running)
        try:
            yield
        finally:
            server.should_exit = True
            await running


async def note(house: Any, task_id: str, number: int) -> None:
    async with house.parts.database.transaction() as session:
        assert await event_store.add_event(session, UUID(task_id), "arm.note", {"n": number})


async def test_a_client_follows_a_task_over_the_restart_of_the_api(house: Any) -> None:
    """Events are written while the server stops, is away and is back."""
    task_id = await house.submit()
    first = listen("127.0.0.1", 0)
    port = first.getsockname()[1]
    seen: list[Any] = []
    ten = asyncio.Event()

    async def follow() -> None:
        async with AsyncClient(f"http://127.0.0.1:{port}") as client:
            async for event in client.events(task_id):
                seen.append(event)
                if len(seen) == 10:
                    ten.set()

    async with asyncio.timeout(PATIENCE * 2):
        async with serving(create_app(house.settings), first):
            following = asyncio.create_task(follow())
            for number in range(9):
                await note(house, task_id, number)
            await ten.wait()
        for number in range(9, 18):
            await note(house, task_id, number)
        async with serving(create_app(house.settings), listen("127.0.0.1", port)):
            await house.http.post(f"/tasks/{task_id}/cancel")
            await following
    notes = [event.data["n"] for event in seen if event.type == "arm.note"]
    assert notes == list(range(18))
    assert seen[-1].type == "task.cancelled"
    async with AsyncClient(house.url) as client:
        receipt = await client.receipt(task_id)
    assert flaw_in(receipt) is None
    assert [event.id for event in seen] == [event.id for event in receipt.events]


async def test_the_blocking_client_sees_a_task_to_its_end(house: Any) -> None:
    def run() -> list[str]:
        with Client(house.url) as client:
            task_id = client.submit("Count these words.").task_id
            return [event.type for event in client.events(task_id)]

    house.start_worker()
    async with asyncio.timeout(PATIENCE):
        types = await asyncio.to_thread(run)
    assert types == ["task.submitted", "task.started", "task.completed"]


async def test_all_tasks_are_followed_from_now_on(house: Any) -> None:
    await listening(house)
    await house.submit()
    async with AsyncClient(house.url) as client, asyncio.timeout(PATIENCE):
        last = (await client.receipt(await house.submit())).events[-1].id
        events = client.events(after=last)
        task_id = await house.submit()
        assert str((await anext(events)).task_id) == task_id
        await events.aclose()  # type: ignore[attr-defined]  # it is a generator
