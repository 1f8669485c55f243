"""Stores the private values an attempt comes upon before their placeholders are used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from uuid import UUID

from app import private_store
from app.database import Database, patiently
from app.vault import Vault
from octollm.ledger import TaskLost

WRITE_SECONDS = 15.0
"""How long values are tried to be stored while the database is away."""


class Keeping:
    """Lets nothing be said in placeholders that another attempt would give to other values.

    Steps run at the same time, and placeholders are numbered as they come: an attempt after a crash
    would number them otherwise, ask models in other words, and so buy again what was bought.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        task_id: UUID,
        run_token: UUID,
        values: Mapping[str, str],
    ) -> None:
        """`values` are the task's, by placeholder, and grow; what is there now is stored."""
        self._database = database
        self._vault = vault
        self._task_id = task_id
        self._run_token = run_token
        self._values = values
        self._stored = len(values)
        self._turn = asyncio.Lock()

    async def keep(self) -> None:
        """Return once all values there were at the call are stored.

        Raises DatabaseUnavailable, and TaskLost when another attempt has the task.
        """
        async with self._turn:
            if len(self._values) == self._stored:
                return
            values = dict(self._values)
            await patiently(WRITE_SECONDS)(self._put, self._vault.lock(values))
            self._stored = len(values)

    async def _put(self, ciphertext: bytes) -> None:
        async with self._database.transaction() as session:
            mine = await private_store.put_made(session, self._task_id, self._run_token, ciphertext)
        if not mine:
            raise TaskLost("the task is no longer this attempt's to work on")
