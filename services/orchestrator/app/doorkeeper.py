"""Shows out who watches, once they would not be let in any more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from app.api_keys import Caller
from octollm.errors import DatabaseUnavailable

LOOK_SECONDS: Final = 1.0
"""How often it is asked whether who watches may still. With the reading of keys, which is 5 seconds
old at most, a stream ends 6 seconds after its key was revoked."""

log = structlog.get_logger(__name__)


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
            if not visits and self._inside.get(caller) is visits:
                del self._inside[caller]

    async def mind(self) -> None:
        """Look after all who are inside, until cancelled. While nobody can tell, they have to leave
        as well: they come again and are told.

        All are asked about at once: a database that does not answer is waited for for seconds.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.gather(*map(self._look_after, list(self._inside)))

    async def _look_after(self, caller: Caller) -> None:
        if await self._may_stay(caller):
            return
        # Once, for who is on the way out may take longer than until the next look.
        now = asyncio.get_running_loop().time()
        for visit in self._inside.pop(caller, ()):
            visit.reschedule(now)

    async def _may_stay(self, caller: Caller) -> bool:
        try:
            return await self._still_in(caller)
        except DatabaseUnavailable:
            return False
        except Exception as fault:
            log.error("nobody can tell who may go on watching", exc_info=fault)
            return False
