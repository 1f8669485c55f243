"""Who holds which key: the table of keys, as this process read it a moment ago.

All keys that let one in are read at once, and not each as it is shown: what nobody was given
is told apart without a question to the database, at the same cost as a key that is good.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final
from uuid import UUID

from app import key_store
from app.ahead import Ahead
from app.api_keys import Caller, hash_of
from app.database import RETRY_AFTER_SECONDS, Database
from octollm.errors import DatabaseUnavailable

STALE_SECONDS: Final = 2.0
"""How old what was read may be when a request comes."""

AHEAD_SECONDS: Final = STALE_SECONDS / 2
"""From this age on it is read anew, while requests go by what is known."""

READ_SECONDS: Final = 3.0
"""Longest time of a reading. With the one above: what is revoked lets nobody in after 5 seconds."""

PAUSE_SECONDS: Final = 0.25
"""The least time between two readings, however many unknown keys are shown."""


@dataclass(frozen=True)
class _Known:
    """A key that lets one in, until `ends` by the clock of this process."""

    key_hash: bytes
    caller: Caller
    ends: float


@dataclass(frozen=True)
class _Reading:
    """What was read, beginning at `began`; `any_made`: whether there ever was a key."""

    began: float = float("-inf")
    any_made: bool = True
    keys: dict[bytes, _Known] = field(default_factory=dict, repr=False)
    by_id: dict[UUID, _Known] = field(default_factory=dict, repr=False)


class Keyring:
    """Finds the holder of a key. For one event loop."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._reading = _Reading()
        self._reader: asyncio.Task[None] | None = None
        self._ahead = Ahead()
        self._noted: dict[UUID, float] = {}

    async def any_made(self) -> bool:
        """Return whether a key was ever made. Raises DatabaseUnavailable."""
        return (await self._current()).any_made

    async def find(self, key: str) -> Caller | None:
        """Return who holds a key; None for one that is unknown, revoked or expired.

        Raises DatabaseUnavailable: whoever cannot be told apart does not come in.
        """
        return self._holder(await self._current(), key)

    async def find_anew(self, key: str) -> Caller | None:
        """Do the same on what is read from now on: the key may have been made a moment ago."""
        return self._holder(await self._read_since(self._clock()), key)

    async def lets_in(self, caller: Caller) -> bool:
        """Return whether who came in by a key, or without one, still could."""
        reading = await self._current()
        if caller.key_id is None:
            return not reading.any_made
        known = reading.by_id.get(caller.key_id)
        return known is not None and self._clock() < known.ends

    async def note_use(self, caller: Caller) -> None:
        """Have the table say that a key is used, once a minute; not while the database is away."""
        now = self._clock()
        if caller.key_id is None or now < self._noted.get(caller.key_id, float("-inf")):
            return
        self._noted[caller.key_id] = now + key_store.USED_EVERY.total_seconds()
        with suppress(DatabaseUnavailable):
            async with self._database.transaction() as session:
                await key_store.note_use(session, caller.key_id)

    def _holder(self, reading: _Reading, key: str) -> Caller | None:
        shown = hash_of(key)
        known = reading.keys.get(shown)
        # Who does not know the key cannot steer its hash, so the look-up tells nothing by its
        # time; the comparison that lets one in takes the same time all the same.
        if known is None or not compare_digest(known.key_hash, shown):
            return None
        return known.caller if self._clock() < known.ends else None

    async def _current(self) -> _Reading:
        """Return a reading that is not stale."""
        now = self._clock()
        reading = await self._read_since(now - STALE_SECONDS)
        if reading.began < now - AHEAD_SECONDS:
            self._ahead.begin(lambda: self._read_since(now))
        return reading

    async def _read_since(self, moment: float) -> _Reading:
        """Return a reading that began at `moment` or later; all who wait share one."""
        while self._reading.began < moment:
            if self._reader is None or self._reader.done():
                self._reader = asyncio.create_task(self._read())
            await asyncio.shield(self._reader)
        return self._reading

    async def _read(self) -> None:
        await asyncio.sleep(max(0.0, self._reading.began + PAUSE_SECONDS - self._clock()))
        began = self._clock()
        try:
            async with asyncio.timeout(READ_SECONDS), self._database.transaction() as session:
                rows = await key_store.valid_keys(session)
                any_made = bool(rows) or await key_store.any_made(session)
        except TimeoutError:
            raise DatabaseUnavailable(retry_after=RETRY_AFTER_SECONDS) from None
        keys, by_id = {}, {}
        for row in rows:
            caller = Caller(row.tenant, frozenset(row.scopes.split(",")), row.key_id)
            ends = began + (float("inf") if row.seconds_left is None else row.seconds_left)
            keys[row.key_hash] = by_id[row.key_id] = _Known(row.key_hash, caller, ends)
        self._reading = _Reading(began, any_made, keys, by_id)
