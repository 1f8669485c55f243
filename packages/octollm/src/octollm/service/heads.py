"""A limit on what stands before a body: the request line and the headers.

httptools, which parses requests for uvicorn, has none: a head that never ends would be kept in
memory until it does.
"""

from __future__ import annotations

import json
from typing import Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from octollm.errors import HeadersTooLarge
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
_BODY: Final = json.dumps(HeadersTooLarge(_DETAIL).problem()).encode()
_ANSWER: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: " + problems.PROBLEM_JSON.encode() + b"\r\n"
    b"content-length: " + str(len(_BODY)).encode() + b"\r\n"
    b"connection: close\r\n\r\n" + _BODY
)

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
    """Refuses a head, or trailers, that are past the limit and have not come to their end.

    To be given to uvicorn as `http`. Of a head behind another request in one read, that read is
    not counted; it brings 256 KiB at most.
    """

    _pending = 0
    _in_head = False
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    # Each of these tells that what came so far was not the middle of a head.

    def on_headers_complete(self) -> None:
        self._pending, self._in_head = 0, False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._pending = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending = 0
        super().on_message_complete()

    def _refuse(self) -> None:
        self._refused = True
        log.info("a request without an end to its headers was refused")
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or not self._in_head:
            self.transport.close()  # else the answer would be taken for that to another request
            return
        self.transport.write(_ANSWER)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _is_too_large(scope: Scope) -> bool:
    headers = scope["headers"]
    size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    for name, value in headers:
        size += len(name) + len(value)
    return len(headers) > MAX_HEADERS or size > MAX_HEAD_BYTES
