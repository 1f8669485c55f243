"""What a task tells while it is worked on: its events, as the server streams them.

The wire is Server-Sent Events (WHATWG HTML, section 9.2): `id` is the event's number, `event` its
type, `data` an `Event` as JSON. `output.delta` has no number: it is not stored, and a stream that
goes on from the number before it misses nothing that is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue

from octollm.contracts import Response

FINAL_TYPES = frozenset({"task.completed", "task.failed", "task.cancelled"})
"""With one of these a task, and the stream of its events, ends."""

OUTPUT_DELTA = "output.delta"
"""The output as it is being written: `data` is `{"offset", "text"}`, and what there was of the text
from `offset` on is replaced by `text`."""


class Event(Response):
    """One line of a task's history, or a piece of its output as it is written."""

    id: Annotated[int | None, Field(description="Its number; none for `output.delta`.")] = None
    task_id: UUID
    type: str
    data: dict[str, JsonValue]
    created_at: datetime

    @property
    def final(self) -> bool:
        """True for the event a task ends with."""
        return self.type in FINAL_TYPES


def change(old: str, new: str) -> tuple[int, str]:
    """Return from where on a text has changed, in characters, and what stands there now."""
    if new.startswith(old):
        return len(old), new[len(old) :]
    same, different = 0, len(old)  # the longest prefix they share, by bisection
    while same < different:
        middle = (same + different + 1) // 2
        if new.startswith(old[:middle]):
            same = middle
        else:
            different = middle - 1
    return same, new[same:]
