"""The API process: `create_app(settings)` builds the application; the lifespan builds its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

import httpx2
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from app.admission import Admission
from app.completions import Completions
from app.config import Settings
from app.console.router import router as console
from app.doorkeeper import Doorkeeper
from app.openai_door.errors import ErrorMember
from app.parts import assembled
from app.queue_depth import QueueDepth, measured
from app.routes import documents, events, health, openai, tasks
from app.streaming import Streams
from arms.roster import load_arms
from octollm.arm import Arm
from octollm.contracts import MAX_BODY_BYTES
from octollm.service import tracing
from octollm.service.lasting import lasting
from octollm.service.redis_link import RedisLink
from octollm.service.web import instrument, request_traces

DESCRIPTION = """\
Submit a goal for an LLM to work on, with acceptance criteria and a budget; get back a checked
result or a clear reason why not. Every text is screened before it is stored.

Send `Authorization: Bearer` with a key; `/`, `/health`, `/ready`, `/metrics` and these pages need
none. What belongs to another tenant is not there: 404.

Errors are RFC 9457 problems (`application/problem+json`); each carries the `request_id` that the
log has, and none repeats your text.
"""


def create_app(
    settings: Settings,
    *,
    arms: Mapping[str, Arm] | None = None,
    reflex_transport: httpx2.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Return the API. Nothing is opened before it starts, and it starts with everything away.

    `arms` are those a task may be assigned to, by default all that are installed;
    `reflex_transport` replaces the network on the way to the Reflex Layer.
    """
    known = load_arms().arms if arms is None else arms
    registry = CollectorRegistry()
    app = FastAPI(
        title="OctoLLM Orchestrator",
        summary="Checked, budgeted LLM work",
        description=DESCRIPTION,
        version=version("octollm-orchestrator"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=request_traces(),
        lifespan=_lifespan(settings, known, registry, reflex_transport),
    )
    # An included router would match each submit twice more.
    app.router.routes += tasks.submitting.routes
    app.include_router(tasks.router)
    app.include_router(events.router)
    app.include_router(documents.router)
    app.include_router(openai.router)
    app.include_router(health.router)
    app.include_router(console)
    instrument(
        app,
        registry,
        max_body_bytes=MAX_BODY_BYTES,
        cors_origins=settings.cors_origins,
        measured=measured,
    )
    app.add_middleware(ErrorMember)
    return app


def _lifespan(
    settings: Settings,
    arms: Mapping[str, Arm],
    registry: CollectorRegistry,
    reflex_transport: httpx2.AsyncBaseTransport | None,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        made = assembled(settings, arms, registry=registry, reflex_transport=reflex_transport)
        async with made as parts:
            app.state.parts = parts
            app.state.queue_depth = QueueDepth(parts.database, registry)
            redis = app.state.redis = _redis(settings, registry)
            admission = app.state.admission = Admission(settings, parts.database, registry, redis)
            doorkeeper = app.state.doorkeeper = Doorkeeper(admission.still_in)
            completions = app.state.completions = Completions(settings)
            app.state.streams = Streams(parts.database, completions, settings.event_heartbeat)
            running = [
                asyncio.create_task(completions.listen()),
                asyncio.create_task(doorkeeper.mind()),
            ]
            try:
                with lasting():
                    yield
            finally:
                for task in running:
                    task.cancel()
                await asyncio.wait(running)
                if redis is not None:
                    await redis.aclose()
                await tracing.flush()

    return lifespan


def _redis(settings: Settings, registry: CollectorRegistry) -> RedisLink | None:
    if not settings.redis_url:
        return None
    return RedisLink(settings.redis_url, settings.redis_timeout, registry, "octollm")
