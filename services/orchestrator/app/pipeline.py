"""What happens to a task: submit, cancel, process. Screens before it stores, stores once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import bind_contextvars

from app import checks, event_store, lifecycle, lifecycle_store, routing, store, views
from app.backlog import Backlog, Full
from app.concealing import Concealing
from app.config import Settings
from app.database import Database
from app.idempotency import Once, fingerprints
from app.intake import Intake
from app.intake_store import NewTask
from app.lifecycle_store import Move
from app.metrics import Metrics
from app.processing import Processing
from app.queue import Queue
from app.turns import take_again
from app.work import Progress, Work
from octollm.arm import Arm, ArmContext
from octollm.contracts import (
    TaskAccepted,
    TaskContract,
    TaskRequest,
    TaskResult,
    TaskStatus,
    TaskSummary,
)
from octollm.errors import (
    DatabaseUnavailable,
    InvalidRequest,
    ReflexUnavailable,
    RefusedByPolicy,
    Unavailable,
)
from octollm.redaction import placeholders_in
from octollm.service import tracing

log = structlog.get_logger(__name__)


class Pipeline:
    """The house's rules, over the parts that carry them out."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        queue: Queue,
        concealing: Concealing,
        arms: Mapping[str, Arm],
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._database = database
        self._queue = queue
        self._concealing = concealing
        self._metrics = metrics
        self._backlog = Backlog(settings, database)
        self._intake = Intake(database, self._backlog, settings.idempotency_hours)
        self._processing = Processing(concealing, arms)
        self.arms = arms

    async def submit(
        self, request: TaskRequest, *, tenant: str, idempotency_key: str | None = None
    ) -> TaskAccepted:
        """Screen a request and store it, its event and its job; return once all is committed.

        The same `idempotency_key` gives the same answer, however often and from wherever it
        comes. Raises UnknownArm, ArmUnavailable, InvalidRequest, PiiDetected, InjectionDetected,
        IdempotencyKeyReused, QueueFull, Overloaded, ReflexUnavailable and DatabaseUnavailable;
        then nothing was stored but an audit event.
        """
        with tracing.span("submit task") as span:
            accepted = await self._submitted(request, tenant, idempotency_key)
            span.set_attribute("octollm.task.id", str(accepted.task_id))
        return accepted

    async def _submitted(
        self, request: TaskRequest, tenant: str, idempotency_key: str | None
    ) -> TaskAccepted:
        known = fingerprints(request, self._settings.secret_keys)
        once = Once(tenant, idempotency_key, known, self._settings.idempotency_hours)
        try:
            return await self._accepted(request, once)
        except (InvalidRequest, RefusedByPolicy, ReflexUnavailable):
            # What was accepted stays so, whatever has become of its arm, a rule or the screening.
            if (earlier := await self._known(once)) is None:
                raise
            return earlier

    async def _accepted(self, request: TaskRequest, once: Once) -> TaskAccepted:
        routing.check_usable(request.assigned_arm, self.arms)
        checks.validate(request.acceptance_criteria)
        if (full := await self._backlog.full(once.tenant)) is not None:
            return await self._earlier(once, full)
        new = await self._admitted(request, once)
        stored = await self._intake.store(new)
        if not isinstance(stored, datetime):
            return await self._earlier(once, stored)
        self._metrics.submitted.inc()
        bind_contextvars(task_id=str(new.id))  # the line of the request says which task it made
        return TaskAccepted(task_id=new.id, status=TaskStatus.PENDING, created_at=stored)

    async def _admitted(self, request: TaskRequest, once: Once) -> NewTask:
        policy = request.pii_policy or self._settings.pii_policy
        try:
            admitted, values = await self._concealing.admit(request, policy)
        except RefusedByPolicy as refused:
            await self.audit(once.tenant, refused)
            raise
        return NewTask(
            tenant=once.tenant,
            request=admitted.model_copy(update={"pii_policy": policy}),
            max_attempts=self._settings.max_attempts,
            idempotency_key=once.key,
            fingerprint=once.fingerprints[0],
            traceparent=tracing.traceparent(),
            private=self._concealing.locked(values),
        )

    async def _earlier(self, once: Once, full: Full | None) -> TaskAccepted:
        """Return what the key's task was answered with: what was accepted once needs no place.

        Raises IdempotencyKeyReused and, where there is no such task, why no new one was stored.
        """
        if (earlier := await self._known(once)) is not None:
            return earlier
        if full is None:
            raise Unavailable(retry_after=1)  # it was deleted between the two transactions
        raise self._turned_away(full)

    async def _known(self, once: Once) -> TaskAccepted | None:
        if once.key is None:
            return None
        async with self._database.transaction() as session:
            return await once.earlier(session)

    def _turned_away(self, full: Full) -> Full:
        self._metrics.refused.labels(full.slug).inc()
        return full

    async def cancel(self, session: AsyncSession, *, tenant: str, task_id: UUID) -> TaskSummary:
        """Ask for a task to be cancelled, in the caller's transaction. Asking again is harmless.

        A pending task is cancelled at once; a running one is aborted by its worker within a
        second. Raises TaskNotFound, and IllegalTransition when the task ended another way first.
        """
        task, news = await store.request_cancel(session, tenant, task_id)
        if task.status is not TaskStatus.CANCELLED:
            lifecycle.check_transition(task.status, TaskStatus.CANCELLED)
        if not news:
            return views.summary(task)
        if task.job_id is not None:
            await self._queue.cancel(session, task.job_id)
        if task.status is TaskStatus.PENDING:
            cancelled = Move(task_id, TaskStatus.CANCELLED)
            await lifecycle_store.update_task_status(session, cancelled)
            await session.refresh(task)
            self._metrics.finished.labels(TaskStatus.CANCELLED).inc()
        return views.summary(task)

    async def process_task(
        self,
        contract: TaskContract,
        context: ArmContext,
        progress: Progress | None = None,
        values: dict[str, str] | None = None,
        keep: Callable[[], Awaitable[None]] | None = None,
    ) -> TaskResult:
        """Have an arm fulfil a contract; see `Processing.run`. `progress` and `values` are filled
        on the way; `keep` stores the values there are, before their placeholders are used."""
        values = {} if values is None else values
        work = _work(contract, context, progress or Progress(), values)
        return await self._processing.run(replace(work, keep=keep) if keep else work)

    async def partial_result(
        self,
        contract: TaskContract,
        context: ArmContext,
        progress: Progress,
        values: dict[str, str],
    ) -> TaskResult | None:
        """Return what there is of a task that was cut short; see `Processing.partial_result`."""
        return await self._processing.partial_result(_work(contract, context, progress, values))

    async def reconcile(self, session: AsyncSession, limit: int = 500) -> int:
        """Give every unfinished task that no job will deliver a new job; return how many.

        To be called under the queue's recovery lock.
        """
        orphans = await self._queue.orphans(session, limit)
        if not orphans:
            return 0
        ids = [task_id for task_id, _, _ in orphans]
        places = await take_again(session, [(tenant, priority) for _, tenant, priority in orphans])
        jobs = await self._queue.enqueue(session, list(zip(ids, places, strict=True)))
        for task_id, job_id in zip(ids, jobs, strict=True):
            await store.set_job(session, task_id, job_id)
            await event_store.add_event(session, task_id, "task.requeued", {})
        return len(orphans)

    async def audit(self, tenant: str, refused: RefusedByPolicy) -> None:
        """Note a refusal in a transaction of its own; the request's is about to be rolled back."""
        self._metrics.refused.labels(refused.slug).inc()
        kinds = sorted({finding["kind"] for finding in refused.findings})
        log.info("submission refused", reason=refused.slug, kinds=kinds)
        try:
            async with self._database.transaction() as session:
                await event_store.add_audit_event(session, tenant, refused.slug, {"kinds": kinds})
        except DatabaseUnavailable:
            log.warning("audit event not stored: the database is away", reason=refused.slug)


def _work(
    contract: TaskContract, context: ArmContext, progress: Progress, values: dict[str, str]
) -> Work:
    taken = placeholders_in(contract.model_dump_json())
    return Work(contract, context, values, progress, taken=taken)
