"""Pure: the receipt of a task. Its events are a chain: each holds the hash of the one before.

An event's hash is SHA-256, in lower-case hex, over the canonical JSON (RFC 8785) of
`{"created_at", "data", "prev_hash", "task_id", "type"}`. `created_at` is written in UTC with six
digits, as `2026-11-01T10:00:00.000000Z`; the first `prev_hash` is `GENESIS`. Numbers are IEEE
doubles, as RFC 8785 has it: what is beyond the precision of one is rounded.

What this shows: that no event was changed, moved, added in between or taken away since somebody
last saw the `head`. Who may rewrite the whole chain can make another one that fits; so keep the
head of a task that matters in another place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import rfc8785
from pydantic import Field, JsonValue, PlainSerializer

from octollm.contracts import Response

GENESIS = "0" * 64
"""What the first event of a task names as the hash before it."""

_EXACT = 2**53 - 1
"""The largest integer that a double holds with all its neighbours (RFC 7493 §2.2)."""


def moment(at: datetime) -> str:
    """Return a point in time as it is hashed: UTC, six digits, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Moment = Annotated[datetime, PlainSerializer(moment, return_type=str, when_used="json")]


class ReceiptEvent(Response):
    """One event of a task, bound to the one before it."""

    id: int
    type: str
    data: dict[str, JsonValue]
    created_at: Moment
    prev_hash: str
    hash: str


class Flaw(Response):
    """The first place where a chain does not fit.

    `id` is None when all events fit, and the end of the chain is missing.
    """

    id: int | None
    why: str


class Receipt(Response):
    """All events of a task, and whether they are what was written.

    `head` is the hash of the last event as kept beside the task; `flaw` the first thing wrong.
    """

    task_id: UUID
    verified: bool
    flaw: Flaw | None = None
    head: str
    events: Annotated[list[ReceiptEvent], Field(description="Oldest first.")]


@dataclass(frozen=True)
class Line:
    """What is hashed of an event."""

    task_id: UUID
    type: str
    data: Mapping[str, Any]
    created_at: datetime
    prev_hash: str


def canonical(value: Any) -> str:
    """Return the canonical JSON of a value (RFC 8785); integers past a double's are rounded to it.

    Raises ValueError for what JSON cannot hold: NaN, lone surrogates.
    """
    return rfc8785.dumps(_in_doubles(value)).decode()


def hash_of(line: Line) -> str:
    """Return the hash of an event."""
    document = {
        "created_at": moment(line.created_at),
        "data": line.data,
        "prev_hash": line.prev_hash,
        "task_id": str(line.task_id),
        "type": line.type,
    }
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def flaw_in(receipt: Receipt) -> Flaw | None:
    """Return the first event that does not fit, recomputing every hash; None if all do."""
    before, last_id = GENESIS, 0
    for event in receipt.events:
        line = Line(receipt.task_id, event.type, event.data, event.created_at, event.prev_hash)
        if event.prev_hash != before:
            return Flaw(id=event.id, why="it does not follow the event before it")
        if event.id <= last_id:
            return Flaw(id=event.id, why="it is out of order")
        if event.hash != hash_of(line):
            return Flaw(id=event.id, why="its hash is not that of what it says")
        before, last_id = event.hash, event.id
    if before != receipt.head:
        return Flaw(id=None, why="the events after the last one are missing")
    return None


def _in_doubles(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _in_doubles(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_in_doubles(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return float(value)
    return value
