"""Shows out who watches, once they would not be let in any more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.api_keys import Caller
from octollm.errors import DatabaseUnavailable

LOOK_SECONDS: Final = 1.0
"""How often it is asked whether who watches may still. With the reading of keys, which is 5 seconds
old at most, a stream ends 6 seconds after its key was revoked."""


class Doorkeeper:
    """Knows who is inside one API process. However many watch by a key, it is asked about once."""

    def __init__(self, still_in: Callable[[Caller], Awaitable[bool]]) -> None:
        """`still_in` tells whether a caller would be let in; it may raise DatabaseUnavailable."""
        self._still_in = still_in
        self._inside: defaultdict[Caller, set[asyncio.Timeout]] = defaultdict(set)

    @contextmanager
    def minding(self, caller: Caller, visit: asyncio.Timeout) -> Iterator[None]:
        """Let `visit` run out when the caller has to leave."""
        visits = self._inside[caller]
        visits.add(visit)
        try:
            yield
        finally:
            visits.discard(visit)
            if not visits:
                del self._inside[caller]

    async def mind(self) -> None:
        """Look after all who are inside, until cancelled. While nobody can tell, they have to leave
        as well: they come again and are told."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for caller in list(self._inside):
                if not await self._may_stay(caller):
                    for visit in self._inside.get(caller, ()):
                        visit.reschedule(loop.time())

    async def _may_stay(self, caller: Caller) -> bool:
        try:
            return await self._still_in(caller)
        except DatabaseUnavailable:
            return False
