"""Token buckets: how much a caller may do in a minute, and what the headers say of it. Processes
that are given a Redis share them, and go on with their own while it is away.

The buckets are throttled-py's GCRA: the same bucket, kept as the one moment at which it is full
again. Its `token_bucket` counts in whole seconds and loses what is less than a token.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, cast

from throttled.asyncio import MemoryStore, RateLimiterType, RateLimitResult, Throttled, per_min
from throttled.asyncio.store import BaseStore, RedisStore
from throttled.types import AsyncRedisClientP

from octollm.errors import RateLimited
from octollm.service.redis_link import RedisLink

MAX_BUCKETS: Final = 100_000
"""How many callers of a dimension a process keeps in mind; those not heard of for longest are
forgotten."""

_WINDOW_SECONDS: Final = 60


@dataclass(frozen=True)
class Charge:
    """What a bucket says to a request. `dimension`: `key` or `ip`; times are seconds; `unit` is
    what the bucket counts, in the plural."""

    dimension: str
    limit: int
    remaining: int
    full_in: float
    retry_after: float | None
    unit: str = "texts"

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers-09, sections 3 and 4."""
        return {
            "RateLimit-Policy": f'"{self.dimension}";q={self.limit};w={_WINDOW_SECONDS}',
            "RateLimit": f'"{self.dimension}";r={self.remaining};t={math.ceil(self.full_in)}',
        }

    def check(self) -> None:
        """Raise RateLimited if there was not enough in the bucket; nothing was taken then."""
        if self.retry_after is not None:
            whose = "key" if self.dimension == "key" else "address"
            raise RateLimited(
                f"{self.limit:,} {self.unit} a minute are the limit of this {whose}.",
                retry_after=max(1, math.ceil(self.retry_after)),
            )


class Buckets:
    """All buckets of one dimension: of those that share a Redis, while it is there, else of this
    process alone."""

    def __init__(
        self, dimension: str, limit: int, unit: str, *, prefix: str, link: RedisLink | None = None
    ) -> None:
        """`limit` is how many a bucket holds, and is filled up with a minute; `unit` is of what, in
        the plural; names in Redis begin with `prefix`."""
        self._dimension, self._limit, self._unit, self._link = dimension, limit, unit, link
        memory = MemoryStore(options={"MAX_SIZE": MAX_BUCKETS})
        self._here = self._in(memory, prefix)
        self._shared = self._in(_SharedStore(link), prefix) if link else None

    async def take(self, whose: str, cost: int = 1) -> Charge:
        """Take so much from a caller's bucket, in one round trip if it is in Redis."""
        answer = await self._asked(whose, cost)
        return Charge(
            dimension=self._dimension,
            limit=self._limit,
            remaining=answer.state.remaining,
            full_in=answer.state.reset_after,
            retry_after=answer.state.retry_after if answer.limited else None,
            unit=self._unit,
        )

    def _in(self, store: BaseStore, prefix: str) -> Throttled:
        return Throttled(
            using=RateLimiterType.GCRA.value,
            quota=per_min(self._limit),
            store=store,
            key_prefix=f"{prefix}:limit:{self._dimension}",
        )

    async def _asked(self, whose: str, cost: int) -> RateLimitResult:
        shared = self._shared
        if self._link is not None and shared is not None:
            told = await self._link.ask(lambda _: shared.limit(whose, cost=cost))
            # A bucket is full in a minute at most. One that is not was left by a clock since set
            # back: by Redis's word, its owner would be locked out for as long as that step.
            if told is not None and told.state.reset_after <= _WINDOW_SECONDS + 1:
                return told
        return await self._here.limit(whose, cost=cost)


class _SharedStore(RedisStore):
    """The library's store over our own client, with its time-outs, its connections and its end."""

    def __init__(self, link: RedisLink) -> None:
        super().__init__()
        # It has no other way to be handed one.
        self._backend._client = cast(AsyncRedisClientP, link.client)
