"""How an attempt ends: finished, handed back, or never begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import lifecycle, lifecycle_store, store
from app.attempt import Attempt
from app.database import Database, is_away
from app.gathering import Held, Patient, apart
from app.lifecycle import Cancel, Fail, LeaveAlone, StartAlone
from app.lifecycle_store import Ended, Move
from app.models import Task
from app.parts import Parts
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import TaskFailure

MOST: Final = 50
"""Endings in one transaction: with outputs at their longest some 5 MB."""


@dataclass(frozen=True)
class Ending:
    """A final status of a task, and what it ended with."""

    attempt: Attempt
    status: TaskStatus
    result: TaskResult | None = None
    failure: TaskFailure | None = None


class Endings:
    """Where the attempts of one process end; those of one moment in one transaction."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._patient: Patient[Ending, TaskStatus | None] = Patient(
            apart(self._together, unless=is_away), self._alone, most=MOST
        )

    async def finish(self, ending: Ending) -> TaskStatus | None:
        """Write how a task ended and return it; None if another attempt has the task.

        A cancel that was answered before is kept: then the task ends cancelled, with what there is.
        """
        return await self._patient.ask(ending)

    async def _together(self, batch: Sequence[Ending]) -> list[TaskStatus | Held]:
        """Write those endings that nothing stands in the way of."""
        async with self._parts.database.transaction() as session:
            mine = await self._written(session, batch, skip_locked=True)
        return [ending.status if was else Held() for ending, was in zip(batch, mine, strict=True)]

    async def _alone(self, batch: Sequence[Ending]) -> list[TaskStatus | None]:
        """Write an ending, or that its task is cancelled, or nothing: another attempt has it."""
        (ending,) = batch
        async with self._parts.database.transaction() as session:
            for possible in (ending, _cancelled(ending)):
                if any(await self._written(session, [possible], skip_locked=False)):
                    return [possible.status]
        return [None]

    async def _written(
        self, session: AsyncSession, batch: Sequence[Ending], *, skip_locked: bool
    ) -> list[bool]:
        """Write endings and return which were: the others are not their attempt's to write, or
        locked by another, or their task is to be cancelled."""
        mine = await lifecycle_store.update_task_status(
            session, *map(_move, batch), skip_locked=skip_locked
        )
        written = [ending for ending, was in zip(batch, mine, strict=True) if was]
        # In the order in which all lock private values, so that nobody waits for each other.
        for attempt in sorted((one.attempt for one in written), key=lambda one: one.task_id):
            await self._parts.concealing.keep(session, attempt.task_id, attempt.values)
        if written:
            await lifecycle_store.store_task_result(session, *map(_ended, written))
        return mine


def _cancelled(ending: Ending) -> Ending:
    return replace(ending, status=TaskStatus.CANCELLED, failure=None)


def _move(ending: Ending) -> Move:
    attempt, result, failure = ending.attempt, ending.result, ending.failure
    event: dict[str, Any] = {"attempt": attempt.number}
    if result is not None:
        event |= {"arm": result.arm, "accepted": result.accepted}
    if failure is not None:
        event |= {"reason": failure.slug, "detail": failure.detail}
    yields = ending.status is not TaskStatus.CANCELLED
    return Move(attempt.task_id, ending.status, attempt.token, event, yields)


def _ended(ending: Ending) -> Ended:
    attempt = ending.attempt
    return Ended(attempt.task_id, attempt.milliseconds(), ending.result, ending.failure)


async def hand_back(
    database: Database, attempt: Attempt, why: dict[str, Any], extra_attempts: int
) -> bool:
    """Hand a task back; False if it was not, since it is cancelled or someone else's."""
    async with database.transaction() as session:
        task = await store.lock_task(session, attempt.task_id)
        if task is not None and task.cancel_requested_at is not None:
            move = Move(attempt.task_id, TaskStatus.CANCELLED, attempt.token)
            await lifecycle_store.update_task_status(session, move)
            return False
        move = Move(
            attempt.task_id, TaskStatus.PENDING, attempt.token, why, extra_attempts=extra_attempts
        )
        (moved,) = await lifecycle_store.update_task_status(session, move)
        return moved


async def close_refused(database: Database, task_id: UUID) -> UUID | None:
    """End a task that may not be started again: cancelled while nobody ran it, or tried out.

    Returns the run token of the attempt that was lost of one that may be started alone.
    """
    async with database.transaction() as session:
        task = await store.lock_task(session, task_id)
        if task is None:
            return None
        match _decide(task):
            case Cancel():
                await lifecycle_store.update_task_status(
                    session, Move(task_id, TaskStatus.CANCELLED)
                )
            case Fail(reason):
                event = {"reason": reason.slug, "detail": reason.detail}
                failed = Move(task_id, TaskStatus.FAILED, event=event)
                await lifecycle_store.update_task_status(session, failed)
                await lifecycle_store.store_task_result(session, Ended(task_id, 0, failure=reason))
            case StartAlone():
                return task.run_token
            case LeaveAlone():
                pass
    return None


def _decide(task: Task) -> lifecycle.AfterRefusedClaim:
    return lifecycle.after_refused_claim(
        task.status,
        cancel_requested=task.cancel_requested_at is not None,
        attempt=task.attempt,
        max_attempts=task.max_attempts,
    )
