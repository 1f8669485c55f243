"""The parts an API process and a worker process have in common, built once and handed down."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from prometheus_client import CollectorRegistry

from app.concealing import Concealing
from app.config import IN_PROCESS, Settings
from app.database import Database
from app.library import Library
from app.metrics import Metrics
from app.pipeline import Pipeline
from app.queue import Queue
from app.reflex import Reflex
from app.reflex_client import ReflexClient
from app.reflex_config import ReflexClientConfig
from app.reflex_together import ReflexTogether
from app.screening import Screening
from app.vault import Vault
from octollm.arm import Arm


@dataclass(frozen=True)
class Parts:
    settings: Settings
    database: Database
    queue: Queue
    reflex: Reflex
    vault: Vault | None
    concealing: Concealing
    pipeline: Pipeline
    library: Library
    metrics: Metrics


@asynccontextmanager
async def assembled(
    settings: Settings,
    arms: Mapping[str, Arm],
    *,
    registry: CollectorRegistry,
    reflex_transport: httpx2.AsyncBaseTransport | None = None,
) -> AsyncIterator[Parts]:
    """Build the parts; close them and the arms at the end. Nothing is connected before it is used.

    `reflex_transport` replaces the network on the way to the Reflex Layer.
    """
    database, queue, metrics = Database(settings), Queue(settings), Metrics(registry)
    async with _reflex(settings, registry, reflex_transport) as reflex:
        screening = Screening(reflex, settings)
        vault = Vault(settings.secret_keys) if settings.secret_keys else None
        concealing = Concealing(screening, vault)
        pipeline = Pipeline(settings, database, queue, concealing, arms, metrics)
        library = Library(settings, database, screening, pipeline.audit)
        try:
            yield Parts(
                settings, database, queue, reflex, vault, concealing, pipeline, library, metrics
            )
        finally:
            await database.close()
            for arm in arms.values():
                if (close := getattr(arm, "aclose", None)) is not None:
                    await close()


@asynccontextmanager
async def _reflex(
    settings: Settings,
    registry: CollectorRegistry,
    transport: httpx2.AsyncBaseTransport | None,
) -> AsyncIterator[Reflex]:
    """Yield who screens: the service, or in this process the code of it."""
    if settings.reflex_url == IN_PROCESS:
        from app.reflex_inside import screening_inside  # not installed, or loaded, everywhere

        async with screening_inside(settings.reflex_timeout, registry) as inside:
            yield inside
            return
    config = ReflexClientConfig(
        base_url=settings.reflex_url,
        key=settings.reflex_key,
        timeout=settings.reflex_timeout,
        attempt_timeout=settings.reflex_attempt_timeout,
        retries=settings.reflex_retries,
        breaker_failures=settings.reflex_breaker_failures,
        breaker_reset_seconds=settings.reflex_breaker_reset,
        max_concurrent=settings.screening_concurrency,
    )
    async with ReflexClient(config, transport=transport, registry=registry) as client:
        yield ReflexTogether(client, settings.screening_wait + settings.reflex_timeout)
