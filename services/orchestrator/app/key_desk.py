"""What operators do with API keys: make, list, revoke; and what a server asks before it starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import key_store
from app.api_keys import PREFIX_CHARACTERS, Scope, hash_of, new_key
from app.config import Settings
from app.database import Database
from app.models import ApiKey
from octollm.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)


class KeysMissing(Exception):
    """The API would listen to strangers, and nobody has a key; the message says what to run."""


@dataclass(frozen=True)
class NewKey:
    """What a key is to be. `lives` from now on; None: until it is revoked."""

    tenant: str
    name: str
    scopes: list[Scope]
    lives: timedelta | None = None


async def create(settings: Settings, new: NewKey) -> tuple[ApiKey, str]:
    """Make a key; return its row, and the key itself, which is kept nowhere."""
    key = new_key()
    row = ApiKey(
        tenant=new.tenant,
        name=new.name,
        key_hash=hash_of(key),
        prefix=key[:PREFIX_CHARACTERS],
        scopes=list(new.scopes),
    )
    async with _session(settings) as session:
        return await key_store.add_key(session, row, new.lives), key


async def list_keys(settings: Settings) -> list[ApiKey]:
    """Return all keys, oldest first."""
    async with _session(settings) as session:
        return await key_store.list_keys(session)


async def revoke(settings: Settings, key_id: UUID) -> ApiKey | None:
    """Revoke a key and return it; None if there is none of that id."""
    async with _session(settings) as session:
        return await key_store.revoke(session, key_id)


async def check_start(settings: Settings, command: str = "octollm keys create") -> None:
    """Raise KeysMissing if the API would listen beyond loopback and no key was ever made.

    `command` makes one. While the database is away nobody can tell; the API starts all the same
    and lets nobody in without a key.
    """
    if not settings.always_needs_keys:
        return
    try:
        async with _session(settings) as session:
            made = await key_store.any_made(session)
    except DatabaseUnavailable as error:
        log.warning("starting without knowing whether there are API keys", reason=error.detail)
        return
    if not made:
        raise KeysMissing(
            f"OCTOLLM_HOST={settings.host} would listen to strangers, and there is no API key yet. "
            f"Make one: {command} --tenant TENANT --name NAME\n"
            "Or listen on 127.0.0.1; or set OCTOLLM_ALLOW_UNAUTHENTICATED=true if another part (a "
            "proxy, a private network) keeps strangers out."
        )


@asynccontextmanager
async def _session(settings: Settings) -> AsyncIterator[AsyncSession]:
    database = Database(settings)
    try:
        async with database.transaction() as session:
            yield session
    finally:
        await database.close()
