"""Fixtures of the Orchestrator's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from scripted_reflex import ScriptedReflex


@pytest.fixture
async def reflex() -> AsyncIterator[ScriptedReflex]:
    """A Reflex Layer on a loopback port that does as it is told."""
    async with ScriptedReflex() as server:
        yield server
