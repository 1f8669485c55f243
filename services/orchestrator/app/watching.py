"""What a viewer is answered: a stream of events, or that there is nothing more to see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Annotated, Final
from uuid import UUID

from fastapi import Header, Query, Request
from pydantic import WithJsonSchema
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app import event_store, store
from app.api_keys import Caller
from app.database import Database
from app.doorkeeper import Doorkeeper
from octollm.errors import DatabaseUnavailable

HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""No cache keeps a stream, and no nginx holds it back."""


LARGEST_ID = 2**63 - 1

After = Annotated[
    int | None, Query(ge=0, le=LARGEST_ID, description="Only events with a higher id.")
]
LastEventId = Annotated[
    int | None,
    Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID, description="The same; wins over `after`."),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": LARGEST_ID}),  # never null
]
"""Where an EventSource goes on by itself."""


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
        left: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Who asks in `request` sees `frames` for as long as they would be let in.

        `left` is awaited if they go away before the end; not if it was us who ended the stream.
        """
        super().__init__(_while_it_can_be_read(frames), headers=HEADERS)
        self._doorkeeper: Doorkeeper = request.app.state.doorkeeper
        self._caller: Caller = request.state.caller
        self._request, self._frames, self._left = request, frames, left
        self._ended = False

    async def stream_response(self, send: Send) -> None:
        await super().stream_response(send)
        self._ended = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with aclosing(self._frames):
                with suppress(TimeoutError):
                    async with asyncio.timeout(None) as visit:
                        with self._doorkeeper.minding(self._caller, visit):
                            await super().__call__(scope, receive, send)
            if visit.expired() and not self._ended:
                self._ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            # An answer that has ended is told as gone from, even by who is still there.
            if self._left and not self._ended and await self._request.is_disconnected():
                await self._left()


async def all_seen(database: Database, tenant: str, task_id: UUID, after: int) -> bool:
    """Return whether a task has ended and has no event after that id. Raises TaskNotFound.

    Its viewer is to be answered 204: an EventSource comes again after every end but that one.
    """
    async with database.transaction() as session:
        task, _ = await store.get_task(session, tenant, task_id)
        if not after or not task.status.final:
            return False
        return not await event_store.events_of_task(session, task_id, after, 1)


async def _while_it_can_be_read(
    frames: AsyncGenerator[bytes, None],
) -> AsyncGenerator[bytes, None]:
    """Pass frames on; end when the database goes away. The reader comes again and is told why."""
    try:
        async for frame in frames:
            yield frame
    except DatabaseUnavailable:
        return
