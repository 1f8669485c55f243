"""The stream of a response: the task's events, told in OpenAI's."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from uuid import UUID

from fastapi.sse import format_sse_event

from app import call_store, reading
from app.openai_door.answering import ResponseObject, response_of
from app.openai_door.telling import Frame, Telling
from app.parts import Parts
from app.streaming import Streams, beat
from octollm.contracts import TaskResponse
from octollm.events import OUTPUT_DELTA, Event
from octollm.redaction import StreamRestorer


async def read(
    parts: Parts, tenant: str, task_id: UUID, *, background: bool
) -> tuple[TaskResponse, ResponseObject]:
    """Return a task, and the response that it is. Raises what `reading.task_of` raises."""
    async with parts.database.transaction() as session:
        task = await reading.task_of(session, parts, tenant, task_id)
        tokens = await call_store.tokens_used(session, task_id)
    return task, response_of(task, tokens, background=background)


async def frames(
    parts: Parts,
    streams: Streams,
    tenant: str,
    telling: Telling,
    response: ResponseObject,
    visible: Callable[[str], str],
) -> AsyncGenerator[bytes, None]:
    """Yield what `telling` tells of a task until it ends, as frames of Server-Sent Events.

    `response` is the task as it is now, `visible` what `restoring` returned. Ends early when the
    server stops; `telling.ended` says which. Raises DatabaseUnavailable.
    """
    if telling.ended:
        return
    task_id, background = response.octollm.task_id, response.background
    for frame in _written(telling.begin(response)):
        yield frame
    written, ended = "", False
    async with aclosing(streams.told(task_id, 0)) as told:
        async for shown in told:
            if shown is None:
                yield beat()
            elif shown.event.type == OUTPUT_DELTA:
                written = _with(written, shown.event)
                for frame in _written(telling.draft(visible(written))):
                    yield frame
            ended = shown is not None and shown.event.final
    if ended:
        task, response = await read(parts, tenant, task_id, background=background)
        for frame in _written(telling.end(task, response)):
            yield frame


def _with(text: str, delta: Event) -> str:
    """Return a draft with what has changed in it; one with a hole stays as it is."""
    offset, new = delta.data["offset"], delta.data["text"]
    if not isinstance(offset, int) or not isinstance(new, str) or offset > len(text):
        return text
    return text[:offset] + new


async def restoring(parts: Parts, task: TaskResponse) -> Callable[[str], str]:
    """Return what puts the values that are known by now back in a draft; what may still become a
    placeholder waits. Raises PrivateValuesUnreadable and DatabaseUnavailable."""
    values: Mapping[str, str] = {}
    if task.pii_policy == "redact":
        async with parts.database.transaction() as session:
            values = await parts.concealing.values_of(session, task.task_id)
    if not values:
        return lambda text: text
    return lambda text: StreamRestorer(values).feed(text)


def _written(told: Iterable[Frame]) -> Iterable[bytes]:
    for frame in told:
        data = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
        yield format_sse_event(data_str=data, event=frame["type"])
