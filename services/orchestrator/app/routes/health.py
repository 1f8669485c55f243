"""What operators and load balancers ask: who are you, do you live, can you work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from importlib.metadata import version
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from app.database import schema_revision
from app.migrate import head_revision
from app.parts import Parts
from app.routes import examples
from app.routes.depends import TheParts
from app.routing import unavailable
from octollm.errors import InternalError, OctoError, Unavailable
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
async def ready(parts: TheParts) -> Ready:
    """Asks the database, its migrations and the Reflex Layer (Kubernetes readiness)."""
    names = ("database", "reflex")
    found = await asyncio.gather(_outcome(_check_database(parts)), _outcome(_check_reflex(parts)))
    checks = dict(zip(names, found, strict=True))
    if bad := {name: state for name, state in checks.items() if state != "ok"}:
        detail = "; ".join(f"{name}: {state}" for name, state in bad.items())
        raise Unavailable(detail, retry_after=RETRY_AFTER_SECONDS, checks=checks)
    arms = {name: unavailable(arm) or "ok" for name, arm in sorted(parts.pipeline.arms.items())}
    return Ready(checks=checks, arms=arms)


async def _outcome(check: Awaitable[Any]) -> str:
    try:
        await check
    except OctoError as error:
        return error.detail
    return "ok"


async def _check_database(parts: Parts) -> None:
    async with parts.database.transaction() as session:
        revision = await schema_revision(session)
    if revision != head_revision():
        raise Unavailable(
            f"the database is at migration {revision}, this version needs {head_revision()}: "
            "run `octollm migrate`"
        )


async def _check_reflex(parts: Parts) -> None:
    await parts.reflex.health()
