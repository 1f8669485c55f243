"""What is known for a while is read anew before it is too old, so that nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context

from octollm.errors import DatabaseUnavailable


class Ahead:
    """One reading at a time beside those who go by the one before. For one event loop."""

    def __init__(self) -> None:
        self._reading: asyncio.Task[None] | None = None

    def begin(self, read: Callable[[], Awaitable[object]]) -> None:
        """Have something read, unless the last reading begun here is under way still.

        Where the database is away, nobody hears of it: who comes when what is known is too old
        reads for themselves.
        """
        if self._reading is None or self._reading.done():
            # Not in the trace and the log of whoever came by: it is not done for them.
            loop = asyncio.get_running_loop()
            self._reading = loop.create_task(_quietly(read), context=Context())


async def _quietly(read: Callable[[], Awaitable[object]]) -> None:
    with suppress(DatabaseUnavailable):
        await read()
