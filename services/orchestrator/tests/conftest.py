"""Fixtures of the Orchestrator's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from browsing import started
from playwright.async_api import Browser, async_playwright
from redis_server import RedisServer, redis_in
from scripted_reflex import ScriptedReflex


@pytest.fixture
async def reflex() -> AsyncIterator[ScriptedReflex]:
    """A Reflex Layer on a loopback port that does as it is told."""
    async with ScriptedReflex() as server:
        yield server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser of the test's own."""
    async with async_playwright() as playwright, await started(playwright) as browser:
        yield browser


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """A Redis of the test's own, to be killed, frozen and started as it likes."""
    async with redis_in(tmp_path) as server:
        yield server
