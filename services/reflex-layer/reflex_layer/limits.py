"""How many texts a minute a caller may send: a token bucket for each key and each address.

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
from reflex_layer.keys import Caller, address_of
from reflex_layer.redis_link import RedisLink

MAX_BUCKETS: Final = 100_000
"""How many callers a process keeps in mind; those not heard of for longest are forgotten."""

_WINDOW_SECONDS: Final = 60


@dataclass(frozen=True)
class Charge:
    """What a bucket says to a request. `dimension`: `key` or `ip`; times are seconds."""

    dimension: str
    limit: int
    remaining: int
    full_in: float
    retry_after: float | None

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
                f"{self.limit:,} texts a minute are the limit of this {whose}.",
                retry_after=max(1, math.ceil(self.retry_after)),
            )


class Limits:
    """The buckets of one process, or those of all that share a Redis while it is there."""

    def __init__(self, per_key: int, per_ip: int, link: RedisLink | None, prefix: str) -> None:
        """Limits are texts a minute, and as many at once; 0 is none."""
        self._key = _Buckets("key", per_key, link, prefix) if per_key else None
        self._ip = _Buckets("ip", per_ip, link, prefix) if per_ip else None

    async def charge(self, caller: Caller, texts: int) -> Charge | None:
        """Take `texts` from the caller's bucket; None if there is no limit for this one.

        Who shows a key is limited by the key alone: many may share an address.
        """
        if caller.trusted:
            return None
        buckets, whose = (
            (self._key, caller.name) if caller.name else (self._ip, caller.address or "unknown")
        )
        return await buckets.take(whose, texts) if buckets else None

    async def charge_address(self, host: str | None) -> Charge | None:
        """Take one from the bucket of the address `host`, whoever asks from there."""
        return await self.charge(Caller(address=address_of(host)), 1)


class _Buckets:
    """All buckets of one dimension."""

    def __init__(self, dimension: str, limit: int, link: RedisLink | None, prefix: str) -> None:
        self._dimension, self._limit, self._link = dimension, limit, link
        here = MemoryStore(options={"MAX_SIZE": MAX_BUCKETS})
        self._here = self._bucket(here, prefix)
        self._shared = (
            self._bucket(_SharedStore(cast(AsyncRedisClientP, link.client)), prefix)
            if link
            else None
        )

    async def take(self, whose: str, texts: int) -> Charge:
        answer = await self._asked(whose, texts)
        return Charge(
            dimension=self._dimension,
            limit=self._limit,
            remaining=answer.state.remaining,
            full_in=answer.state.reset_after,
            retry_after=answer.state.retry_after if answer.limited else None,
        )

    async def _asked(self, whose: str, texts: int) -> RateLimitResult:
        shared = self._shared
        if self._link is not None and shared is not None:
            told = await self._link.ask(lambda _: shared.limit(whose, cost=texts))
            if told is not None:
                return told
        return await self._here.limit(whose, cost=texts)

    def _bucket(self, store: BaseStore, prefix: str) -> Throttled:
        return Throttled(
            using=RateLimiterType.GCRA.value,
            quota=per_min(self._limit),
            store=store,
            key_prefix=f"{prefix}:limit:{self._dimension}",
        )


class _SharedStore(RedisStore):
    """The library's store over our own client, with its time-outs, its connections and its end."""

    def __init__(self, client: AsyncRedisClientP) -> None:
        super().__init__()
        self._backend._client = client  # it has no other way to be handed one
