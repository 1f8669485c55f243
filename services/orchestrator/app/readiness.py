"""Whether the parts a request needs are there: the database, its migrations, the Reflex Layer; and
how the one is that it can do without, Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from app.database import schema_revision
from app.migrate import head_revision
from app.parts import Parts
from octollm.errors import OctoError, Unavailable
from octollm.service.redis_link import RedisLink

AWAY: Final = "away: each API process limits its callers by itself"


async def checks(parts: Parts) -> dict[str, str]:
    """Return each part by name, `ok` or what is the matter with it."""
    names = ("database", "reflex")
    found = await asyncio.gather(_outcome(_check_database(parts)), _outcome(_check_reflex(parts)))
    return dict(zip(names, found, strict=True))


async def limits_shared(redis: RedisLink | None) -> dict[str, str]:
    """Return the same of the Redis that limits are shared by, if there is to be one; what is the
    matter with it keeps nobody from work."""
    if redis is None:
        return {}
    return {"redis": "ok" if await redis.is_up() else AWAY}


async def _outcome(check: Awaitable[Any]) -> str:
    try:
        await check
    except OctoError as error:
        return error.detail
    return "ok"


async def _check_database(parts: Parts) -> None:
    async with parts.database.transaction() as session:
        revision = await schema_revision(session)
    if revision != head_revision():
        raise Unavailable(
            f"the database is at migration {revision}, this version needs {head_revision()}: "
            "run `octollm migrate`"
        )


async def _check_reflex(parts: Parts) -> None:
    await parts.reflex.health()
