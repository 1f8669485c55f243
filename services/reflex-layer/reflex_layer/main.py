"""The HTTP service: `POST /process` and `/process/batch`, `/health`, `/ready`, `/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from time import perf_counter
from typing import Annotated

import structlog
from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Body, Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
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
from octollm.service.redis_link import RedisLink
from octollm.service.visitors import Visitors, names
from octollm.verdict import (
    ReflexBatchRequest,
    ReflexBatchResponse,
    ReflexRequest,
    ReflexResponse,
)
from reflex_layer import examples
from reflex_layer.admission import Admission
from reflex_layer.cache import VerdictCache
from reflex_layer.config import Settings
from reflex_layer.guard.guarded import Guarded
from reflex_layer.guard.judgement import GUARD_TYPE, GuardUnusable
from reflex_layer.injection import LEARNED
from reflex_layer.keys import Keys
from reflex_layer.limits import Limits
from reflex_layer.metrics import Metrics
from reflex_layer.redis_cache import RedisCache
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import warm_up
from reflex_layer.screener import Screener
from reflex_layer.threads import Threads

_REFUSALS = problems.responses(
    *(Unauthenticated, OriginNotAllowed, HostNotAllowed, BodyTooLarge, InvalidRequest, RateLimited),
    *(InternalError, Unavailable),
)

log = structlog.get_logger(__name__)


@dataclass
class Parts:
    """What one app is made of. Nothing runs or connects before the lifespan."""

    rules: Ruleset
    screener: Screener
    admission: Admission
    guarded: Guarded
    threads: Threads
    link: RedisLink | None
    ready: bool = False


def create_app(settings: Settings) -> FastAPI:
    """Return the service. Its lifespan warms everything up; `/ready` waits for that.

    Raises GuardUnusable if the settings name a guard that cannot be used.
    """
    registry = CollectorRegistry()
    parts = _assembled(settings, registry)
    app = FastAPI(
        title="OctoLLM Reflex Layer",
        version=version("octollm-reflex-layer"),
        description="Screens texts for private data and prompt injection. Nothing is stored.",
        telemetry=web.request_traces(),
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.state.parts = parts
    # An included router would match each request twice, and pages for people come last.
    app.router.routes += _screening(parts).routes
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


def _assembled(settings: Settings, registry: CollectorRegistry) -> Parts:
    guarded = Guarded(settings, registry)
    rules = replace(settings.ruleset(), guard=guarded.version)
    metrics = Metrics(
        registry,
        pii_kinds=[recogniser.kind for recogniser in rules.pii.recognisers],
        injection_kinds=[GUARD_TYPE, LEARNED],
    )
    link = None
    if settings.redis_url:
        link = RedisLink(settings.redis_url, settings.redis_timeout, registry, "reflex")
    shared = None
    if link is not None and settings.keeps_verdicts_in_redis:
        shared = RedisCache(link, settings.redis_prefix, settings.cache_ttl)
    cache = VerdictCache(settings.cache_size, settings.cache_secret, shared)
    threads = Threads(settings.long_text_threads, settings.long_text_queue)
    keys = Keys(settings.keys, trusted=settings.trusted_keys, required=settings.require_key)
    limits = Limits(settings.limit_per_key, settings.limit_per_ip, link, settings.redis_prefix)
    return Parts(
        rules=rules,
        screener=Screener(rules, cache=cache, threads=threads, guarded=guarded, metrics=metrics),
        admission=Admission(
            keys, limits, metrics, Visitors(names(settings.trusted_hosts.split(",")))
        ),
        guarded=guarded,
        threads=threads,
        link=link,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    async with AsyncExitStack() as stack:
        stack.push_async_callback(tracing.flush)
        stack.push_async_callback(parts.threads.aclose)
        if parts.link is not None:
            stack.push_async_callback(parts.link.aclose)
        try:
            await parts.guarded.open()
        except GuardUnusable as fault:
            log.error("the guard cannot be used", reason=str(fault))
            raise
        stack.push_async_callback(parts.guarded.aclose)
        await run_in_threadpool(warm_up, parts.rules)
        stack.enter_context(lasting())
        parts.ready = True
        log.info("ready", ruleset=parts.rules.version)
        yield
        parts.ready = False


def _screening(parts: Parts) -> APIRouter:
    screener, admission = parts.screener, parts.admission
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
