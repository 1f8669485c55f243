"""Events: of a task and of all tasks, live; and the receipt that they are as they were written."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response

from app import event_store, views
from app.routes import examples
from app.routes.depends import Tenant, TheParts, Transaction
from app.routes.guarded import DOOR, Guarded, needs
from app.routes.tasks import TaskId
from app.streaming import Streams
from app.watching import After, EventStream, LastEventId, all_seen
from octollm.errors import DatabaseUnavailable, InternalError, InvalidRequest, TaskNotFound
from octollm.receipt import Receipt
from octollm.service.problems import responses

router = APIRouter(tags=["events"], route_class=Guarded, responses=DOOR)


async def streams(request: Request) -> Streams:
    return cast(Streams, request.app.state.streams)


TheStreams = Annotated[Streams, Depends(streams)]


@router.get(
    "/tasks/{task_id}/events",
    dependencies=[needs("read")],
    summary="Watch a task",
    status_code=200,  # FastAPI would look for it in the class's signature
    response_class=EventStream,
    responses={
        200: examples.STREAM,
        204: {"description": "The task has ended and you have seen all of it: do not come again"},
        **responses(TaskNotFound, InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def watch_task(
    request: Request,
    task_id: TaskId,
    parts: TheParts,
    streams: TheStreams,
    tenant: Tenant,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """A task's events from the first one on, then as they come, until the one it ends with.

    `output.delta` is what the output has become while it is written: replace what you have from
    `offset` on by `text`. It has no id and is not kept: a viewer who comes late is sent what there
    is so far if this server has heard it. What could not pass the screening is not sent. Of the
    last 100 characters only a finished output shows all.
    """
    begin = (last_event_id if last_event_id is not None else after) or 0
    if await all_seen(parts.database, tenant, task_id, begin):
        return Response(status_code=204)
    return EventStream(request, streams.of_task(task_id, begin))


@router.get(
    "/events",
    dependencies=[needs("read")],
    summary="Watch all tasks",
    status_code=200,  # FastAPI would look for it in the class's signature
    response_class=EventStream,
    responses={
        200: examples.STREAM,
        **responses(InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def watch_all(
    request: Request,
    streams: TheStreams,
    tenant: Tenant,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """The events of all your tasks as they come; with `after`, those since then first.

    There is no `output.delta` in it, and no end to it.
    """
    begin = last_event_id if last_event_id is not None else after
    return EventStream(request, streams.of_tenant(tenant, begin))


@router.get(
    "/tasks/{task_id}/receipt",
    dependencies=[needs("read")],
    summary="Get a task's receipt",
    responses={
        200: examples.RECEIPT,
        **responses(TaskNotFound, InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def get_receipt(task_id: TaskId, session: Transaction, tenant: Tenant) -> Receipt:
    """All events of a task, each with the hash that binds it to the one before.

    `verified` is this server's word for it; check it yourself with `octollm verify`.
    """
    head, events = await event_store.chain_of(session, tenant, task_id)
    return views.receipt(task_id, head, events)
