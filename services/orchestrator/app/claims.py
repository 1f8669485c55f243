"""How an attempt begins: what is delivered at one moment is claimed in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from app import lifecycle_store, views
from app.account import Account
from app.attempt import Attempt
from app.database import is_away
from app.gathering import Held, Patient, apart
from app.models import Task
from app.parts import Parts

MOST: Final = 50
"""Tasks claimed in one transaction: with goal and context at their longest some 3 MB."""


class _Claim(NamedTuple):
    task_id: UUID
    lost: UUID | None


class Claims:
    """Where the attempts of one process begin."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._patient: Patient[_Claim, Attempt | None] = Patient(
            apart(partial(self._claim, skip_locked=True), unless=is_away),
            partial(self._claim, skip_locked=False),
            most=MOST,
        )

    async def claim(self, task_id: UUID, lost: UUID | None = None) -> Attempt | None:
        """Start an attempt at a task; None: it is not to be started (`lifecycle_store.claim`).

        Whoever is cancelled meanwhile may have started one all the same.
        """
        return await self._patient.ask(_Claim(task_id, lost))

    async def _claim(
        self, batch: Sequence[_Claim], *, skip_locked: bool
    ) -> list[Attempt | Exception | None]:
        # A task delivered twice at once is started once: the other is refused.
        wanted = {claim.task_id: claim for claim in reversed(batch)}
        async with self._parts.database.statements() as connection:
            started = await lifecycle_store.claim(
                connection,
                {task_id: claim.lost for task_id, claim in wanted.items()},
                skip_locked=skip_locked,
            )
        attempts = {task_id: self._begun(*begun) for task_id, begun in started.items()}
        # A missing one is locked or refused: who waits for it will know.
        missing = Held() if skip_locked else None
        return [
            attempts.get(claim.task_id, missing) if wanted[claim.task_id] is claim else None
            for claim in batch
        ]

    def _begun(self, task: Task, seconds: float) -> Attempt | Exception:
        """Return an attempt, or why there is none: a row may be of another version's making."""
        try:
            return self._attempt(task, seconds)
        except Exception as error:
            return error

    def _attempt(self, task: Task, seconds: float) -> Attempt:
        if task.run_token is None or task.deadline_at is None:
            raise AssertionError("a claimed task has a run token and a deadline")
        self._parts.metrics.attempts.inc()
        return Attempt(
            task_id=task.id,
            tenant=task.tenant,
            token=task.run_token,
            number=task.attempt,
            max_attempts=task.max_attempts,
            deadline_at=task.deadline_at,
            seconds=seconds,
            contract=views.contract_of(task),
            account=Account(self._parts.database, task.id, task.run_token, self._parts.vault),
            traceparent=task.traceparent,
        )
