"""Runs one delivered task: claim, work within the budget, write how it ended."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from app import lifecycle, store, views
from app.database import patiently
from app.lifecycle import Cancel, Fail, LeaveAlone, Retry
from app.models import Task
from app.parts import Parts
from app.queue import RunAgain
from app.supervision import OutOfTime, to_the_end, within
from octollm.arm import ArmContext
from octollm.contracts import TaskContract, TaskResult, TaskStatus
from octollm.errors import ArmFailed, BudgetExceeded, OctoError, TaskFailure
from octollm.fields import check_storable_object

WRITE_SECONDS = 15.0
"""How long an ending is tried to be written while the database is away; below the grace."""

EVENT_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Attempt:
    """One run of one task by this worker. `token` lets its writes through; once another attempt
    has begun, they change nothing."""

    task_id: UUID
    tenant: str
    token: UUID
    number: int
    max_attempts: int
    deadline_at: datetime
    seconds: float
    contract: TaskContract
    began: float = field(default_factory=time.monotonic)

    def milliseconds(self) -> int:
        """How long it has been running."""
        return int((time.monotonic() - self.began) * 1000)

    def seconds_left(self) -> float:
        """How long it may go on, of the `seconds` it had when it was claimed."""
        return self.seconds - (time.monotonic() - self.began)


class TaskRunner:
    """What the queue calls for every task it delivers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database = parts.database

    async def handle(self, task_id: UUID, wanted_by_owner: Callable[[], bool]) -> None:
        """Run one attempt at a task, if it may be started, and write how it ended."""
        with structlog.contextvars.bound_contextvars(task_id=str(task_id)):
            attempt = await self._claim(task_id)
            if attempt is None:
                await self._close_refused(task_id)
                return
            try:
                result = await self._work(attempt)
            except asyncio.CancelledError:
                await to_the_end(self._hand_back(attempt, by_owner=wanted_by_owner()))
                raise
            except Exception as error:
                await to_the_end(self._after_error(attempt, error))
            else:
                await to_the_end(self._end(attempt, TaskStatus.COMPLETED, result=result))

    async def _claim(self, task_id: UUID) -> Attempt | None:
        async with self._database.transaction() as session:
            claimed = await store.claim(session, task_id)
        if claimed is None:
            return None
        task, seconds = claimed
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
        )

    async def _work(self, attempt: Attempt) -> TaskResult:
        """Run the pipeline within what is left of the time budget."""
        context = ArmContext(
            attempt=attempt.number,
            deadline_at=attempt.deadline_at,
            screen=partial(self._parts.reflex.process, context="arm"),
            emit=partial(self._emit, attempt),
            search=partial(self._parts.library.search, attempt.tenant),
        )
        try:
            return await within(
                attempt.seconds_left(),
                self._parts.pipeline.process_task(attempt.contract, context),
            )
        except OutOfTime:
            limit = attempt.contract.budget.max_time_seconds
            raise BudgetExceeded(
                f"The time budget of {limit:g} s is used up.", dimension="time"
            ) from None

    async def _emit(self, attempt: Attempt, event_type: str, data: dict[str, Any]) -> None:
        """Add an event of the arm's own, unless another attempt has the task by now."""
        check_event(event_type, data)

        async def add() -> None:
            async with self._database.transaction() as session:
                await store.add_event_of(session, attempt.task_id, attempt.token, event_type, data)

        await self._write(add)

    async def _after_error(self, attempt: Attempt, error: Exception) -> None:
        decision = lifecycle.after_error(
            error,
            attempt=attempt.number,
            max_attempts=attempt.max_attempts,
            seconds_left=attempt.seconds_left(),
            backoff=self._parts.settings.retry_backoff,
        )
        exc_info = None if isinstance(error, OctoError) else error
        log.warning("attempt failed", error=type(error).__name__, exc_info=exc_info)
        match decision:
            case Fail(reason):
                await self._end(attempt, TaskStatus.FAILED, failure=reason)
            case Retry(after):
                why = {"reason": lifecycle.reason(error), "retry_in_seconds": after}
                if await self._write(self._return, attempt, why, 0):
                    raise RunAgain(after)

    async def _hand_back(self, attempt: Attempt, *, by_owner: bool) -> None:
        """Write what a cancelled attempt means: its owner's wish, or a worker that stops."""
        if by_owner:
            await self._end(attempt, TaskStatus.CANCELLED)
        else:
            await self._write(self._return, attempt, {"reason": "the worker is stopping"}, 1)

    async def _end(
        self,
        attempt: Attempt,
        status: TaskStatus,
        *,
        result: TaskResult | None = None,
        failure: TaskFailure | None = None,
    ) -> None:
        """Write a final status, once, however often the database breaks off meanwhile."""
        if not await self._write(self._finish, attempt, status, result, failure):
            log.warning("result discarded: another attempt has the task", attempt=attempt.number)
            return
        self._parts.metrics.finished.labels(status).inc()
        self._parts.metrics.processing.observe(attempt.milliseconds() / 1000)
        log.info("task ended", status=status, attempt=attempt.number, ms=attempt.milliseconds())

    async def _write(self, write: Callable[..., Any], *arguments: Any) -> bool:
        """Run a write in a transaction of its own, again while the database is away."""
        return bool(await patiently(WRITE_SECONDS)(write, *arguments))

    async def _finish(
        self,
        attempt: Attempt,
        status: TaskStatus,
        result: TaskResult | None,
        failure: TaskFailure | None,
    ) -> bool:
        event: dict[str, Any] = {"attempt": attempt.number}
        if result is not None:
            event["arm"] = result.arm
        if failure is not None:
            event |= {"reason": failure.slug, "detail": failure.detail}
        async with self._database.transaction() as session:
            mine = await store.update_task_status(
                session, attempt.task_id, status, run_token=attempt.token, event=event
            )
            if mine:
                await store.store_task_result(
                    session,
                    attempt.task_id,
                    processing_time_ms=attempt.milliseconds(),
                    result=result,
                    failure=failure,
                )
        return mine

    async def _return(self, attempt: Attempt, why: dict[str, Any], extra_attempts: int) -> bool:
        """Hand a task back; False if it was not, since it is cancelled or someone else's."""
        async with self._database.transaction() as session:
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

    async def _close_refused(self, task_id: UUID) -> None:
        """End a task that may not be started again: cancelled while nobody ran it, or tried out."""
        async with self._database.transaction() as session:
            task = await store.lock_task(session, task_id)
            if task is None:
                return
            match _decide(task):
                case Cancel():
                    await store.update_task_status(session, task_id, TaskStatus.CANCELLED)
                case Fail(reason):
                    event = {"reason": reason.slug, "detail": reason.detail}
                    await store.update_task_status(session, task_id, TaskStatus.FAILED, event=event)
                    await store.store_task_result(
                        session, task_id, processing_time_ms=0, failure=reason
                    )
                case LeaveAlone():
                    return


def check_event(event_type: str, data: dict[str, Any]) -> None:
    """Raise ArmFailed for an event an arm may not add: `task.…` is the house's own to say."""
    if not EVENT_TYPE.fullmatch(event_type) or event_type.startswith("task."):
        raise ArmFailed("The arm added an event of a type that is not allowed.")
    try:
        check_storable_object(data)
    except ValueError as error:
        raise ArmFailed(f"The arm added an event that cannot be stored: {error}.") from None


def _decide(task: Task) -> lifecycle.AfterRefusedClaim:
    return lifecycle.after_refused_claim(
        task.status,
        cancel_requested=task.cancel_requested_at is not None,
        attempt=task.attempt,
        max_attempts=task.max_attempts,
    )
