"""What the routes are given: the process's parts, a transaction, the caller's tenant.

All of it is async, though little waits: FastAPI sends what is not to a thread, each time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.api_keys import Caller
from app.completions import Completions
from app.parts import Parts
from octollm.service.redis_link import RedisLink


async def parts(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)


async def completions(request: Request) -> Completions:
    return cast(Completions, request.app.state.completions)


async def redis(request: Request) -> RedisLink | None:
    return cast("RedisLink | None", request.app.state.redis)


async def tenant(request: Request) -> str:
    """Return whose tasks this request may see. Only a `Guarded` route knows: others fail."""
    return cast(Caller, request.state.caller).tenant


async def transaction(parts: Annotated[Parts, Depends(parts)]) -> AsyncIterator[AsyncSession]:
    """One request, one transaction; committed before the answer is sent (`scope="function"`)."""
    async with parts.database.transaction() as session:
        yield session


Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]
TheParts = Annotated[Parts, Depends(parts)]
TheRedis = Annotated[RedisLink | None, Depends(redis)]
TheCompletions = Annotated[Completions, Depends(completions)]
Tenant = Annotated[str, Depends(tenant)]
Transaction = Annotated[AsyncSession, Depends(transaction, scope="function")]
