"""Every SQL statement that changes a task's status: of one task, or of those of one moment.

Functions take the caller's session, and never commit. A task changes its status in
`update_task_status` and `claim`, nowhere else. Both lock their tasks in the order of their ids, so
that two transactions never wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Driver, driver_of
from app.event_store import ADD_LINES, LINE_HASH, TELL_EVENT, Line, columns_of
from app.lifecycle import TRANSITIONS
from app.models import Task
from octollm.contracts import TaskResult, TaskStatus
from octollm.errors import TaskFailure
from octollm.receipt import canonical

STARTED = "task.started"
_EVENT_NAMES: Final = {
    TaskStatus.PENDING: "handed_back",
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
}


_CLAIMED: Final = (
    *("id", "tenant", "goal", "constraints", "context", "acceptance_criteria", "max_repairs"),
    *("budget", "assigned_arm", "task_metadata", "pii_policy", "attempt", "max_attempts"),
    *("run_token", "deadline_at", "traceparent"),
)
"""What is told of a task that was claimed: attributes of `Task`."""


# The lines of the histories as in `event_store`, in the statement itself: a round trip less.
def _claim(beside: str) -> str:
    return f"""
    WITH given AS (
        SELECT * FROM json_to_recordset(%(claims)s::json) AS given (id uuid, lost uuid, token uuid)
    ), chosen AS (
        SELECT id, tenant, token, head_hash, attempt + 1 AS attempt, clock_timestamp() AS at
        FROM tasks JOIN given USING (id)
        WHERE CASE WHEN lost IS NULL THEN status = 'pending' OR attempt < max_attempts - 1
                   ELSE run_token = lost END
          AND status = ANY (%(from)s::task_status[])
          AND attempt < max_attempts AND cancel_requested_at IS NULL
        ORDER BY id FOR NO KEY UPDATE OF tasks {beside}
    ), told AS (
        SELECT *, '{STARTED}' AS type, %(type_text)s::text AS type_text,
               '{{"attempt":' || attempt || '}}' AS data_text
        FROM chosen
    ), line AS (
        SELECT *, {LINE_HASH} AS hash FROM told
    ), abandoned AS (
        UPDATE model_calls SET state = 'uncertain' FROM line
        WHERE task_id = line.id AND line.attempt > 1 AND state = 'reserved'
    ), event AS (
        {ADD_LINES} RETURNING id, task_id, type
    ), started AS (
        UPDATE tasks SET
            status = 'processing', attempt = line.attempt, run_token = line.token,
            head_hash = line.hash, started_at = coalesce(started_at, now()), updated_at = now(),
            deadline_at = coalesce(deadline_at, now() + make_interval(
                secs => (budget ->> 'max_time_seconds')::float8))
        FROM line WHERE tasks.id = line.id
        RETURNING tasks.*, metadata AS task_metadata
    )
    SELECT extract(epoch FROM deadline_at - now())::float8,
           {TELL_EVENT}, {", ".join(f"started.{name}" for name in _CLAIMED)}
    FROM started JOIN event ON task_id = started.id
    """  # noqa: S608  constants of ours


def _move(beside: str) -> str:
    return f"""
    WITH given AS (
        SELECT * FROM json_to_recordset(%(moves)s::json) AS given (
            task_id uuid, status task_status, allowed task_status[], token uuid, yields boolean,
            extra_attempts integer, final boolean, type text, type_text text, data_text text)
    ), chosen AS (
        SELECT given.*, id, tenant, head_hash, clock_timestamp() AS at
        FROM tasks JOIN given ON id = task_id
        WHERE tasks.status = ANY (allowed)
          AND (token IS NULL OR run_token = token AND tasks.status = 'processing')
          AND NOT (yields AND cancel_requested_at IS NOT NULL)
        ORDER BY id FOR NO KEY UPDATE OF tasks {beside}
    ), line AS (
        SELECT *, {LINE_HASH} AS hash FROM chosen
    ), closed AS (
        UPDATE model_calls SET response = NULL,
            state = CASE WHEN state = 'reserved' THEN 'uncertain' ELSE state END
        FROM line WHERE model_calls.task_id = line.id AND line.final
    ), event AS (
        {ADD_LINES} RETURNING id, task_id, type
    ), moved AS (
        UPDATE tasks SET
            status = line.status, run_token = NULL, head_hash = line.hash, updated_at = line.at,
            finished_at = CASE WHEN line.final THEN line.at END,
            max_attempts = max_attempts + line.extra_attempts
        FROM line WHERE tasks.id = line.id
        RETURNING tasks.id, line.token, tasks.tenant
    )
    SELECT moved.id, token, {TELL_EVENT} FROM moved JOIN event ON task_id = moved.id
    """  # noqa: S608  constants of ours


_CLAIM: Final = {skipping: _claim("SKIP LOCKED" * skipping) for skipping in (False, True)}
_MOVE: Final = {skipping: _move("SKIP LOCKED" * skipping) for skipping in (False, True)}

_STORE_RESULTS: Final = """
    INSERT INTO task_results (task_id, result, error, error_type, processing_time_ms)
    SELECT * FROM json_to_recordset(%(ended)s::json) AS ended (
        task_id uuid, result jsonb, error text, error_type text, processing_time_ms integer)
    """


async def claim(
    connection: Driver, wanted: Mapping[UUID, UUID | None], *, skip_locked: bool = False
) -> dict[UUID, tuple[Task, float]]:
    """Start an attempt at each of several tasks: a new run token fences off every earlier one, and
    of the model calls it left open nobody knows how they ended. Those tasks are missing which are
    not to be started or, with `skip_locked`, are locked by another.

    The last attempt of a task whose attempt before was lost is started only by who gives that
    one's run token with the task, and sees to it that it runs alone.
    The deadline is set once, at the first start, and survives crashes. Returned beside a task:
    the seconds left until then by the database's clock, since a worker's may differ.
    """
    claims = [
        {"id": str(task_id), "lost": str(lost) if lost else None, "token": str(uuid4())}
        for task_id, lost in wanted.items()
    ]
    parameters = {
        "claims": json.dumps(claims),
        "from": _predecessors(TaskStatus.PROCESSING),
        "type_text": canonical(STARTED),
    }
    rows = await connection.execute(_CLAIM[skip_locked], parameters)
    return {
        task.id: (task, seconds)
        async for seconds, _, *columns in rows
        for task in [Task(**dict(zip(_CLAIMED, columns, strict=True)))]
    }


@dataclass(frozen=True)
class Move:
    """A task that is to go to `status`, and what the event says that says so.

    With `run_token`, only the attempt that holds the task may do it; what `yields` is not done if
    the task's owner has asked for it to be cancelled. `extra_attempts` gives back an attempt cut
    short.
    """

    task_id: UUID
    status: TaskStatus
    run_token: UUID | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    yields: bool = False
    extra_attempts: int = 0


async def update_task_status(
    session: AsyncSession, *moves: Move, skip_locked: bool = False
) -> list[bool]:
    """Move tasks to other statuses, and add the events that say so. The one way to do it.

    Returns which were moved, in their order. Of the others nothing was changed: they were not in a
    status that allows it, or someone else has them or, with `skip_locked`, has them locked. With a
    final status, what models answered is erased.
    """
    rows = [_row(move) for move in moves]
    driver = await driver_of(session)
    moved = await driver.execute(_MOVE[skip_locked], {"moves": json.dumps(rows)})
    done = {(task_id, token) async for task_id, token, _ in moved}
    return [(move.task_id, move.run_token) in done for move in moves]


def _row(move: Move) -> dict[str, Any]:
    told = f"task.{_EVENT_NAMES[move.status]}"
    return columns_of(Line(move.task_id, told, move.event, move.run_token)) | {
        "status": move.status,
        "allowed": _predecessors(move.status),
        "yields": move.yields,
        "extra_attempts": move.extra_attempts,
        "final": move.status.final,
    }


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
    await (await driver_of(session)).execute(_STORE_RESULTS, {"ended": json.dumps(rows)})


def _predecessors(status: TaskStatus) -> list[TaskStatus]:
    return [old for old, following in TRANSITIONS.items() if status in following]
