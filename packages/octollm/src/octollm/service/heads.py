"""Limits on how a request comes: the size of what stands before its body, and the time of both.

httptools, which parses requests for uvicorn, has none: a head that never ends would be kept in
memory until it does, and one that comes a byte a minute would hold its connection for ever.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from octollm.errors import HeadersTooLarge, MalformedRequest, OctoError, RequestTimeout
from octollm.service import problems

MAX_HEAD_BYTES: Final = 32_768
"""What browsers and proxies send stays far below; nginx takes four lines of 8 KiB."""

MAX_HEADERS: Final = 100
"""As Apache's `LimitRequestFields`."""

LINGER_SECONDS: Final = 1.0
"""How long a refused caller is listened to: closed at once, a connection with bytes still to be
read is reset, and the answer lost with it (RFC 9112 section 9.6)."""

_DETAIL: Final = (
    f"A request may have {MAX_HEADERS} headers and {MAX_HEAD_BYTES:,} bytes before its body."
)


def answer_of(error: OctoError, reason: str) -> bytes:
    """Return the whole answer to a request that no application sees, which ends its connection."""
    body = json.dumps(error.problem()).encode()
    later = "" if error.retry_after is None else f"retry-after: {error.retry_after:.0f}\r\n"
    return (
        f"HTTP/1.1 {error.status} {reason}\r\n{later}"
        f"content-type: {problems.PROBLEM_JSON}\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    ).encode() + body


_TOO_LARGE: Final = answer_of(HeadersTooLarge(_DETAIL), "Request Header Fields Too Large")
_TOO_SLOW: Final = answer_of(RequestTimeout(), "Request Timeout")
_MALFORMED: Final = answer_of(MalformedRequest(), "Bad Request")

log = structlog.get_logger(__name__)


class HeadLimitMiddleware:
    """Refuses a head that has come to its end, but is larger than it may be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_too_large(scope):
            await problems.render(HeadersTooLarge(_DETAIL))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class HeadLimitProtocol(HttpToolsProtocol):
    """Refuses a head, or trailers, that are past the limit and have not come to their end; and
    closes connections on which a head or a body takes too long.

    To be given to uvicorn as `http`. Of a head behind another request in one read, that read is
    not counted; it brings 256 KiB at most. Between requests uvicorn's own time-out counts.
    """

    head_seconds = 10.0
    """From the connection, or the first byte after an answer, to the end of the headers."""

    body_seconds = 30.0
    """From there to the end of the body; of 1 MiB, at 35 kB a second."""

    _pending = 0
    _in_head = False
    _refused = False
    _timer: asyncio.TimerHandle | None = None
    _served: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait(None)
        super().connection_lost(exc)
        # uvicorn tells the last request alone; one that others came behind would be answered on.
        if self._served is not None and not self._served.response_complete:
            self._served.disconnected = True
            self._served.message_event.set()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._served = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if self._timer is None:
            self._wait(self.head_seconds)
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MAX_HEAD_BYTES and not self.transport.is_closing():
            log.info("a request without an end to its headers was refused")
            self._refuse(_TOO_LARGE if self._in_head and not self._answering() else b"")

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    # Each of these tells that what came so far was not the middle of a head.

    def on_headers_complete(self) -> None:
        self._pending, self._in_head = 0, False
        self._wait(self.body_seconds)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending = 0
        self._wait(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as a problem, where uvicorn answers plain text."""
        self._refuse(b"" if self._answering() else _MALFORMED)

    def waits_for_a_next_request(self) -> bool:
        """Return whether all that came was answered, so that nothing is lost by closing."""
        return (
            self._timer is None
            and not self._refused
            and self.cycle is not None
            and self.cycle.response_complete
            and not self.transport.is_closing()
        )

    def _wait(self, seconds: float | None) -> None:
        """Wait so long for what is to come next; None: for nothing."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._timer = None
        if self._refused or self.transport.is_closing():
            return
        log.info("a request that came too slowly was refused")
        begun = self._in_head or self._waits_for_body()
        silent = self._waits_for_body() or not self._answering()
        self._refuse(_TOO_SLOW if begun and silent else b"")

    def _answering(self) -> bool:
        """Return whether bytes of ours would be taken for the answer to another request."""
        return self.cycle is not None and not self.cycle.response_complete

    def _waits_for_body(self) -> bool:
        """Return whether a request lacks its body, and no answer to it has begun."""
        cycle = self.cycle
        return (
            not self._in_head
            and not self.pipeline
            and cycle is not None
            and cycle.more_body
            and not cycle.response_started
        )

    def _refuse(self, answer: bytes) -> None:
        """Send an answer, if there is one to send, and close the connection."""
        self._refused = True
        self._wait(None)
        if not answer:
            self.transport.close()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # else its answer would come behind this one
            self.cycle.message_event.set()
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _is_too_large(scope: Scope) -> bool:
    headers = scope["headers"]
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    for name, value in headers:
        size += len(name) + len(value)
    return len(headers) > MAX_HEADERS or size > MAX_HEAD_BYTES
