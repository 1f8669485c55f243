"""Verdicts that several processes share by Redis. What cannot be read counts as not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from octollm.service.redis_link import RedisLink
from reflex_layer.screen import Verdict

_STORED: Final = TypeAdapter(Verdict)


class RedisCache:
    """Keeps verdicts for `ttl` seconds, under keys that tell nothing of the text."""

    def __init__(self, link: RedisLink, prefix: str, ttl: int) -> None:
        self._link, self._prefix, self._ttl = link, f"{prefix}:verdict:", ttl

    async def get(self, keys: Sequence[bytes]) -> dict[bytes, Verdict]:
        """Return the verdicts there are, in one round trip; none while Redis is away."""
        names = [self._name(key) for key in keys]
        stored = await self._link.ask(lambda redis: redis.mget(names)) or []
        read = {key: _verdict(value) for key, value in zip(keys, stored, strict=False)}
        return {key: verdict for key, verdict in read.items() if verdict is not None}

    async def put(self, verdicts: Mapping[bytes, Verdict]) -> None:
        """Keep verdicts, in one round trip; nothing happens while Redis is away."""

        async def write(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for key, verdict in verdicts.items():
                value = _STORED.dump_json(verdict, exclude_defaults=True)
                pipeline.set(self._name(key), value, ex=self._ttl)
            await pipeline.execute()

        await self._link.ask(write)

    def _name(self, key: bytes) -> str:
        return self._prefix + key.hex()


def _verdict(value: bytes | str | None) -> Verdict | None:
    """Return the verdict that a value holds, if it holds one that could have been put there."""
    if value is not None:
        with suppress(ValidationError):
            verdict = _STORED.validate_json(value)
            _ = verdict.pii_matches  # raises too: whoever answers with it could do nothing then
            return verdict if not verdict.incomplete else None
    return None
