"""The Reflex Layer's service, asked at once about the short texts of one moment.

To send a short text takes longer than to screen it, and most tasks are no longer than that.
"""

from __future__ import annotations

import asyncio
from typing import Final

from app.breaker import BreakerState
from app.gathering import Gathering
from app.reflex import SHORT_CHARACTERS, Crowded, crowded
from app.reflex_client import ReflexClient
from octollm.verdict import MAX_BATCH, ReflexResponse

LANES: Final = 2
"""Batches of short texts under way at a time: while one is screened, the next is on its way."""


class ReflexTogether:
    """Gives the verdicts of `client`; a short text waits no longer than `seconds` for its own."""

    def __init__(self, client: ReflexClient, seconds: float) -> None:
        self._client, self._seconds = client, seconds
        self._short: Gathering[tuple[str, str | None], ReflexResponse] = Gathering(
            client.process_all, most=MAX_BATCH, lanes=LANES
        )

    @property
    def breaker_state(self) -> BreakerState:
        return self._client.breaker_state

    async def process(self, text: str, *, context: str | None = None) -> ReflexResponse:
        """Return the verdict on a text. Raises ReflexUnavailable."""
        if len(text) > SHORT_CHARACTERS:
            return await self._client.process(text, context=context)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._short.ask((text, context))
        except TimeoutError:
            raise crowded() from Crowded()

    async def health(self) -> None:
        """Raise ReflexUnavailable unless the service says that it is well."""
        await self._client.health()
