"""Runs coroutines under a limit that holds even when they do not cooperate."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

GOODBYE_SECONDS = 0.5
"""How long cancelled work may take to clean up before it is left behind."""


class OutOfTime(Exception):
    """The work took longer than it may. Not TimeoutError, which the work itself may raise."""


class GaveUp(Exception):
    """The work cancelled itself, though nobody had cancelled it."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; raise OutOfTime if it takes longer than `seconds`,
    and GaveUp if it cancels itself.

    Work that ignores its cancellation is left behind after `GOODBYE_SECONDS`, also when the
    caller itself is cancelled: an arm that hangs must not hold up its worker.
    """
    if seconds <= 0:
        work.close()
        raise OutOfTime
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _leave(task)
        raise
    if not done:
        await _leave(task)
        raise OutOfTime
    if task.cancelled():
        raise GaveUp
    return task.result()


async def _leave(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=GOODBYE_SECONDS)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
