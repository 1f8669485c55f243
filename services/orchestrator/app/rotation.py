"""Locks all private values anew, with the first of the keys."""

from __future__ import annotations

from uuid import UUID

from app import private_store
from app.config import Settings
from app.database import Database
from app.vault import Vault

AT_A_TIME = 200


async def rotate(settings: Settings) -> int:
    """Lock the private values of every task with the first key; return of how many tasks.

    A batch is a transaction; broken off, it can be begun again. Raises PrivateValuesUnreadable
    for values none of the keys opens, and DatabaseUnavailable.
    """
    vault, database = Vault(settings.secret_keys), Database(settings)
    done, after = 0, None
    try:
        while batch := await _batch(vault, database, after):
            done, after = done + len(batch), batch[-1]
    finally:
        await database.close()
    return done


async def _batch(vault: Vault, database: Database, after: UUID | None) -> list[UUID]:
    async with database.transaction() as session:
        rows = await private_store.locked_values(session, after, AT_A_TIME)
        for task_id, ciphertext in rows:
            await private_store.put_values(session, task_id, vault.rotate(ciphertext))
    return [task_id for task_id, _ in rows]
