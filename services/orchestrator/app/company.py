"""Which attempts run beside each other in one process, and which runs alone.

Of a process that died nobody can tell whose doing it was. An attempt that runs alone has nobody to
suffer for, and nobody that suffers for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from app.queue import RunAgain

TURNED_AWAY_SECONDS: Final = 1.0
"""When what is delivered while one runs alone is delivered again, to this process or another."""


class Company:
    """The attempts of one process. For one event loop."""

    def __init__(self) -> None:
        self._running = 0
        self._left = asyncio.Event()
        self._is_alone = False

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Run beside others. Raises RunAgain while one runs alone, or waits to do so."""
        if self._is_alone:
            raise RunAgain(TURNED_AWAY_SECONDS)
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._left.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until all others have ended, and run alone. Raises RunAgain as `joined` does."""
        if self._is_alone:
            raise RunAgain(TURNED_AWAY_SECONDS)
        self._is_alone = True
        try:
            while self._running:
                self._left.clear()
                await self._left.wait()
            yield
        finally:
            self._is_alone = False
