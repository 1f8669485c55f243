"""How many texts a minute a caller may send: a token bucket for each key and each address."""

from __future__ import annotations

from typing import Final

from octollm.service.addresses import address_of
from octollm.service.buckets import Buckets, Charge
from octollm.service.redis_link import RedisLink
from reflex_layer.keys import Caller

_UNIT: Final = "texts"


class Limits:
    """The buckets of one process, or those of all that share a Redis while it is there."""

    def __init__(self, per_key: int, per_ip: int, link: RedisLink | None, prefix: str) -> None:
        """Limits are texts a minute, and as many at once; 0 is none."""
        self._key = Buckets("key", per_key, _UNIT, prefix=prefix, link=link) if per_key else None
        self._ip = Buckets("ip", per_ip, _UNIT, prefix=prefix, link=link) if per_ip else None

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
