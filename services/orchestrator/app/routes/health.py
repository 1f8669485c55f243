"""What operators and load balancers ask: who are you, do you live, can you work."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app import readiness
from app.routes import examples
from app.routes.depends import TheParts, TheRedis
from app.routing import unavailable
from octollm.errors import InternalError, Unavailable
from octollm.service.problems import responses

RETRY_AFTER_SECONDS = 5

router = APIRouter(tags=["operations"])


class About(BaseModel):
    """What this is and where to go on."""

    name: str
    version: str
    links: dict[str, str]


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Each part by name, `ok` or what is the matter with it; each arm, `ok` or what it lacks."""

    status: Literal["ready"] = "ready"
    checks: dict[str, str]
    arms: dict[str, str] = {}


@router.get(
    "/", summary="Who are you?", responses={200: examples.ABOUT, **responses(InternalError)}
)
async def about() -> About:
    """Name, version and where to go on."""
    links = {
        "submit": "/submit",
        "tasks": "/tasks",
        "console": "/console",
        "health": "/health",
        "ready": "/ready",
        "metrics": "/metrics",
        "docs": "/docs",
        "openapi": "/openapi.json",
    }
    return About(name="OctoLLM Orchestrator", version=version("octollm-orchestrator"), links=links)


@router.get(
    "/health", summary="Do you live?", responses={200: examples.ALIVE, **responses(InternalError)}
)
async def health() -> Alive:
    """Answers as long as the process does; touches nothing else (Kubernetes liveness)."""
    return Alive()


@router.get(
    "/ready",
    summary="Can you work?",
    responses={200: examples.READY, **responses(Unavailable, InternalError)},
)
async def ready(parts: TheParts, redis: TheRedis) -> Ready:
    """Asks the database, its migrations and the Reflex Layer (Kubernetes readiness).

    If API processes share limits by a Redis, `checks` says how it is; it may be away: they go on.
    """
    checks = await readiness.checks(parts)
    shared = await readiness.limits_shared(redis)
    if bad := {name: state for name, state in checks.items() if state != "ok"}:
        detail = "; ".join(f"{name}: {state}" for name, state in bad.items())
        raise Unavailable(detail, retry_after=RETRY_AFTER_SECONDS, checks=checks | shared)
    arms = {name: unavailable(arm) or "ok" for name, arm in sorted(parts.pipeline.arms.items())}
    return Ready(checks=checks | shared, arms=arms)
