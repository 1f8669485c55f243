"""The HTTP service: `POST /process`, `/health`, `/ready`, `/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from time import perf_counter
from typing import Annotated, Final
from uuid import uuid4

import structlog
from asgi_correlation_id import correlation_id
from fastapi import Body, FastAPI
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry

from octollm.contracts import MAX_BODY_BYTES
from octollm.errors import (
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    Unavailable,
)
from octollm.service import logs, problems, web
from octollm.verdict import ReflexRequest, ReflexResponse
from reflex_layer import examples
from reflex_layer.cache import VerdictCache
from reflex_layer.config import Settings
from reflex_layer.metrics import Metrics
from reflex_layer.screen import RULESET, Verdict, screen, warm_up

LONG_TEXT: Final = 8_192
"""From this length a text is screened in a thread: RE2 releases the interpreter lock, and what
Python does besides takes up to about half a second on a hostile text of full length."""

log = structlog.get_logger(__name__)


class Screener:
    """Answers requests: cache, screening, metrics. One for each app."""

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        self._thresholds = settings.thresholds
        self._cache = VerdictCache(settings.cache_size)
        self._metrics = Metrics(registry)

    async def answer(self, request: ReflexRequest) -> ReflexResponse:
        """Screen the text of a request, or take its verdict from the cache."""
        started = perf_counter()
        checks = {"check_pii": request.check_pii, "check_injection": request.check_injection}
        key = self._cache.key(request.text, self._thresholds, **checks)
        cached = self._cache.get(key) if request.use_cache else None
        verdict = cached or await _screened(
            partial(screen, request.text, self._thresholds, **checks), len(request.text)
        )
        if request.use_cache and cached is None:
            self._cache.put(key, verdict)
        seconds = perf_counter() - started
        self._metrics.record(verdict, seconds, cache_hit=cached is not None)
        return verdict.response(
            correlation_id.get() or uuid4().hex,
            cache_hit=cached is not None,
            processing_time_ms=round(seconds * 1000, 3),
        )


async def _screened(work: partial[Verdict], length: int) -> Verdict:
    return work() if length < LONG_TEXT else await run_in_threadpool(work)


def create_app(settings: Settings) -> FastAPI:
    """Return the service. Its lifespan warms the automata up; `/ready` waits for that."""
    registry = CollectorRegistry()
    app = FastAPI(
        title="OctoLLM Reflex Layer",
        version=version("octollm-reflex-layer"),
        description="Screens texts for private data and prompt injection. Nothing is stored.",
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.ready = False
    web.instrument(app, registry, max_body_bytes=MAX_BODY_BYTES)
    _add_screening(app, Screener(settings, registry))
    _add_operations(app)
    return app


def from_environment() -> FastAPI:
    """Entry point of a process of its own: `uvicorn --factory`, as `octollm reflex` starts it."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    return create_app(settings)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    await run_in_threadpool(warm_up)
    app.state.ready = True
    log.info("ready", ruleset=RULESET)
    yield
    app.state.ready = False


def _add_screening(app: FastAPI, screener: Screener) -> None:
    @app.post(
        "/process",
        tags=["screening"],
        responses=examples.answers()
        | problems.responses(BodyTooLarge, InvalidRequest, InternalError),
    )
    async def process(
        request: Annotated[ReflexRequest, Body(openapi_examples=examples.requests())],
    ) -> ReflexResponse:
        """Screen one text. Spans count Unicode code points; matched values are never echoed."""
        return await screener.answer(request)


def _add_operations(app: FastAPI) -> None:
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
        """Tell whether the automata are built, so that the first text is not the slow one."""
        if not app.state.ready:
            raise Unavailable("The automata are being built.", retry_after=1)
        return {"status": "ready", "ruleset": RULESET}
