"""Runs coroutines under a limit that holds even when they do not cooperate."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

GOODBYE_SECONDS = 0.5
"""How long cancelled work may take to clean up before it is left behind."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; raise TimeoutError if it takes longer than `seconds`.

    Work that ignores its cancellation is left behind after `GOODBYE_SECONDS`, also when the
    caller itself is cancelled: an arm that hangs must not hold up its worker.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _leave(task)
        raise
    if not done:
        await _leave(task)
        raise TimeoutError
    return task.result()


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns, and let nothing cut it short: a cancellation that arrives
    meanwhile is raised only after `work` has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _leave(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=GOODBYE_SECONDS)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
