"""Every SQL statement on API keys. Functions take the caller's session and never commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import extract, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ApiKey

USED_EVERY = timedelta(minutes=1)
"""How often it is written at most that a key was used."""


@dataclass(frozen=True)
class ValidKey:
    """A key that lets one in, for `seconds_left` by the database's clock; None: for ever.

    Its scopes are as one text, with commas: arrays are slow to read, and all keys are read often.
    """

    key_hash: bytes
    key_id: UUID
    tenant: str
    scopes: str
    seconds_left: float | None


async def add_key(session: AsyncSession, key: ApiKey, lives: timedelta | None) -> ApiKey:
    """Store a new key, which expires after `lives`, by the database's clock; None: never."""
    key.expires_at = None if lives is None else await _now(session) + lives
    session.add(key)
    await session.flush()
    await session.refresh(key)
    return key


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """Return all keys of all tenants, oldest first, those that let nobody in any more too."""
    statement = select(ApiKey).order_by(ApiKey.created_at, ApiKey.id)
    return list((await session.execute(statement)).scalars())


async def revoke(session: AsyncSession, key_id: UUID) -> ApiKey | None:
    """Have a key let nobody in from now on; None if there is none. Again: changes nothing."""
    statement = (
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
        .returning(ApiKey)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def any_made(session: AsyncSession) -> bool:
    """Return whether a key was ever made, whatever became of it."""
    return bool(await session.scalar(select(select(ApiKey.id).exists())))


_LETS_IN = ApiKey.revoked_at.is_(None) & or_(
    ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now()
)


async def count_valid(session: AsyncSession) -> int:
    """Return how many keys let one in."""
    return int(await session.scalar(select(func.count()).where(_LETS_IN)) or 0)


async def valid_keys(session: AsyncSession) -> list[ValidKey]:
    """Return all keys that let one in."""
    left = extract("epoch", ApiKey.expires_at - func.now()).label("seconds_left")
    scopes = func.array_to_string(ApiKey.scopes, ",")
    statement = select(ApiKey.key_hash, ApiKey.id, ApiKey.tenant, scopes, left).where(_LETS_IN)
    return [
        ValidKey(key_hash, key_id, tenant, named, None if seconds is None else float(seconds))
        for key_hash, key_id, tenant, named, seconds in await session.execute(statement)
    ]


async def note_use(session: AsyncSession, key_id: UUID) -> None:
    """Note that a key is used now, unless that was noted a moment ago by whichever process."""
    before = func.now() - USED_EVERY
    await session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= before),
        )
        .values(last_used_at=func.now())
    )


async def _now(session: AsyncSession) -> datetime:
    now: datetime = (await session.execute(select(func.now()))).scalar_one()
    return now
