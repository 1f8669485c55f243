"""One task: what came of it, what it cost, and how it went; to cancel it or send it again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query
from starlette.responses import RedirectResponse, Response

from app import call_store, event_store, store, views
from app.console import form, rendering, ticket, timeline, words
from app.console.advice import advice_on
from app.console.door import Canceller, Reader, Submitter, Visit
from app.console.frames import unnamed
from app.console.masking import masked
from app.console.sheet import Page
from app.models import ModelCall, Task, TaskEvent, TaskResultRow
from app.watching import After, EventStream, LastEventId, all_seen
from octollm.contracts import TaskResponse
from octollm.errors import Forbidden
from octollm.receipt import Receipt
from octollm.redaction import placeholders_in
from octollm.validation import invalid

TaskId = Annotated[UUID, Path()]
Values = Annotated[Literal["shown"] | None, Query()]
As = Annotated[rendering.Form | None, Query(alias="as")]

router = APIRouter(
    prefix=f"{ticket.PATH}/tasks/{{task_id}}", route_class=Page, include_in_schema=False
)


@dataclass(frozen=True)
class _Read:
    """What the tables know of a task."""

    task: Task
    row: TaskResultRow | None
    values: dict[str, str]
    calls: list[ModelCall]
    events: list[TaskEvent]
    receipt: Receipt


@router.get("")
async def show_task(
    visit: Reader, task_id: TaskId, values: Values = None, shape: As = None
) -> Response:
    """Show a task. Private values stay hidden unless they are asked for."""
    read = await _read(visit, task_id, with_values=values == "shown")
    task = views.response(read.task, read.row, read.values)
    if task.pii_policy == "allow" and values is None:
        task = await masked(visit.parts.concealing, task)
    until = task.finished_at or words.now()
    scale = timeline.scale_of(read.events, until)
    return visit.page(
        "task.html",
        task=task,
        row=read.task,
        once=str(uuid4()),
        hides=_hides(read),
        values=values,
        output=await asyncio.to_thread(_output, task, shape),
        pretty=rendering.pretty,
        marked=rendering.marked,
        why=advice_on(task.error, task),
        seconds=_seconds(task),
        lines=timeline.lines(read.events, scale, until, read.calls),
        events=len(read.events),
        calls=timeline.calls(read.calls, read.events, scale, until),
        scale=scale,
        receipt=read.receipt,
        stream=None if task.status.final else _stream(task_id, read),
    )


@router.get("/events", response_class=EventStream, status_code=200)
async def watch_task(
    visit: Reader, task_id: TaskId, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """Stream a task's events, as `GET /tasks/{task_id}/events` does, to whoever has the cookie."""
    begin = (last_event_id if last_event_id is not None else after) or 0
    if await all_seen(visit.parts.database, visit.tenant, task_id, begin):
        return Response(status_code=204)
    return EventStream(visit.request, unnamed(visit.streams.of_task(task_id, begin)))


@router.post("/cancel")
async def cancel_task(visit: Canceller, task_id: TaskId) -> Response:
    """Ask for a task to be cancelled, and show it."""
    async with visit.parts.database.transaction() as session:
        await visit.parts.pipeline.cancel(session, tenant=visit.tenant, task_id=task_id)
    return RedirectResponse(_place(task_id), 303)


@router.post("/resubmit")
async def resubmit_task(visit: Submitter, task_id: TaskId) -> Response:
    """Send what was asked once more, as a new task, and show that."""
    request = form.request_of(*await stored(visit, task_id))
    accepted = await visit.parts.pipeline.submit(
        request, tenant=visit.tenant, idempotency_key=form.mark_in(visit.form)
    )
    return RedirectResponse(_place(accepted.task_id), 303)


async def stored(visit: Visit, task_id: UUID) -> tuple[Task, dict[str, str]]:
    """Return a task and what its placeholders stand for.

    Raises Forbidden for a key that may submit and not read, TaskNotFound, and InvalidRequest where
    that was erased: the task would be another one.
    """
    if not visit.caller.may("read"):
        raise Forbidden("This key lacks the scope read.", missing_scope="read")
    async with visit.parts.database.transaction() as session:
        task, _ = await store.get_task(session, visit.tenant, task_id)
        values = {}
        if task.pii_policy == "redact":
            values = await visit.parts.concealing.values_of(session, task_id)
            if not values and placeholders_in(f"{task.goal}\n{task.context or ''}"):
                raise invalid("task", "cannot be sent again: its private values were erased")
    return task, values


async def _read(visit: Visit, task_id: UUID, *, with_values: bool) -> _Read:
    async with visit.parts.database.transaction() as session:
        task, row = await store.get_task(session, visit.tenant, task_id)
        head, events = await event_store.chain_of(session, visit.tenant, task_id)
        wanted = with_values and task.pii_policy == "redact" and row is not None
        values = await visit.parts.concealing.values_of(session, task_id) if wanted else {}
        calls = await call_store.list_calls(session, task_id)
    receipt = views.receipt(task_id, head, events)
    return _Read(task, row, values, calls, list(events), receipt)


def _hides(read: _Read) -> bool:
    """Return whether there may be private values to be shown."""
    return read.task.pii_policy == "allow" or (
        read.task.pii_policy == "redact" and read.row is not None
    )


def _output(task: TaskResponse, shape: rendering.Form | None) -> dict[str, Any] | None:
    if task.result is None:
        return None
    text = task.result.output
    own = rendering.form_of(text)
    form_shown = shape or own
    return {
        "html": rendering.rendered(text, form_shown),
        "form": form_shown,
        "forms": [own, "text"] if own != "text" else ["text", "markdown"],
        "characters": len(text),
    }


def _seconds(task: TaskResponse) -> float:
    if task.started_at is None:
        return 0.0
    return ((task.finished_at or words.now()) - task.started_at).total_seconds()


def _stream(task_id: UUID, read: _Read) -> str:
    return f"{_place(task_id)}/events?after={read.events[-1].id if read.events else 0}"


def _place(task_id: UUID) -> str:
    return f"{ticket.PATH}/tasks/{task_id}"
