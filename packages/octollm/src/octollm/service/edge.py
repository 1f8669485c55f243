"""The outermost middleware: gives each request its id, and counts, times and logs it.

One pass of pure ASGI of our own: general-purpose middleware for the same things takes longer than
a text takes to screen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, MutableMapping
from random import Random
from time import perf_counter
from typing import Any, Final

import structlog
from asgi_correlation_id import correlation_id
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octollm.service import problems

_ID_HEADER: Final = problems.REQUEST_ID_HEADER.lower().encode()
_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_IDS: Final = Random(os.urandom(32))  # noqa: S311 -- told apart, never a secret
_METHODS: Final = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_NO_ROUTE: Final = "none"

_MORE: Final = "octollm.headers"
_ENDS: Final = "octollm.ends"

log = structlog.get_logger("access")


def add_header(scope: MutableMapping[str, Any], name: str, value: str) -> None:
    """Have the answer to a request carry a header, whether it will be a good one or a problem."""
    scope.setdefault(_MORE, []).append((name.lower().encode(), value.encode()))


def at_end(scope: MutableMapping[str, Any], call: Callable[[], None]) -> None:
    """Have something called once the answer to a request has ended, however it did, to its last
    byte."""
    scope.setdefault(_ENDS, []).append(call)


class EdgeMiddleware:
    """Answers carry the caller's `X-Request-ID` if it can be searched for, else one of ours.

    Labels and log lines name the route's template, never the path. Of `quiet` routes, what is
    answered below 400 is logged at the level `DEBUG`, all else at `INFO`.
    """

    def __init__(
        self, app: ASGIApp, registry: CollectorRegistry, quiet: Collection[str] = ()
    ) -> None:
        self.app = app
        self._quiet = frozenset(quiet)
        self._requests = Counter(
            "http_requests",
            "HTTP requests by method, route template and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time from the request's arrival to the end of the answer, by route template.",
            ["method", "route"],
            registry=registry,
        )
        # Finding a child by its labels takes a lock and a tuple of strings each time.
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._log = log.bind()  # an unbound one binds itself anew for each line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope["headers"])
        correlation_id.set(request_id.decode())
        status = 500  # what the framework answers, outside of us, to an unforeseen error

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = [(_ID_HEADER, request_id), *scope.get(_MORE, ())]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        started = perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self._record(scope, status, perf_counter() - started)
            for call in scope.get(_ENDS, ()):
                call()

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        requests, histogram = self._children(method, route, status)
        requests.inc()
        histogram.observe(seconds)
        quiet = status < 400 and route in self._quiet
        (self._log.debug if quiet else self._log.info)(
            "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1)
        )

    def _children(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        labels = (method, route, status)
        children = self._counted.get(labels)
        if children is None:
            children = (
                self._requests.labels(method, route, str(status)),
                self._seconds.labels(method, route),
            )
            self._counted[labels] = children
        return children


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == _ID_HEADER and _ID.fullmatch(value):
            return value
    return b"%032x" % _IDS.getrandbits(128)
