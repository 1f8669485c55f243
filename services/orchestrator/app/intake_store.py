"""The SQL statement that stores new tasks. As in `store`, it does not commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.event_store import EVENTS_CHANNEL, LINE_HASH
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
_CREATE = text(rf"""
    WITH given AS (
        SELECT given.*, clock_timestamp() AS at, '{GENESIS}' AS head_hash,
               CAST(:type_text AS text) AS type_text
        FROM json_to_recordset(CAST(:tasks AS json)) AS given (
            id uuid, tenant text, goal text, context text, constraints jsonb,
            acceptance_criteria jsonb, max_repairs smallint, budget jsonb, assigned_arm text,
            metadata jsonb, pii_policy text, priority smallint, max_attempts integer,
            job_id bigint, idempotency_key text, request_fingerprint text, traceparent text,
            data_text text)
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
    ), event AS (
        INSERT INTO task_events (task_id, type, data, created_at, prev_hash, hash)
        SELECT id, :type, CAST(data_text AS jsonb), at, line.head_hash, hash
        FROM line JOIN task USING (id)
        RETURNING id, task_id
    )
    SELECT task.id, task.created_at,
           pg_notify(:channel, concat_ws(' ', task.id, event.id, :type, task.tenant))
    FROM task JOIN event ON event.task_id = task.id
    """)  # noqa: S608  constants of ours


async def create_tasks(
    session: AsyncSession, tasks: Sequence[tuple[NewTask, int]]
) -> dict[UUID, datetime]:
    """Store tasks, each with the job that delivers it and its first event.

    Returns when they were created, by id; those are missing whose idempotency key is in use.
    """
    parameters = {
        "tasks": json.dumps([_row(new, job_id) for new, job_id in tasks]),
        "type": SUBMITTED,
        "type_text": canonical(SUBMITTED),
        "channel": EVENTS_CHANNEL,
    }
    return {row.id: row.created_at for row in await session.execute(_CREATE, parameters)}


def _row(new: NewTask, job_id: int) -> dict[str, Any]:
    return new.request.model_dump(mode="json") | {
        "id": str(new.id),
        "tenant": new.tenant,
        "max_attempts": new.max_attempts,
        "job_id": job_id,
        "idempotency_key": new.idempotency_key,
        "request_fingerprint": new.fingerprint,
        "traceparent": new.traceparent,
        "data_text": canonical({"priority": new.request.priority}),
    }
