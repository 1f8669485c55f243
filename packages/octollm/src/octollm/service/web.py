"""Middleware every service wears, outermost first: request id, metrics and access log, CORS,
body limit. All of it is pure ASGI."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from uuid import uuid4

import structlog
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_fastapi_instrumentator.metrics import Info
from prometheus_fastapi_instrumentator.middleware import PrometheusInstrumentatorMiddleware
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octollm.errors import BodyTooLarge
from octollm.service import problems

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_QUIET = {"/health", "/ready", "/metrics"}

log = structlog.get_logger("access")


def instrument(
    app: FastAPI,
    registry: CollectorRegistry,
    *,
    max_body_bytes: int,
    cors_origins: Sequence[str] = (),
) -> None:
    """Give `app` its middleware and problem handlers, and serve `registry` at `/metrics`.

    `app` must have been made with `redirect_slashes=False`: a redirected path would enter the
    metrics as it was typed.
    """
    problems.install(app)
    app.add_middleware(BodyLimitMiddleware, max_body_bytes=max_body_bytes)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
        expose_headers=["Location", "Retry-After", "X-Request-ID"],
    )
    app.add_middleware(
        PrometheusInstrumentatorMiddleware,
        instrumentations=[_http_metrics(registry)],
        should_group_status_codes=False,
        registry=registry,
    )
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name=problems.REQUEST_ID_HEADER,
        generator=lambda: uuid4().hex,
        validator=lambda value: _REQUEST_ID.fullmatch(value) is not None,
    )
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)

    @app.get("/metrics", tags=["operations"], response_class=Response, responses=METRICS_RESPONSE)
    def metrics() -> Response:
        """Prometheus metrics of this process."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


METRICS_RESPONSE: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Prometheus text format",
        "content": {
            "text/plain": {
                "schema": {"type": "string"},
                "example": 'http_requests_total{method="GET",route="/",status="200"} 1.0',
            }
        },
    }
}


def _http_metrics(registry: CollectorRegistry) -> Callable[[Info], None]:
    """Return what counts, times and logs a request; labels come from closed sets only."""
    requests = Counter(
        "http_requests",
        "HTTP requests by method, route template and status.",
        ["method", "route", "status"],
        registry=registry,
    )
    seconds = Histogram(
        "http_request_duration_seconds",
        "Time from the request's arrival to the end of the answer, by route template.",
        ["method", "route"],
        registry=registry,
    )

    def record(info: Info) -> None:
        method = info.method if info.method in _METHODS else "other"
        route = info.modified_handler
        requests.labels(method, route, info.modified_status).inc()
        seconds.labels(method, route).observe(info.modified_duration)
        (log.debug if route in _QUIET else log.info)(
            "request",
            method=method,
            route=route,
            status=int(info.modified_status),
            ms=round(info.modified_duration * 1000, 1),
        )

    return record


class BodyLimitMiddleware:
    """Refuses a body past the limit before it is read, or while it arrives in chunks.

    FastAPI's own `max_body_size` does the same, but answers plain text in place of a problem.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not (declared.isascii() and declared.isdigit()) or int(declared) > self.max_body_bytes:
            await problems.render(BodyTooLarge(self._limit()))(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body_bytes:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_within_limit, send)

    def _limit(self) -> str:
        return f"The body may have {self.max_body_bytes:,} bytes at most."
