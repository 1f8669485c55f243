"""Token buckets: how much a caller may do in a minute, and what the headers say of it.

The buckets are throttled-py's GCRA: the same bucket, kept as the one moment at which it is full
again. Its `token_bucket` counts in whole seconds and loses what is less than a token.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from throttled.asyncio import MemoryStore, RateLimiterType, RateLimitResult, Throttled, per_min
from throttled.asyncio.store import BaseStore

from octollm.errors import RateLimited

MAX_BUCKETS: Final = 100_000
"""How many callers a process keeps in mind; those not heard of for longest are forgotten."""

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


def charge_of(answer: RateLimitResult, dimension: str, limit: int, unit: str) -> Charge:
    """Return what the library's answer says to a request."""
    return Charge(
        dimension=dimension,
        limit=limit,
        remaining=answer.state.remaining,
        full_in=answer.state.reset_after,
        retry_after=answer.state.retry_after if answer.limited else None,
        unit=unit,
    )


def memory() -> BaseStore:
    """Return a store of buckets for this process alone."""
    return MemoryStore(options={"MAX_SIZE": MAX_BUCKETS})


def buckets(store: BaseStore, dimension: str, limit: int, prefix: str) -> Throttled:
    """Return the buckets of one dimension, by caller: `await it.limit(whose, cost=…)`.

    Each holds `limit`, and is filled up with as many a minute.
    """
    return Throttled(
        using=RateLimiterType.GCRA.value,
        quota=per_min(limit),
        store=store,
        key_prefix=f"{prefix}:limit:{dimension}",
    )
