"""The background process: runs what the queue delivers, brings back what dead workers dropped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from app.config import Settings
from app.parts import Parts, assembled
from app.retention import keep_forgetting
from app.runner import TaskRunner
from octollm.arm import Arm
from octollm.errors import DatabaseUnavailable
from octollm.service.lasting import lasting

log = structlog.get_logger(__name__)


async def run(settings: Settings, arms: Mapping[str, Arm], stop: asyncio.Event) -> None:
    """Be a worker process until `stop` is set, then drain."""
    registry = CollectorRegistry()
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, settings.host, registry)
    async with assembled(settings, arms, registry=registry) as parts:
        with lasting():
            await work(parts, stop)


async def work(parts: Parts, stop: asyncio.Event) -> None:
    """Run tasks and look after lost ones until `stop` is set; return when all have ended."""
    log.info("worker started", arms=sorted(parts.pipeline.arms))
    async with asyncio.TaskGroup() as group:
        group.create_task(maintain(parts, stop))
        group.create_task(keep_forgetting(parts, stop))
        group.create_task(parts.queue.run_worker(TaskRunner(parts).handle, stop))
    log.info("worker stopped")


async def maintain(parts: Parts, stop: asyncio.Event) -> None:
    """Every `sweep_interval` deliver again what dead workers dropped, and every
    `reconcile_interval` whatever else no job delivers."""
    reconciled = float("-inf")
    while not stop.is_set():
        due = time.monotonic() - reconciled >= parts.settings.reconcile_interval
        try:
            if await recover(parts, everything=due) is not None and due:
                reconciled = time.monotonic()
        except DatabaseUnavailable:
            log.warning("recovery put off: the database is away")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), parts.settings.sweep_interval)


async def recover(parts: Parts, *, everything: bool) -> int | None:
    """Deliver again what dead workers dropped and, if `everything`, all that has lost its job.

    Returns how many tasks; None while another process does it.
    """
    async with parts.database.transaction() as session:
        if not await parts.queue.take_recovery_lock(session):
            return None
        dropped = await parts.queue.drop_stalled(session)
        if not dropped and not everything:
            return 0
        orphans = await parts.pipeline.reconcile(session)
    _count(parts, "dead worker", dropped)
    _count(parts, "lost job", max(orphans - dropped, 0))
    return orphans


def _count(parts: Parts, why: str, count: int) -> None:
    if count:
        log.warning("deliveries recovered", why=why, count=count)
        parts.metrics.recovered.labels(why).inc(count)
