"""The way to Redis, which may be away: then nothing fails, and this process goes on by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

PAUSE_SECONDS: Final = 1.0
"""How long Redis is left alone after a failure, so that not every request waits for it in vain."""

LOG_SECONDS: Final = 60.0
"""The least time between two lines of the log that say the same."""

_CONNECTIONS: Final = 32

Told = TypeVar("Told")

log = structlog.get_logger(__name__)


class RedisLink:
    """Asks Redis, within `timeout` seconds. For one event loop; to be closed.

    Nothing connects before the first question. `owner` begins the names of its metrics.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        registry: CollectorRegistry,
        owner: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self._timeout, self._clock = timeout, clock
        self._paused_until = self._logged_at = float("-inf")
        self._is_up = True
        self._failures = Counter(
            f"{owner}_redis_failures",
            "Questions to Redis that failed; this process went on alone.",
            registry=registry,
        )
        gauge = Gauge(f"{owner}_redis_up", "1 while Redis answers, else 0.", registry=registry)
        gauge.set_function(lambda: float(self._is_up))

    async def ask(self, question: Callable[[Redis], Awaitable[Told]]) -> Told | None:
        """Return what Redis tells, or None if it is away.

        While it is, one question a pause is put to it; all others go on without an answer at once.
        """
        now = self._clock()
        if now < self._paused_until:
            return None
        if not self._is_up:
            self._paused_until = now + PAUSE_SECONDS
        try:
            async with asyncio.timeout(self._timeout):
                told = await question(self.client)
        except Exception as fault:  # whatever it is, no request may fail by it
            self._failed(fault)
            return None
        self._is_up, self._paused_until = True, float("-inf")
        return told

    async def is_up(self) -> bool:
        """Ask Redis whether it is there."""
        return await self.ask(lambda redis: redis.ping()) is not None

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    def _failed(self, fault: Exception) -> None:
        now = self._clock()
        self._is_up, self._paused_until = False, now + PAUSE_SECONDS
        self._failures.inc()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            # Its message may quote the URL with the password in it.
            log.warning("redis is away; going on without it", error=type(fault).__name__)
