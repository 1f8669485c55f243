"""Runs one delivered task: claim, work within the budget, write how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from opentelemetry import trace

from app import endings, event_store, lifecycle
from app.attempt import Attempt
from app.claims import Claims
from app.company import Company
from app.database import patiently
from app.drafting import Drafting
from app.endings import Ending, Endings
from app.event_store import Line
from app.keeping import Keeping
from app.lifecycle import Fail, Retry
from app.parts import Parts
from app.queue import RunAgain
from app.supervision import OutOfTime, within
from octollm.arm import ArmContext
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import BudgetExceeded, OctoError, TaskFailure
from octollm.ledger import TaskLost
from octollm.service import tracing
from octollm.shielding import to_the_end

WRITE_SECONDS = 15.0
"""How long an ending is tried to be written while the database is away; below the grace."""

KEEP_SECONDS = 5.0
"""How long the screening of a draft may hold up the end of a task."""

log = structlog.get_logger(__name__)

T = TypeVar("T")


class TaskRunner:
    """What the queue calls for every task it delivers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._database = parts.database
        self._company = Company()
        self._claims, self._endings = Claims(parts), Endings(parts)

    async def handle(self, task_id: UUID, wanted_by_owner: Callable[[], bool]) -> None:
        """Run one attempt at a task, if it may be started, and write how it ended."""
        with structlog.contextvars.bound_contextvars(task_id=str(task_id)):
            with self._company.joined():
                attempt = await self._claim(task_id, wanted_by_owner)
                if attempt is not None:
                    await self._traced(attempt, wanted_by_owner)
                    return
            lost = await endings.close_refused(self._database, task_id)
            if lost is not None:
                async with self._company.alone():
                    attempt = await self._claim(task_id, wanted_by_owner, lost)
                    if attempt is not None:
                        log.warning("a last attempt runs alone", attempt=attempt.number)
                        await self._traced(attempt, wanted_by_owner)

    async def _traced(self, attempt: Attempt, wanted_by_owner: Callable[[], bool]) -> None:
        told: tracing.Attributes = {
            "octollm.task.id": str(attempt.task_id),
            "octollm.attempt": attempt.number,
        }
        with tracing.continued("run task", attempt.traceparent, told):
            await self._attempt(attempt, wanted_by_owner)

    async def _attempt(self, attempt: Attempt, wanted_by_owner: Callable[[], bool]) -> None:
        try:
            result = await self._work(attempt)
        except asyncio.CancelledError:
            await to_the_end(self._hand_back(attempt, by_owner=wanted_by_owner()))
            raise
        except Exception as error:
            tracing.failed(error)
            await to_the_end(self._after_error(attempt, error))
        else:
            await to_the_end(self._end(attempt, TaskStatus.COMPLETED, result=result))

    async def _claim(
        self, task_id: UUID, wanted_by_owner: Callable[[], bool], lost: UUID | None = None
    ) -> Attempt | None:
        claiming = asyncio.ensure_future(self._claims.claim(task_id, lost))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # What is claimed with others is claimed, whoever leaves meanwhile.
            await to_the_end(self._give_up(claiming, by_owner=wanted_by_owner()))
            raise

    async def _give_up(self, claiming: Awaitable[Attempt | None], *, by_owner: bool) -> None:
        if (attempt := await claiming) is not None:
            await self._hand_back(attempt, by_owner=by_owner)

    async def _work(self, attempt: Attempt) -> TaskResult:
        """Run the pipeline within what is left of the time budget."""
        keep = await self._keeping(attempt) if attempt.contract.pii_policy == "redact" else None
        async with self._drafting(attempt) as drafting:
            context = replace(self._context(attempt), draft=drafting.show)
            work = self._parts.pipeline.process_task(
                attempt.contract, context, attempt.progress, attempt.values, keep
            )
            try:
                result = await within(attempt.seconds_left(), work)
            except OutOfTime:
                limit = attempt.contract.budget.max_time_seconds
                raise BudgetExceeded(
                    f"The time budget of {limit:g} s is used up.", dimension="time"
                ) from None
            await drafting.end(result.output)
            return result

    async def _keeping(self, attempt: Attempt) -> Callable[[], Awaitable[None]]:
        """Read what the task's placeholders stand for, and return what stores further ones.

        Without a key it raises PrivateValuesUnreadable, before anything is bought.
        """
        concealing = self._parts.concealing
        vault = concealing.key()
        async with self._database.transaction() as session:
            attempt.values.update(await concealing.values_of(session, attempt.task_id))
        task_id, token = attempt.task_id, attempt.token
        return Keeping(self._database, vault, task_id, token, attempt.values).keep

    def _drafting(self, attempt: Attempt) -> Drafting:
        """Return what shows the attempt's output while it is written."""
        policy = attempt.contract.pii_policy

        async def screen(text: str) -> str:
            # A copy: half a value must not take a placeholder away from the whole one.
            values = dict(attempt.values)
            return (await self._parts.concealing.made(text, {}, policy, "output", values))[0]

        async def publish(pieces: Sequence[str]) -> bool:
            async with self._database.transaction() as session:
                return await event_store.add_drafts(session, attempt.task_id, attempt.token, pieces)

        return Drafting(str(attempt.task_id), screen, publish)

    def _context(self, attempt: Attempt) -> ArmContext:
        return ArmContext(
            attempt=attempt.number,
            deadline_at=attempt.deadline_at,
            seconds_left=attempt.seconds_left,
            screen=partial(self._parts.reflex.process, context="arm"),
            emit=partial(self._emit, attempt),
            ledger=attempt.account,
            search=partial(self._parts.library.search, attempt.tenant),
        )

    async def _emit(self, attempt: Attempt, event_type: str, data: dict[str, Any]) -> None:
        """Add an event of the arm's own, once, unless another attempt has the task by now."""
        line = Line(attempt.task_id, event_type, data, attempt.token)
        tried: list[str] = []

        async def add() -> None:
            async with self._database.transaction() as session:
                await event_store.add_event_once(session, line, tried)

        await self._write(add)

    async def _after_error(self, attempt: Attempt, error: Exception) -> None:
        decision = lifecycle.after_error(
            error,
            attempt=attempt.number,
            max_attempts=attempt.max_attempts,
            seconds_left=attempt.seconds_left(),
            backoff=self._parts.settings.retry_backoff,
        )
        exc_info = None if isinstance(error, OctoError | TaskLost) else error
        log.warning("attempt failed", error=type(error).__name__, exc_info=exc_info)
        match decision:
            case Fail(reason):
                await self._end(attempt, TaskStatus.FAILED, failure=reason)
            case Retry(after):
                why = {"reason": lifecycle.reason(error), "retry_in_seconds": after}
                if await self._write(endings.hand_back, self._database, attempt, why, 0):
                    raise RunAgain(after)

    async def _hand_back(self, attempt: Attempt, *, by_owner: bool) -> None:
        """Write what a cancelled attempt means: its owner's wish, or a worker that stops."""
        if by_owner:
            await self._end(attempt, TaskStatus.CANCELLED)
        else:
            await self._write(
                endings.hand_back, self._database, attempt, {"reason": "the worker is stopping"}, 1
            )

    async def _end(
        self,
        attempt: Attempt,
        status: TaskStatus,
        *,
        result: TaskResult | None = None,
        failure: TaskFailure | None = None,
    ) -> None:
        """Write a final status, once, however often the database breaks off meanwhile."""
        if result is None:
            result = await self._kept(attempt)
        ending = Ending(attempt, status, result, failure)
        ended = await self._write(self._endings.finish, ending)
        if ended is None:
            log.warning("result discarded: another attempt has the task", attempt=attempt.number)
            return
        trace.get_current_span().set_attribute("octollm.task.status", ended.value)
        self._parts.metrics.finished.labels(ended).inc()
        self._parts.metrics.processing.observe(attempt.milliseconds() / 1000)
        log.info("task ended", status=ended, attempt=attempt.number, ms=attempt.milliseconds())

    async def _kept(self, attempt: Attempt) -> TaskResult | None:
        """Return what there is of a task that did not complete, if it can be screened in time."""
        try:
            async with asyncio.timeout(KEEP_SECONDS):
                return await self._parts.pipeline.partial_result(
                    attempt.contract, self._context(attempt), attempt.progress, attempt.values
                )
        except TimeoutError:
            return None

    async def _write(self, write: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run a write in a transaction of its own, again while the database is away."""
        written: T = await patiently(WRITE_SECONDS)(write, *arguments)
        return written
