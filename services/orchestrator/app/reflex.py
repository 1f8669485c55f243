"""What whoever screens texts is asked: the Reflex Layer's service, or its code in this process."""

from __future__ import annotations

from typing import Final, Protocol

from app.breaker import BreakerState
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexResponse

RETRY_AFTER_SECONDS: Final = 5

SHORT_CHARACTERS: Final = 2_048
"""Up to this length a text is screened sooner than it is sent; 64 of them, each character of six
bytes in JSON, are within the megabyte the Reflex Layer takes."""


class SettingsUnusable(Exception):
    """A variable of a Reflex Layer in this process is wrong; the message says which, and why."""


class Crowded(Exception):
    """The cause of a ReflexUnavailable: too many wait to be screened. Nobody is away, so that
    failing open does not count: such a crowd could be made, to have a text pass unscreened."""


def crowded() -> ReflexUnavailable:
    """Return what is raised from `Crowded`."""
    return ReflexUnavailable(
        "Too many tasks are waiting to be screened.", retry_after=RETRY_AFTER_SECONDS
    )


class Reflex(Protocol):
    """Gives verdicts. Whatever goes wrong ends in ReflexUnavailable, which never holds the text."""

    @property
    def breaker_state(self) -> BreakerState | None:
        """The state of the breaker on the way to the service; None where there is no way."""

    async def process(self, text: str, *, context: str | None = None) -> ReflexResponse:
        """Return the verdict on a text that came through the door `context`.

        Raises ReflexUnavailable, from Crowded where nobody is away. Any number of texts of up to
        `SHORT_CHARACTERS` may be asked about at a time.
        """

    async def health(self) -> None:
        """Raise ReflexUnavailable, saying why, unless there are verdicts to be had."""
