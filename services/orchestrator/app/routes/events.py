"""Events: of a task and of all tasks, live; and the receipt that they are as they were written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app import event_store, store, views
from app.admission import Admission
from app.routes import examples
from app.routes.depends import Tenant, TheParts, Transaction
from app.routes.guarded import DOOR, Guarded, needs
from app.routes.tasks import TaskId
from app.streaming import Streams, while_let_in
from octollm.errors import DatabaseUnavailable, InternalError, InvalidRequest, TaskNotFound
from octollm.receipt import Receipt
from octollm.service.problems import responses

LARGEST_ID = 2**63 - 1
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No cache keeps a stream, and no nginx holds it back."""

After = Annotated[
    int | None, Query(ge=0, le=LARGEST_ID, description="Only events with a higher id.")
]
LastEventId = Annotated[
    int | SkipJsonSchema[None],  # a header cannot be null
    Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID, description="The same; wins over `after`."),
]

router = APIRouter(tags=["events"], route_class=Guarded, responses=DOOR)


def streams(request: Request) -> Streams:
    return cast(Streams, request.app.state.streams)


TheStreams = Annotated[Streams, Depends(streams)]


class EventStream(StreamingResponse):
    """A stream whose source is closed with it, not when it happens to be collected.

    FastAPI's own has a heartbeat that cannot be set, and asks for a route that is a generator,
    which cannot answer 404 or 204 any more.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        request: Request,
        frames: AsyncGenerator[bytes, None],
        over: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`over` is awaited once the stream is, however it ended."""
        admission: Admission = request.app.state.admission
        shown = while_let_in(frames, lambda: admission.still_in(request))
        super().__init__(_while_it_can_be_read(shown), headers=HEADERS)
        self._frames = frames
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._frames):
                await super().__call__(scope, receive, send)
        finally:
            if self._over is not None:
                await self._over()


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
    async with parts.database.transaction() as session:
        task, _ = await store.get_task(session, tenant, task_id)
        if begin and task.status.final:
            left = await event_store.events_of_task(session, task_id, begin, 1)
            if not left:  # an EventSource comes again after every end but this one
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


async def _while_it_can_be_read(
    frames: AsyncGenerator[bytes, None],
) -> AsyncGenerator[bytes, None]:
    """Pass frames on; end when the database goes away. The reader comes again and is told why."""
    try:
        async for frame in frames:
            yield frame
    except DatabaseUnavailable:
        return
