"""Fixtures of the tests of the whole house."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from books import Books
from processes import Fleet, Street, environment


@pytest.fixture
def books(database_url: str) -> Books:
    return Books(database_url)


@pytest.fixture
async def fleet(database_url: str) -> AsyncIterator[Fleet]:
    running = Fleet(environment(database_url))
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
async def street(fleet: Fleet) -> AsyncIterator[Street]:
    """A Reflex Layer and an API, each a process of its own; workers as the test wants them."""
    reflex, reflex_url = await fleet.reflex()
    _, url = await fleet.api(reflex_url)
    async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
        yield Street(fleet, reflex, reflex_url, http)
