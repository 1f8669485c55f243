"""What whoever screens texts is asked: the Reflex Layer's service, or its code in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.breaker import BreakerState
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexResponse


class SettingsUnusable(Exception):
    """A variable of a Reflex Layer in this process is wrong; the message says which, and why."""


class Reflex(Protocol):
    """Gives verdicts. Whatever goes wrong ends in ReflexUnavailable, which never holds the text."""

    @property
    def breaker_state(self) -> BreakerState | None:
        """The state of the breaker on the way to the service; None where there is no way."""

    async def process(self, text: str, *, context: str | None = None) -> ReflexResponse:
        """Return the verdict on a text that came through the door `context`.

        Raises ReflexUnavailable.
        """

    async def process_all(
        self, texts: Sequence[tuple[str, str]]
    ) -> Sequence[ReflexResponse | ReflexUnavailable]:
        """Return for each of up to 64 texts, given with its context, what `process` would return
        or raise."""

    async def health(self) -> None:
        """Raise ReflexUnavailable, saying why, unless there are verdicts to be had."""
