"""How many texts a minute a caller may send: a token bucket for each key and each address."""

from __future__ import annotations

from typing import Final, cast

from throttled.asyncio import RateLimitResult
from throttled.asyncio.store import RedisStore
from throttled.types import AsyncRedisClientP

from octollm.service.addresses import address_of
from octollm.service.buckets import Charge, buckets, charge_of, memory
from reflex_layer.keys import Caller
from reflex_layer.redis_link import RedisLink

_UNIT: Final = "texts"


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
        self._here = buckets(memory(), dimension, limit, prefix)
        self._shared = (
            buckets(_SharedStore(cast(AsyncRedisClientP, link.client)), dimension, limit, prefix)
            if link
            else None
        )

    async def take(self, whose: str, texts: int) -> Charge:
        return charge_of(await self._asked(whose, texts), self._dimension, self._limit, _UNIT)

    async def _asked(self, whose: str, texts: int) -> RateLimitResult:
        shared = self._shared
        if self._link is not None and shared is not None:
            told = await self._link.ask(lambda _: shared.limit(whose, cost=texts))
            if told is not None:
                return told
        return await self._here.limit(whose, cost=texts)


class _SharedStore(RedisStore):
    """The library's store over our own client, with its time-outs, its connections and its end."""

    def __init__(self, client: AsyncRedisClientP) -> None:
        super().__init__()
        self._backend._client = client  # it has no other way to be handed one
