"""The SQL statement that stores new tasks; on a connection in a transaction it does not commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from app.database import Driver
from app.event_store import ADD_LINES, LINE_HASH, TELL_EVENT
from app.queue_sql import ENQUEUE, NEXT_JOB
from octollm.contracts import TaskRequest
from octollm.receipt import GENESIS, canonical

SUBMITTED = "task.submitted"


@dataclass(frozen=True)
class NewTask:
    """A task about to be stored. `private` is what its placeholders stand for, encrypted."""

    tenant: str
    request: TaskRequest
    max_attempts: int
    idempotency_key: str | None
    fingerprint: str
    traceparent: str | None = None
    private: bytes | None = None
    id: UUID = field(default_factory=uuid4)


# All columns of all tasks in one parameter: of many parameters each costs the driver, and each
# number of rows would be another statement to prepare.
_CREATE = f"""
    WITH given AS (
        SELECT given.*, clock_timestamp() AS at, {NEXT_JOB} AS job_id, '{GENESIS}' AS head_hash,
               '{SUBMITTED}' AS type, '{canonical(SUBMITTED)}' AS type_text
        FROM json_to_recordset(%(tasks)s::json) AS given (
            id uuid, tenant text, goal text, context text, constraints jsonb,
            acceptance_criteria jsonb, max_repairs smallint, budget jsonb, assigned_arm text,
            metadata jsonb, pii_policy text, priority smallint, max_attempts integer,
            place integer, idempotency_key text, request_fingerprint text, traceparent text,
            private text, data_text text)
    ), line AS (
        SELECT given.*, {LINE_HASH} AS hash FROM given
    ), task AS (
        INSERT INTO tasks (
            id, tenant, status, goal, context, constraints, acceptance_criteria, max_repairs,
            budget, assigned_arm, metadata, pii_policy, priority, attempt, max_attempts,
            drawn_tokens, drawn_usd, job_id, idempotency_key, request_fingerprint, traceparent,
            head_hash, created_at, updated_at)
        SELECT
            id, tenant, 'pending', goal, context, constraints, acceptance_criteria, max_repairs,
            budget, assigned_arm, metadata, pii_policy, priority, 0, max_attempts,
            0, 0, job_id, idempotency_key, request_fingerprint, traceparent,
            hash, at, at
        FROM line
        ON CONFLICT (tenant, idempotency_key) DO NOTHING
        RETURNING id, tenant, created_at
    ), job AS (
        {ENQUEUE} FROM line WHERE id IN (SELECT id FROM task)
    ), kept AS (
        INSERT INTO private_values (task_id, ciphertext)
        SELECT id, convert_to(private, 'UTF8') FROM line
        WHERE private IS NOT NULL AND id IN (SELECT id FROM task)
    ), event AS (
        {ADD_LINES} WHERE id IN (SELECT id FROM task)
        RETURNING id, task_id, type
    )
    SELECT task.id, task.created_at, {TELL_EVENT} FROM task JOIN event ON task_id = task.id
    """  # noqa: S608  constants of ours


async def create_tasks(
    connection: Driver, tasks: Sequence[tuple[NewTask, int]]
) -> dict[UUID, datetime]:
    """Store tasks, each with its private values, its first event and a job that delivers it, whose
    place in the queue is given with it.

    Returns when they were created, by id; those are missing whose idempotency key is in use.
    """
    rows = json.dumps([_row(new, place) for new, place in tasks])
    stored = await connection.execute(_CREATE, {"tasks": rows})
    return {task_id: created_at async for task_id, created_at, _ in stored}


def _row(new: NewTask, place: int) -> dict[str, Any]:
    return new.request.model_dump(mode="json") | {
        "id": str(new.id),
        "tenant": new.tenant,
        "max_attempts": new.max_attempts,
        "place": place,
        "idempotency_key": new.idempotency_key,
        "request_fingerprint": new.fingerprint,
        "traceparent": new.traceparent,
        "private": new.private.decode("ascii") if new.private else None,
        "data_text": _data_text(new.request.priority),
    }


@cache
def _data_text(priority: int) -> str:
    return canonical({"priority": priority})
