"""Whether the parts a request needs are there: the database, its migrations, the Reflex Layer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from app.database import schema_revision
from app.migrate import head_revision
from app.parts import Parts
from octollm.errors import OctoError, Unavailable


async def checks(parts: Parts) -> dict[str, str]:
    """Return each part by name, `ok` or what is the matter with it."""
    names = ("database", "reflex")
    found = await asyncio.gather(_outcome(_check_database(parts)), _outcome(_check_reflex(parts)))
    return dict(zip(names, found, strict=True))


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
