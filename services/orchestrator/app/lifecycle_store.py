"""Every SQL statement that changes a task's status: of one task, or of those of one moment.

Functions take the caller's session and never commit. A task changes its status in
`update_task_status` and `claim`, nowhere else. Both lock their tasks in the order of their ids, so
that two transactions never wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    Boolean,
    Float,
    Insert,
    Integer,
    Interval,
    Uuid,
    and_,
    any_,
    case,
    cast,
    extract,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from app import call_store, event_store
from app.event_store import Line
from app.lifecycle import TRANSITIONS
from app.models import Task, TaskResultRow
from app.table_base import Base, rows_of
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import TaskFailure

_EVENT_NAMES: Final = {
    TaskStatus.PENDING: "handed_back",
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
}


async def claim(
    session: AsyncSession, wanted: Mapping[UUID, UUID | None]
) -> dict[UUID, tuple[Task, float]]:
    """Start an attempt at each of several tasks: a new run token fences off every earlier one.
    Those are missing which are not to be started.

    The last attempt of a task whose attempt before was lost is started only by who gives that
    one's run token with the task, and sees to it that it runs alone.
    The deadline is set once, at the first start, and survives crashes. Returned beside a task:
    the seconds left until then by the database's clock, since a worker's may differ.
    """
    rows = [
        {"id": str(task_id), "lost": str(lost) if lost else None, "run_token": str(uuid4())}
        for task_id, lost in wanted.items()
    ]
    started = (await session.execute(_CLAIM, {"claims": rows})).all()
    if again := [row.Task.id for row in started if row.Task.attempt > 1]:
        await call_store.abandon_reserved(session, again)
    await event_store.add_events(
        session,
        [Line(row.Task.id, "task.started", {"attempt": row.Task.attempt}) for row in started],
    )
    return {row.Task.id: (row.Task, float(row.seconds_left)) for row in started}


@dataclass(frozen=True)
class Move:
    """A task that is to go to `status`, and what the event says that says so.

    With `run_token`, only the attempt that holds the task may do it. `extra_attempts` gives back
    an attempt cut short.
    """

    task_id: UUID
    status: TaskStatus
    run_token: UUID | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    extra_attempts: int = 0


async def update_task_status(session: AsyncSession, *moves: Move) -> list[bool]:
    """Move tasks to other statuses, and add the events that say so. The one way to do it.

    Returns which were moved, in their order. Of the others nothing was changed: they were not in a
    status that allows it, or someone else has them. With a final status, what models answered is
    erased.
    """
    rows = [
        {
            "id": str(move.task_id),
            "status": move.status,
            "allowed": _predecessors(move.status),
            "run_token": str(move.run_token) if move.run_token else None,
            "extra_attempts": move.extra_attempts,
            "final": move.status.final,
        }
        for move in moves
    ]
    moved = {(row[0], row[1]) for row in await session.execute(_MOVE, {"moves": rows})}
    outcomes = [(move.task_id, move.run_token) in moved for move in moves]
    done = [move for move, was_moved in zip(moves, outcomes, strict=True) if was_moved]
    await event_store.add_events(
        session,
        [Line(move.task_id, f"task.{_EVENT_NAMES[move.status]}", move.event) for move in done],
    )
    if ended := [move.task_id for move in done if move.status.final]:
        await call_store.close(session, ended)
    return outcomes


@dataclass(frozen=True)
class Ended:
    """How a task ended: with a result, a failure, or both."""

    task_id: UUID
    processing_time_ms: int
    result: TaskResult | None = None
    failure: TaskFailure | None = None


async def store_task_result(session: AsyncSession, *ended: Ended) -> None:
    """Store how tasks ended. To be called once, in the transaction that made them final."""
    rows = [
        {
            "task_id": str(end.task_id),
            "result": end.result.model_dump(mode="json") if end.result else None,
            "error": end.failure.detail if end.failure else None,
            "error_type": end.failure.slug if end.failure else None,
            "processing_time_ms": end.processing_time_ms,
        }
        for end in ended
    ]
    await session.execute(_STORE_RESULTS, {"ended": rows})


def _predecessors(status: TaskStatus) -> list[TaskStatus]:
    return [old for old, following in TRANSITIONS.items() if status in following]


def _claim() -> ReturningUpdate[Task, int]:
    claims = rows_of("claims", id=Uuid(), lost=Uuid(), run_token=Uuid())
    beside_others = or_(Task.status == TaskStatus.PENDING, Task.attempt < Task.max_attempts - 1)
    chosen = (
        select(Task.id, claims.c.run_token)
        .join(claims, Task.id == claims.c.id)
        .where(
            case((claims.c.lost.is_(None), beside_others), else_=Task.run_token == claims.c.lost),
            Task.status.in_(_predecessors(TaskStatus.PROCESSING)),
            Task.attempt < Task.max_attempts,
            Task.cancel_requested_at.is_(None),
        )
        .order_by(Task.id)
        .with_for_update(key_share=True, of=Task)
        .cte("chosen")
    )
    seconds = cast(Task.budget["max_time_seconds"].astext, Float)
    deadline = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    return (
        update(Task)
        .where(Task.id == chosen.c.id)
        .values(
            status=TaskStatus.PROCESSING,
            attempt=Task.attempt + 1,
            run_token=chosen.c.run_token,
            started_at=func.coalesce(Task.started_at, func.now()),
            deadline_at=func.coalesce(Task.deadline_at, deadline),
            updated_at=func.now(),
        )
        .returning(Task, extract("epoch", Task.deadline_at - func.now()).label("seconds_left"))
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def _move() -> ReturningUpdate[UUID, UUID | None]:
    status = Task.__table__.c.status.type
    moves = rows_of(
        "moves",
        id=Uuid(),
        status=status,
        allowed=ARRAY(status),
        run_token=Uuid(),
        extra_attempts=Integer(),
        final=Boolean(),
    )
    mine = and_(Task.run_token == moves.c.run_token, Task.status == TaskStatus.PROCESSING)
    chosen = (
        select(
            Task.id, *(moves.c[name] for name in ("status", "run_token", "extra_attempts", "final"))
        )
        .join(moves, Task.id == moves.c.id)
        .where(Task.status == any_(moves.c.allowed), or_(moves.c.run_token.is_(None), mine))
        .order_by(Task.id)
        .with_for_update(key_share=True, of=Task)
        .cte("chosen")
    )
    now = func.clock_timestamp()
    return (
        update(Task)
        .where(Task.id == chosen.c.id)
        .values(
            status=chosen.c.status,
            run_token=None,
            updated_at=now,
            finished_at=case((chosen.c.final, now)),
            max_attempts=Task.max_attempts + chosen.c.extra_attempts,
        )
        .returning(Task.id, chosen.c.run_token)
        .execution_options(synchronize_session=False)
    )


def _store_results() -> Insert:
    table = Base.metadata.tables[TaskResultRow.__tablename__]
    columns = [column for column in table.c if column.name != "created_at"]
    ended = rows_of("ended", **{column.name: column.type for column in columns})
    return insert(table).from_select([column.name for column in columns], select(ended))


# Built once: to build a statement takes longer than to send it.
_CLAIM, _MOVE, _STORE_RESULTS = _claim(), _move(), _store_results()
