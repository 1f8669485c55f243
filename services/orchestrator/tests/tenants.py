"""Makes keys as an operator would, for tests that speak as several tenants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app import key_desk
from app.api_keys import scopes_in
from app.config import Settings

ALL = "submit,read,cancel,admin"


@dataclass(frozen=True)
class Held:
    """A key and what it was made as."""

    id: UUID
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


async def a_key(
    settings: Settings, tenant: str = "acme", scopes: str = ALL, lives: timedelta | None = None
) -> Held:
    new = key_desk.NewKey(tenant, "a-test", scopes_in(scopes), lives)
    row, key = await key_desk.create(settings, new)
    return Held(row.id, key)
