"""Every SQL statement on events: those of a task, and those of the audit trail.

Functions take the caller's session and never commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import AuditEvent, Task, TaskEvent
from octollm.errors import DatabaseUnavailable, TaskNotFound
from octollm.receipt import canonical

EVENTS_CHANNEL = "octollm_events"
"""Told of each event with `task_id id type tenant`."""

DRAFTS_CHANNEL = "octollm_drafts"
"""Told of each piece of a draft: what `add_drafts` is given."""

LINE_HASH = """encode(sha256(convert_to(
            '{"created_at":"' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":"MI":"SS.US"Z"')
            || '","data":' || data_text || ',"prev_hash":"' || head_hash || '","task_id":"' || id
            || '","type":' || type_text || '}', 'UTF8')), 'hex')"""
"""SQL for the hash of a line, written as `octollm.receipt` says: everything but its data and its
type, whose texts come in canonical form, is plain ASCII. The colons of the time are quoted, or they
would begin parameters."""

ADD_LINES = """INSERT INTO task_events (task_id, type, data, created_at, prev_hash, hash)
        SELECT id, type, data_text::jsonb, at, head_hash, hash FROM line"""
"""SQL that adds lines with their `LINE_HASH` as `hash`. The head of their tasks is to be moved by
the same statement."""

TELL_EVENT = (
    f"pg_notify('{EVENTS_CHANNEL}', concat_ws(' ', event.task_id, event.id, event.type, tenant))"
)
"""SQL that tells those who listen of a row of `task_events`, once it is committed."""

# One statement, so that a chain costs no round trip: lock the task, hash, move its head, add the
# line, tell those who listen. The lock makes all writers of a task wait for each other, whatever
# transaction they are in: no two lines follow the same one, and ids grow along the chain. The head
# is kept with the task, for only a locked row is read as it is after the wait; a look into
# task_events would see the time before it.
_ADD = text(f"""
    WITH task AS (
        SELECT id, tenant, head_hash, clock_timestamp() AS at, type, type_text, data_text
        FROM json_to_record(CAST(:line AS json)) AS given (
            task_id uuid, token uuid, type text, type_text text, data_text text)
        JOIN tasks ON id = task_id
        WHERE token IS NULL OR run_token = token
        FOR NO KEY UPDATE OF tasks
    ), line AS (
        SELECT task.*, {LINE_HASH} AS hash FROM task
    ), head AS (
        UPDATE tasks SET head_hash = line.hash FROM line WHERE tasks.id = line.id
    ), event AS (
        {ADD_LINES} RETURNING id, task_id, type
    )
    SELECT pg_current_xact_id()::text, {TELL_EVENT} FROM event, task
    """)  # noqa: S608  constants of ours

_STATUS = text("SELECT pg_xact_status(CAST(:transaction AS xid8))")

_DRAFTS = text("""
    SELECT pg_notify(:channel, piece)
    FROM tasks, unnest(CAST(:pieces AS text[])) WITH ORDINALITY AS pieces (piece, number)
    WHERE id = :task_id AND run_token = :run_token ORDER BY number
    """)

_AFTER = text("""
    SELECT place, event.id, task_id, type, data, created_at
    FROM json_to_recordset(CAST(:places AS json)) AS asked (place integer, task uuid, last bigint),
        LATERAL (
            SELECT * FROM task_events
            WHERE task_id = task AND task_events.id > last ORDER BY task_events.id LIMIT :limit
        ) event
    ORDER BY place, event.id
    """)

_WRITERS = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
      AND relation = CAST('task_events' AS regclass)
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """)


@dataclass(frozen=True)
class Line:
    """A line to be added to a task's history; with `run_token`, only if that attempt has it."""

    task_id: UUID
    type: str
    data: Mapping[str, Any]
    run_token: UUID | None = None


async def add_event(
    session: AsyncSession,
    task_id: UUID,
    event_type: str,
    data: Mapping[str, Any],
    run_token: UUID | None = None,
) -> bool:
    """Add one line to a task's history, and lock the task until the caller's transaction ends.

    False, and nothing was added: the task is gone, or with `run_token`, another attempt has it.
    """
    return await _added(session, Line(task_id, event_type, data, run_token)) is not None


