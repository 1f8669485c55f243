"""`octollm.client.Client` for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from secrets import SystemRandom
from types import TracebackType
from typing import Self, TypeVar, Unpack
from uuid import UUID

import httpx2
from pydantic import JsonValue

from octollm import answers, wire
from octollm.connection import DEFAULT_RETRIES, DEFAULT_TIMEOUT_SECONDS, Connection, connect
from octollm.contracts import (
    MAX_WAIT_SECONDS,
    TaskAccepted,
    TaskPage,
    TaskRequest,
    TaskResponse,
    TaskStatus,
    TaskSummary,
)
from octollm.documents import DocumentPage, DocumentPolicy, DocumentSummary
from octollm.errors import OctoError
from octollm.events import Event
from octollm.following import Following, cut
from octollm.receipt import Receipt
from octollm.waiting import Waiting, finished
from octollm.wire import ServerInfo, TaskFields

Answer = TypeVar("Answer")
_random = SystemRandom()


class AsyncClient:
    """`Client` for asyncio: the same calls, awaited; `watch`, `events`, `tasks` and `documents`
    are for `async for`."""

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        retries: int = DEFAULT_RETRIES,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._connection: Connection = connect(url, api_key, timeout, retries)
        self._http = httpx2.AsyncClient(transport=transport, trust_env=self._connection.trust_env)

    @property
    def url(self) -> str:
        """As `Client.url`."""
        return self._connection.shown_url

    async def submit(
        self,
        goal: str | TaskRequest,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[TaskFields],
    ) -> TaskAccepted:
        """As `Client.submit`."""
        return await self._send(wire.submit(goal, fields, idempotency_key))

    async def get(self, task_id: UUID | str, wait: float | None = None) -> TaskResponse:
        """As `Client.get`."""
        return await self._send(wire.get(task_id, wait))

    async def wait(self, task_id: UUID | str, timeout: float | None = None) -> TaskResponse:
        """As `Client.wait`."""
        *_, last = [task async for task in self.watch(task_id, timeout)]
        return finished(last)

    async def watch(
        self,
        task_id: UUID | str,
        timeout: float | None = None,
        every: float = MAX_WAIT_SECONDS,
    ) -> AsyncIterator[TaskResponse]:
        """As `Client.watch`."""
        waiting = Waiting(timeout, every, time.monotonic())
        while True:
            asked_at = time.monotonic()
            task = await self.get(task_id, wait=waiting.hold(asked_at))
            yield task
            pause = waiting.pause(task.status, asked_at, time.monotonic())
            if pause is None:
                return
            await asyncio.sleep(pause)

    async def events(
        self, task_id: UUID | str | None = None, after: int | None = None
    ) -> AsyncIterator[Event]:
        """As `Client.events`."""
        following = self._connection.following(task_id, after)
        while not following.ended:
            try:
                async with aclosing(self._stream(following)) as events:
                    async for event in events:
                        yield event
            except OctoError as error:
                delay = following.delay(error, time.monotonic(), _random.random())
                if delay is None:
                    raise
                await asyncio.sleep(delay)

    async def receipt(self, task_id: UUID | str) -> Receipt:
        """As `Client.receipt`."""
        return await self._send(wire.receipt(task_id))

    async def list(
        self,
        status: TaskStatus | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> TaskPage:
        """As `Client.list`."""
        return await self._send(wire.list_page(status, limit, cursor))

    async def tasks(
        self, status: TaskStatus | str | None = None, page_size: int | None = None
    ) -> AsyncIterator[TaskSummary]:
        """As `Client.tasks`."""
        cursor = None
        while True:
            page = await self.list(status, page_size, cursor)
            for task in page.tasks:
                yield task
            cursor = page.next_cursor
            if cursor is None:
                return

    async def cancel(self, task_id: UUID | str) -> TaskSummary:
        """As `Client.cancel`."""
        return await self._send(wire.cancel(task_id))

    async def purge(self, task_id: UUID | str) -> None:
        """As `Client.purge`."""
        await self._send(wire.purge(task_id))

    async def add_document(
        self, name: str, text: str, *, pii_policy: DocumentPolicy | None = None
    ) -> DocumentSummary:
        """As `Client.add_document`."""
        return await self._send(wire.add_document(name, text, pii_policy))

    async def list_documents(
        self, name: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> DocumentPage:
        """As `Client.list_documents`."""
        return await self._send(wire.list_documents(name, limit, cursor))

    async def documents(self, page_size: int | None = None) -> AsyncIterator[DocumentSummary]:
        """As `Client.documents`."""
        cursor = None
        while True:
            page = await self.list_documents(limit=page_size, cursor=cursor)
            for document in page.documents:
                yield document
            cursor = page.next_cursor
            if cursor is None:
                return

    async def delete_document(self, document_id: UUID | str) -> None:
        """As `Client.delete_document`."""
        await self._send(wire.delete_document(document_id))

    async def info(self) -> ServerInfo:
        """As `Client.info`."""
        return await self._send(wire.info())

    async def ready(self) -> dict[str, JsonValue]:
        """As `Client.ready`."""
        return await self._send(wire.ready())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _send(self, call: wire.Call[Answer]) -> Answer:
        retries, started, tried = self._connection.retries_of(call), time.monotonic(), 0
        while True:
            tried += 1
            try:
                return await self._send_once(call)
            except OctoError as error:
                elapsed = time.monotonic() - started
                delay = retries.delay(error, tried, elapsed, _random.random())
                if delay is None:
                    raise
            await asyncio.sleep(delay)

    async def _stream(self, following: Following) -> AsyncGenerator[Event, None]:
        """Yield the events of one connection. Raises ServerUnreachable where it is cut."""
        request = self._connection.request(following.call())
        try:
            response = await self._http.send(request, stream=True)
            async with aclosing(response):
                if not response.is_success:
                    await response.aread()
                if not following.opened(response, time.monotonic()):
                    return
                async for frame in httpx2.EventSource(response):
                    for event in following.read(frame):
                        yield event
                    if following.ended:
                        return
        except httpx2.RequestError as fault:
            raise answers.unreachable(self.url, fault) from fault
        raise cut(self.url)

    async def _send_once(self, call: wire.Call[Answer]) -> Answer:
        try:
            response = await self._http.send(self._connection.request(call))
        except httpx2.RequestError as fault:
            raise answers.unreachable(self.url, fault) from fault
        return call.read(response)
