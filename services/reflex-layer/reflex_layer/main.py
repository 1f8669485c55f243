"""The HTTP service: `POST /process` and `/process/batch`, `/health`, `/ready`, `/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from time import perf_counter
from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Body, Depends, FastAPI, Request
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from octollm.contracts import MAX_BODY_BYTES
from octollm.errors import (
    BodyTooLarge,
    HostNotAllowed,
    InternalError,
    InvalidRequest,
    OriginNotAllowed,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from octollm.service import logs, problems, tracing, web
from octollm.service.json_route import JsonRoute
from octollm.service.lasting import lasting
from octollm.service.visitors import Visitors, names
from octollm.verdict import (
    ReflexBatchRequest,
    ReflexBatchResponse,
    ReflexRequest,
    ReflexResponse,
)
from reflex_layer import examples
from reflex_layer.admission import Admission
from reflex_layer.config import Settings
from reflex_layer.keys import Keys
from reflex_layer.limits import Limits
from reflex_layer.parts import Parts, assembled, opened
from reflex_layer.screener import Screener

_REFUSALS = problems.responses(
    *(Unauthenticated, OriginNotAllowed, HostNotAllowed, BodyTooLarge, InvalidRequest, RateLimited),
    *(InternalError, Unavailable),
)


def create_app(settings: Settings) -> FastAPI:
    """Return the service. Its lifespan warms everything up; `/ready` waits for that.

    Raises GuardUnusable if the settings name a guard that cannot be used.
    """
    registry = CollectorRegistry()
    parts = assembled(settings, registry)
    app = FastAPI(
        title="OctoLLM Reflex Layer",
        version=version("octollm-reflex-layer"),
        description="Screens texts for private data and prompt injection. Nothing is stored.",
        telemetry=web.request_traces(),
        lifespan=_lifespan(parts),
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    # An included router would match each request twice, and pages for people come last.
    app.router.routes += _screening(parts.screener, _admission(settings, parts)).routes
    web.instrument(app, registry, max_body_bytes=MAX_BODY_BYTES)
    _add_operations(app, parts)
    app.router.routes.sort(key=lambda route: not isinstance(route, APIRoute))
    return app


def from_environment() -> FastAPI:
    """Entry point of a process of its own: `uvicorn --factory`, as `octollm reflex` starts it."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    tracing.start("octollm-reflex-layer")
    return create_app(settings)


def _lifespan(parts: Parts) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(tracing.flush)
            await stack.enter_async_context(opened(parts))
            stack.enter_context(lasting())
            yield

    return lifespan


def _admission(settings: Settings, parts: Parts) -> Admission:
    keys = Keys(settings.keys, trusted=settings.trusted_keys, required=settings.require_key)
    limits = Limits(
        settings.limit_per_key, settings.limit_per_ip, parts.link, settings.redis_prefix
    )
    visitors = Visitors(names(settings.trusted_hosts.split(",")))
    return Admission(keys, limits, parts.metrics, visitors)


def _screening(screener: Screener, admission: Admission) -> APIRouter:
    router = APIRouter(
        route_class=JsonRoute,
        tags=["screening"],
        dependencies=[Depends(admission.identify)],
        generate_unique_id_function=_operation_id,
    )

    @router.post("/process", responses=examples.answers() | _REFUSALS)
    async def process(
        request: Request,
        body: Annotated[ReflexRequest, Body(openapi_examples=examples.requests())],
    ) -> ReflexResponse:
        """Screen one text. Spans count Unicode code points; matched values are never echoed."""
        caller = await admission.charge(request, 1)
        (answer,) = await screener.answers([body], caller, _request_id())
        return answer

    @router.post("/process/batch", responses=examples.batch_answers() | _REFUSALS)
    async def process_batch(
        request: Request,
        body: Annotated[ReflexBatchRequest, Body(openapi_examples=examples.batch_requests())],
    ) -> ReflexBatchResponse:
        """Screen up to 64 texts; each is screened by itself, and answered at its place."""
        started = perf_counter()
        caller = await admission.charge(request, len(body.items))
        request_id = _request_id()
        results = await screener.answers(body.items, caller, request_id)
        return ReflexBatchResponse(
            request_id=request_id,
            results=results,
            processing_time_ms=round((perf_counter() - started) * 1000, 3),
        )

    return router


def _operation_id(route: APIRoute) -> str:
    return route.name


def _request_id() -> str:
    return correlation_id.get() or ""  # the outermost middleware has set it


def _add_operations(app: FastAPI, parts: Parts) -> None:
    @app.get("/health", tags=["operations"], responses=examples.HEALTHY)
    async def health() -> dict[str, str]:
        """Tell that the process answers; looks at nothing else."""
        return {"status": "ok"}

    @app.get(
        "/ready",
        tags=["operations"],
        responses=examples.READY | problems.responses(Unavailable),
    )
    async def ready() -> dict[str, str]:
        """Tell whether everything is warm. Redis may be away: the service goes on without it."""
        if not parts.ready:
            raise Unavailable("The automata are being built.", retry_after=1)
        told = {"status": "ready", "ruleset": parts.rules.version}
        if parts.link is not None:
            told["redis"] = "up" if await parts.link.is_up() else "away"
        return told
