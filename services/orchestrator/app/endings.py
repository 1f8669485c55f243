"""How an attempt ends, written in one transaction each: finished, handed back, or never begun."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app import lifecycle, store
from app.attempt import Attempt
from app.database import Database
from app.lifecycle import Cancel, Fail, LeaveAlone, StartAlone
from app.models import Task
from app.parts import Parts
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import TaskFailure


async def finish(
    parts: Parts,
    attempt: Attempt,
    status: TaskStatus,
    result: TaskResult | None,
    failure: TaskFailure | None,
) -> TaskStatus | None:
    """Write how a task ended and return it; None if another attempt has the task.

    A cancel that was answered before is kept: then the task ends cancelled, with what there is.
    """
    async with parts.database.transaction() as session:
        task = await store.lock_task(session, attempt.task_id)
        if task is not None and task.cancel_requested_at is not None:
            status, failure = TaskStatus.CANCELLED, None
        event = _event(attempt, result, failure)
        mine = await store.update_task_status(
            session, attempt.task_id, status, run_token=attempt.token, event=event
        )
        if mine:
            await parts.concealing.keep(session, attempt.task_id, attempt.values)
            await store.store_task_result(
                session,
                attempt.task_id,
                processing_time_ms=attempt.milliseconds(),
                result=result,
                failure=failure,
            )
    return status if mine else None


def _event(
    attempt: Attempt, result: TaskResult | None, failure: TaskFailure | None
) -> dict[str, Any]:
    event: dict[str, Any] = {"attempt": attempt.number}
    if result is not None:
        event |= {"arm": result.arm, "accepted": result.accepted}
    if failure is not None:
        event |= {"reason": failure.slug, "detail": failure.detail}
    return event


async def hand_back(
    database: Database, attempt: Attempt, why: dict[str, Any], extra_attempts: int
) -> bool:
    """Hand a task back; False if it was not, since it is cancelled or someone else's."""
    async with database.transaction() as session:
        task = await store.lock_task(session, attempt.task_id)
        if task is not None and task.cancel_requested_at is not None:
            await store.update_task_status(
                session, attempt.task_id, TaskStatus.CANCELLED, run_token=attempt.token
            )
            return False
        return await store.update_task_status(
            session,
            attempt.task_id,
            TaskStatus.PENDING,
            run_token=attempt.token,
            event=why,
            extra_attempts=extra_attempts,
        )


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
                await store.update_task_status(session, task_id, TaskStatus.CANCELLED)
            case Fail(reason):
                event = {"reason": reason.slug, "detail": reason.detail}
                await store.update_task_status(session, task_id, TaskStatus.FAILED, event=event)
                await store.store_task_result(
                    session, task_id, processing_time_ms=0, failure=reason
                )
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
