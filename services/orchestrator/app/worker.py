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
from app.runner import TaskRunner
from octollm.arm import Arm
from octollm.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


async def run(settings: Settings, arms: Mapping[str, Arm], stop: asyncio.Event) -> None:
    """Be a worker process until `stop` is set, then drain."""
    registry = CollectorRegistry()
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, settings.host, registry)
    async with assembled(settings, arms, registry=registry) as parts:
        await work(parts, stop)


async def work(parts: Parts, stop: asyncio.Event) -> None:
    """Run tasks and look after lost ones until `stop` is set; return when all have ended."""
    log.info("worker started", arms=sorted(parts.pipeline.arms))
    async with asyncio.TaskGroup() as group:
        group.create_task(maintain(parts, stop))
        group.create_task(parts.queue.run_worker(TaskRunner(parts).handle, stop))
    log.info("worker stopped")


async def maintain(parts: Parts, stop: asyncio.Event) -> None:
    """Every `sweep_interval` put the jobs of dead workers back on the queue, and every
    `reconcile_interval` give tasks that no job delivers a new one."""
    reconciled = float("-inf")
    while not stop.is_set():
        try:
            swept = await sweep(parts)
            if swept or time.monotonic() - reconciled >= parts.settings.reconcile_interval:
                await reconcile(parts)
                reconciled = time.monotonic()
        except DatabaseUnavailable:
            log.warning("recovery put off: the database is away")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), parts.settings.sweep_interval)


async def sweep(parts: Parts) -> int:
    """Put the jobs of dead workers back on the queue; return how many."""
    async with parts.database.transaction() as session:
        swept = await parts.queue.requeue_stalled(session)
    return _recovered(parts, "dead worker", swept)


async def reconcile(parts: Parts) -> int:
    """Give tasks that no job delivers a new one; return how many."""
    async with parts.database.transaction() as session:
        orphans = await parts.pipeline.reconcile(session)
    return _recovered(parts, "lost job", orphans)


def _recovered(parts: Parts, why: str, count: int) -> int:
    if count:
        log.warning("deliveries recovered", why=why, count=count)
        parts.metrics.recovered.labels(why).inc(count)
    return count
