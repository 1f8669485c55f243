"""A stream of events ends soon after its reader would not be let in any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from tenants import a_key

from app import key_desk

PATIENCE = 30
"""Seconds a test may wait for what must happen; reached only by a test that fails."""


async def ends(
    house: Any, path: str, headers: dict[str, str], meanwhile: Callable[[], Any]
) -> None:
    """Open a stream, do something once it is live, and return when it has ended."""
    async with asyncio.timeout(PATIENCE), house.http.stream("GET", path, headers=headers) as stream:
        assert stream.status_code == 200
        lines = stream.aiter_lines()
        assert await anext(lines)
        await meanwhile()
        assert [line async for line in lines][-1] == "", "it ends behind a whole event"


async def test_a_stream_ends_when_its_key_is_revoked(house: Any) -> None:
    held = await a_key(house.settings)
    task = await house.http.post("/submit", json={"goal": "Count."}, headers=held.headers)
    for path in (f"/tasks/{task.json()['task_id']}/events", "/events"):
        other = await a_key(house.settings)
        await ends(house, path, other.headers, partial(revoke, house, other))


async def test_a_stream_ends_when_its_key_expires(house: Any) -> None:
    held = await a_key(house.settings)

    async def expire() -> None:
        with psycopg.connect(house.settings.database_url) as connection:
            connection.execute("UPDATE api_keys SET expires_at = now() WHERE id = %s", [held.id])

    await ends(house, "/events", held.headers, expire)


async def test_a_stream_without_a_key_ends_when_there_is_one(house: Any) -> None:
    await ends(house, "/events", {}, lambda: a_key(house.settings))


async def test_a_stream_goes_on_while_its_key_is_good(house: Any) -> None:
    held = await a_key(house.settings, lives=timedelta(days=1))
    async with asyncio.timeout(PATIENCE):
        async with house.http.stream("GET", "/events", headers=held.headers) as stream:
            lines = stream.aiter_lines()
            assert await anext(lines)
            await asyncio.sleep(2.5)  # it is asked every second; that is the span in question
            await house.http.post("/submit", json={"goal": "Count."}, headers=held.headers)
            async for line in lines:
                if line == "event: task.submitted":
                    return
    raise AssertionError("the stream ended")


async def revoke(house: Any, held: Any) -> None:
    await key_desk.revoke(house.settings, held.id)
