"""Fixtures of the Orchestrator's tests."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

# Under --import-mode=importlib a test cannot import the file beside it by itself.
sys.path.insert(0, str(Path(__file__).parent))

from scripted_reflex import ScriptedReflex


@pytest.fixture
async def reflex() -> AsyncIterator[ScriptedReflex]:
    """A Reflex Layer on a loopback port that does as it is told."""
    async with ScriptedReflex() as server:
        yield server
