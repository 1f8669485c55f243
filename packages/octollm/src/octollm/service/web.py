"""What every service wears, outermost first: `EdgeMiddleware` (request id, metrics, access log),
limits of connections and headers, CORS, body limit. All of it is pure ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

from fastapi import Depends, FastAPI, Response
from fastapi.telemetry import TelemetryConfig
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octollm.errors import BodyTooLarge
from octollm.service import problems, tracing
from octollm.service.connections import CrowdMiddleware
from octollm.service.edge import EdgeMiddleware
from octollm.service.heads import HeadLimitMiddleware

_PROBES = ("/health", "/ready", "/metrics")


def _is_probe(scope: Scope) -> bool:
    return scope["path"] in _PROBES


def request_traces() -> TelemetryConfig:
    """Return what FastAPI is to trace of the requests it serves: nothing in a process that records
    no traces, where it would ask for them three times a request all the same."""
    return {
        "tracing": tracing.is_on(),
        "auto_configure": False,  # `tracing.start` does it, and says why if it cannot
        "metrics": False,  # Prometheus has them
        "logs": False,  # they hold exception messages
        "operation_spans": False,
        "exclude": _is_probe,
    }


def instrument(
    app: FastAPI,
    registry: CollectorRegistry,
    *,
    max_body_bytes: int,
    cors_origins: Sequence[str] = (),
    quiet: Collection[str] = (),
    measured: Callable[..., Awaitable[None]] | None = None,
) -> None:
    """Give `app` its middleware and problem handlers, and serve `registry` at `/metrics`.

    `app` must have been made with `redirect_slashes=False`: a redirected path would enter the
    metrics as it was typed. `quiet` are routes whose good answers fill no log, as those of the
    probes. `measured` is a dependency that brings the registry up to date before it is served.
    """
    problems.install(app)
    app.add_middleware(BodyLimitMiddleware, max_body_bytes=max_body_bytes)
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
            expose_headers=[
                *("Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"),
                "WWW-Authenticate",
            ],
        )
    app.add_middleware(HeadLimitMiddleware)
    app.add_middleware(CrowdMiddleware, always=_PROBES)
    app.add_middleware(EdgeMiddleware, registry=registry, quiet=(*_PROBES, *quiet))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)

    @app.get(
        "/metrics",
        tags=["operations"],
        response_class=Response,
        responses=METRICS_RESPONSE,
        dependencies=[Depends(measured)] if measured else [],
    )
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
        declared = _content_length(scope["headers"])
        if not declared.isdigit() or int(declared) > self.max_body_bytes:
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


def _content_length(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return next((value for name, value in headers if name == b"content-length"), b"0")