async def add_event_once(session: AsyncSession, line: Line, tried: list[str]) -> None:
    """Add a line to a task's history, unless one of the transactions in `tried` has, which nobody
    heard the end of. This one is put there as well.

    Raises DatabaseUnavailable while one of them is not over.
    """
    for transaction in tried:
        status = await session.scalar(_STATUS, {"transaction": transaction})
        if status == "committed":
            return
        if status == "in progress":
            raise DatabaseUnavailable(retry_after=1)
    if (added := await _added(session, line)) is not None:
        tried.append(added)


def columns_of(line: Line) -> dict[str, Any]:
    """Return what statements that add a line are given of it, for JSON: `task_id`, the `token` of
    the attempt, `type`, and both texts for `LINE_HASH`."""
    return {
        "task_id": str(line.task_id),
        "token": str(line.run_token) if line.run_token else None,
        "type": line.type,
        "type_text": canonical(line.type),
        "data_text": canonical(line.data),
    }


async def _added(session: AsyncSession, line: Line) -> str | None:
    """Return the transaction in which the line was added; None: it was not."""
    transaction: str | None = await session.scalar(_ADD, {"line": json.dumps(columns_of(line))})
    return transaction


async def list_events(session: AsyncSession, task_id: UUID) -> list[TaskEvent]:
    """Return a task's history, oldest first."""
    statement = select(TaskEvent).where(TaskEvent.task_id == task_id).order_by(TaskEvent.id)
    return list((await session.execute(statement)).scalars())


async def chain_of(
    session: AsyncSession, tenant: str, task_id: UUID
) -> tuple[str, Sequence[TaskEvent]]:
    """Return the hash a task's history must end with, and the history. Raises TaskNotFound.

    One statement, for two would see two moments, and lines may be added between them.
    """
    statement = (
        select(Task.head_hash, TaskEvent)
        .outerjoin(TaskEvent, TaskEvent.task_id == Task.id)
        .where(Task.id == task_id, Task.tenant == tenant)
        .order_by(TaskEvent.id)
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        raise TaskNotFound
    return rows[0].head_hash, [row.TaskEvent for row in rows if row.TaskEvent is not None]


async def events_of_task(
    session: AsyncSession, task_id: UUID, after: int, limit: int
) -> Sequence[TaskEvent]:
    """Return the first events of a task after that id. A task's ids appear in their order."""
    statement = select(TaskEvent).where(TaskEvent.task_id == task_id, TaskEvent.id > after)
    return (await session.execute(statement.order_by(TaskEvent.id).limit(limit))).scalars().all()


async def events_after(
    session: AsyncSession, places: Sequence[tuple[UUID, int]], limit: int
) -> Sequence[Row[Any]]:
    """Return the first events of several tasks after an id each, with the index of their place."""
    asked = [
        {"place": place, "task": str(task_id), "last": last}
        for place, (task_id, last) in enumerate(places)
    ]
    return (await session.execute(_AFTER, {"places": json.dumps(asked), "limit": limit})).all()


async def events_of_tenant(
    session: AsyncSession, tenant: str, after: int, upto: int, limit: int
) -> Sequence[TaskEvent]:
    """Return the first events of a tenant's tasks with ids above `after`, `upto` included."""
    statement = (
        select(TaskEvent)
        .join(Task, Task.id == TaskEvent.task_id)
        .where(Task.tenant == tenant, TaskEvent.id > after, TaskEvent.id <= upto)
        .order_by(TaskEvent.id)
        .limit(limit)
    )
    return (await session.execute(statement)).scalars().all()


async def newest_id(session: AsyncSession) -> int:
    """Return the highest id of an event that can be seen; 0: there is none."""
    return await session.scalar(select(func.coalesce(func.max(TaskEvent.id), 0))) or 0


async def writers(session: AsyncSession) -> set[str]:
    """Return the transactions that may hold ids of events nobody else can see yet."""
    return set((await session.execute(_WRITERS)).scalars())


async def add_drafts(
    session: AsyncSession, task_id: UUID, run_token: UUID, pieces: Sequence[str]
) -> bool:
    """Tell all processes what an attempt drafts; nothing is stored. A piece has up to 7,999 bytes.

    False: another attempt has the task by now, and nothing was told.
    """
    told = {
        "channel": DRAFTS_CHANNEL,
        "pieces": list(pieces),
        "task_id": task_id,
        "run_token": run_token,
    }
    return (await session.execute(_DRAFTS, told)).first() is not None


async def add_audit_event(
    session: AsyncSession, tenant: str, event_type: str, data: dict[str, Any]
) -> None:
    """Note that a request was refused, and why; never with the text."""
    await session.execute(insert(AuditEvent).values(tenant=tenant, type=event_type, data=data))
