"""Talks to an OctoLLM server: `Client`, and `AsyncClient` for asyncio. Same calls, same errors.

What is sent and what an answer means is decided in `octollm.wire`, whether to try again in
`octollm.retries`; the two classes here only send and wait. Every error is one of
`octollm.errors`: what the server answered, `InvalidRequest` before anything is sent,
`ServerUnreachable` when no answer came, `WaitTimeout` when a wait ran out.

Calls that meet a server that is away, overloaded (429) or not ready (503) are repeated up to
`retries` times, the server's `Retry-After` honoured; `submit` carries an `Idempotency-Key`, so
that a repeated submit is still one task.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from secrets import SystemRandom
from types import TracebackType
from typing import Self, TypeVar, Unpack
from uuid import UUID

import httpx2
from pydantic import JsonValue

from octollm import answers, wire
from octollm.async_client import AsyncClient
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
from octollm.wire import BudgetFields, ServerInfo, TaskFields

__all__ = ["AsyncClient", "BudgetFields", "Client", "ServerInfo", "TaskFields"]

Answer = TypeVar("Answer")
_random = SystemRandom()


class Client:
    """One server, over kept-alive connections. Close it, or use it in a `with` block.

    `url` defaults to the variable `OCTOLLM_URL`, then to `http://127.0.0.1:8000`; `api_key` to
    `OCTOLLM_API_KEY`. `timeout` are the seconds one answer may take. `transport` replaces the
    network, as in `httpx2.Client`. May be shared between threads.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        api_key: str | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        retries: int = DEFAULT_RETRIES,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._connection: Connection = connect(url, api_key, timeout, retries)
        self._http = httpx2.Client(transport=transport, trust_env=self._connection.trust_env)

    @property
    def url(self) -> str:
        """The server's URL, without credentials."""
        return self._connection.shown_url

    def submit(
        self,
        goal: str | TaskRequest,
        *,
        idempotency_key: str | None = None,
        **fields: Unpack[TaskFields],
    ) -> TaskAccepted:
        """Hand in a task: a goal and the fields of `TaskRequest`, or a whole TaskRequest.

        With a key of your own the same submit may also be repeated by a later process.
        """
        return self._send(wire.submit(goal, fields, idempotency_key))

    def get(self, task_id: UUID | str, wait: float | None = None) -> TaskResponse:
        """Return the task; with `wait`, 0 to 60 seconds, as soon as it is final or then."""
        return self._send(wire.get(task_id, wait))

    def wait(self, task_id: UUID | str, timeout: float | None = None) -> TaskResponse:
        """Return the task once it is completed, failed or cancelled.

        Raises WaitTimeout after `timeout` seconds; the task goes on all the same.
        """
        *_, last = self.watch(task_id, timeout)
        return finished(last)

    def watch(
        self,
        task_id: UUID | str,
        timeout: float | None = None,
        every: float = MAX_WAIT_SECONDS,
    ) -> Iterator[TaskResponse]:
        """Yield the task at least `every` seconds until it is final or `timeout` has passed."""
        waiting = Waiting(timeout, every, time.monotonic())
        while True:
            asked_at = time.monotonic()
            task = self.get(task_id, wait=waiting.hold(asked_at))
            yield task
            pause = waiting.pause(task.status, asked_at, time.monotonic())
            if pause is None:
                return
            time.sleep(pause)

    def events(
        self, task_id: UUID | str | None = None, after: int | None = None
    ) -> Iterator[Event]:
        """Yield a task's events from its first one on, as they come, to the one it ends with.

        Without a task: those of all tasks from now on, or since the event with the id `after`. A
        stream that is cut is gone on with, unless the server is away for more than a minute."""
        following = self._connection.following(task_id, after)
        while not following.ended:
            try:
                yield from self._stream(following)
            except OctoError as error:
                delay = following.delay(error, time.monotonic(), _random.random())
                if delay is None:
                    raise
                time.sleep(delay)

    def receipt(self, task_id: UUID | str) -> Receipt:
        """Return all events of a task with their hashes; `octollm.receipt.flaw_in` checks them."""
        return self._send(wire.receipt(task_id))

    def list(
        self,
        status: TaskStatus | str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> TaskPage:
        """Return one page of tasks, newest first; pass its `next_cursor` for the next one."""
        return self._send(wire.list_page(status, limit, cursor))

    def tasks(
        self, status: TaskStatus | str | None = None, page_size: int | None = None
    ) -> Iterator[TaskSummary]:
        """Yield all tasks, newest first, fetching page after page as they are used."""
        page = self.list(status, page_size)
        yield from page.tasks
        while page.next_cursor is not None:
            page = self.list(status, page_size, page.next_cursor)
            yield from page.tasks

    def cancel(self, task_id: UUID | str) -> TaskSummary:
        """Ask for a task to end; `cancel_requested` or the status tells that it is so."""
        return self._send(wire.cancel(task_id))

    def purge(self, task_id: UUID | str) -> None:
        """Erase a finished task's private values; its result keeps the placeholders."""
        self._send(wire.purge(task_id))

    def add_document(
        self, name: str, text: str, *, pii_policy: DocumentPolicy | None = None
    ) -> DocumentSummary:
        """Add a text the retriever may quote from; one of the same name is replaced."""
        return self._send(wire.add_document(name, text, pii_policy))

    def list_documents(
        self, name: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> DocumentPage:
        """Return one page of documents, newest first, or the one of that name alone."""
        return self._send(wire.list_documents(name, limit, cursor))

    def documents(self, page_size: int | None = None) -> Iterator[DocumentSummary]:
        """Yield all documents, newest first, fetching page after page as they are used."""
        page = self.list_documents(limit=page_size)
        yield from page.documents
        while page.next_cursor is not None:
            page = self.list_documents(limit=page_size, cursor=page.next_cursor)
            yield from page.documents

    def delete_document(self, document_id: UUID | str) -> None:
        """Delete a document; raises DocumentNotFound, also when an unheard answer had done it."""
        self._send(wire.delete_document(document_id))

    def info(self) -> ServerInfo:
        """Return the server's name, version and links."""
        return self._send(wire.info())

    def ready(self) -> dict[str, JsonValue]:
        """Return the report of a server that is ready; raises Unavailable, unrepeated, if not."""
        return self._send(wire.ready())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, call: wire.Call[Answer]) -> Answer:
        retries, started, tried = self._connection.retries_of(call), time.monotonic(), 0
        while True:
            tried += 1
            try:
                return self._send_once(call)
            except OctoError as error:
                elapsed = time.monotonic() - started
                delay = retries.delay(error, tried, elapsed, _random.random())
                if delay is None:
                    raise
            time.sleep(delay)

    def _stream(self, following: Following) -> Iterator[Event]:
        """Yield the events of one connection. Raises ServerUnreachable where it is cut."""
        request = self._connection.request(following.call())
        try:
            response = self._http.send(request, stream=True)
            with closing(response):
                if not response.is_success:
                    response.read()
                if not following.opened(response, time.monotonic()):
                    return
                for frame in httpx2.EventSource(response):
                    yield from following.read(frame)
                    if following.ended:
                        return
        except httpx2.RequestError as fault:
            raise answers.unreachable(self.url, fault) from fault
        raise cut(self.url)

    def _send_once(self, call: wire.Call[Answer]) -> Answer:
        try:
            response = self._http.send(self._connection.request(call))
        except httpx2.RequestError as fault:
            raise answers.unreachable(self.url, fault) from fault
        return call.read(response)
