"""Locks all that is kept encrypted anew, with the first of the keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from app import call_store, private_store
from app.account import LOCKED
from app.config import Settings
from app.database import Database
from app.vault import Vault

AT_A_TIME = 200

Id = TypeVar("Id")


async def rotate(settings: Settings) -> int:
    """Lock the private values of every task, and what models answered to those that have not
    ended, with the first key; return of how many tasks there were values.

    A batch is a transaction; broken off, it can be begun again. Raises PrivateValuesUnreadable
    for what none of the keys opens, and DatabaseUnavailable.
    """
    vault, database = Vault(settings.secret_keys), Database(settings)
    try:
        await _all(_answers, vault, database)
        return await _all(_values, vault, database)
    finally:
        await database.close()


async def _all(
    batch: Callable[[Vault, Database, Id | None], Awaitable[list[Id]]],
    vault: Vault,
    database: Database,
) -> int:
    done, after = 0, None
    while rotated := await batch(vault, database, after):
        done, after = done + len(rotated), rotated[-1]
    return done


async def _values(vault: Vault, database: Database, after: UUID | None) -> list[UUID]:
    async with database.transaction() as session:
        rows = await private_store.locked_values(session, after, AT_A_TIME)
        for task_id, ciphertext in rows:
            await private_store.put_values(session, task_id, vault.rotate(ciphertext))
    return [task_id for task_id, _ in rows]


async def _answers(vault: Vault, database: Database, after: int | None) -> list[int]:
    async with database.transaction() as session:
        rows = await call_store.kept_answers(session, LOCKED, after, AT_A_TIME)
        for call_id, ciphertext in rows:
            rotated = vault.rotate(ciphertext.encode()).decode()
            await call_store.keep_answer(session, call_id, {LOCKED: rotated})
    return [call_id for call_id, _ in rows]
