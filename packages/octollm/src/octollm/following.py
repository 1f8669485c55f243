"""Pure: how a client reads a stream of events, and goes on with it after a cut."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import httpx2
from pydantic import ValidationError

from octollm import answers, wire
from octollm.errors import OctoError, ServerUnreachable
from octollm.events import OUTPUT_DELTA, Event
from octollm.retries import Retries

RESUME_SECONDS = 60.0
"""How long a server may be away, once it was there, until its reader gives up."""

STEADY_SECONDS = 5.0
"""A stream that was open for so long and is cut is no failure in a row with those before it."""


@dataclass
class Following:
    """How far one reader has come, and how often in a row it came in vain.

    Times are seconds of any steady clock. `retries` holds for the first connection.
    """

    task_id: UUID | str | None
    last_id: int | None
    retries: Retries
    ended: bool = False
    tried: int = 0
    failing_since: float = 0.0
    open_since: float | None = None

    def call(self) -> wire.Call[None]:
        """Build the next request: from where the last stream was cut."""
        return wire.events(self.task_id, self.last_id)

    def opened(self, response: httpx2.Response, now: float) -> bool:
        """Return True if there is a stream to read; False: it had ended already.

        Raises the error another answer stands for, whose body is to be read before.
        """
        if not response.is_success:
            raise answers.error_in(response)
        if response.status_code == 204:
            self.ended = True
            return False
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            raise answers.unreadable()
        self.open_since = now
        if self.retries.count:
            self.retries = Retries(count=1_000, within_seconds=RESUME_SECONDS)
        return True

    def read(self, frame: httpx2.ServerSentEvent) -> list[Event]:
        """Return the event in a frame; none where it only says from where to go on."""
        if frame.id.isdigit():
            self.last_id = int(frame.id)
        if not frame.data:
            return []
        try:
            event = Event.model_validate_json(frame.data)
        except ValidationError:
            raise answers.unreadable() from None
        self.tried = 0
        self.ended = event.final and self.task_id is not None
        # By the standard a frame without an id repeats the one before.
        event_id = None if event.type == OUTPUT_DELTA else self.last_id
        return [event.model_copy(update={"id": event_id})]

    def delay(self, error: OctoError, now: float, jitter: float) -> float | None:
        """Return the seconds to wait before going on after an error, or None to give up."""
        if self.open_since is not None and now - self.open_since > STEADY_SECONDS:
            self.tried = 0
        self.open_since = None
        if not self.tried:
            self.failing_since = now
        self.tried += 1
        return self.retries.delay(error, self.tried, now - self.failing_since, jitter)


def cut(url: str) -> ServerUnreachable:
    """Return the error for a stream that ended before its last event."""
    return ServerUnreachable(f"The stream of {url} was cut.", url=url)
