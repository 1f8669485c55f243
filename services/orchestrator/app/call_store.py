"""Every SQL statement on model calls and on what they draw from a task's budget.

Functions take the caller's session and never commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import ModelCall
from octollm.ledger import Ask, Usage


@dataclass(frozen=True)
class Left:
    """What a task has left, once `call_id` (if the call was granted) has drawn on it.

    `output_tokens` is what was granted, or what would have been; `mine` is False once the attempt
    that asks no longer has the task, or the task is to be cancelled.
    """

    call_id: int | None
    mine: bool
    output_tokens: int
    seconds: float
    tokens: int
    usd: Decimal


# One statement: the row of the task is locked, judged and drawn on, and the call noted, or nothing.
_RESERVE = text("""
    WITH task AS (
        SELECT id, attempt,
               CAST(budget->>'max_tokens' AS integer) - drawn_tokens AS tokens,
               CAST(budget->>'max_cost_usd' AS numeric) - drawn_usd AS usd,
               CAST(extract(epoch FROM deadline_at - clock_timestamp()) AS float8) AS seconds,
               status = 'processing' AND run_token = :run_token
                   AND cancel_requested_at IS NULL AS mine
        FROM tasks WHERE id = :task_id FOR UPDATE
    ), room AS (
        SELECT *, LEAST(
            :output_tokens, tokens - :input_tokens,
            CASE WHEN :usd_per_output_token > 0
                 THEN CAST(LEAST(floor(GREATEST(usd - :input_usd, -1) / :usd_per_output_token),
                                 :output_tokens) AS bigint)
                 WHEN usd >= :input_usd THEN :output_tokens
                 ELSE -1 END
        ) AS output_tokens FROM task
    ), drawn AS (
        UPDATE tasks
        SET drawn_tokens = tasks.drawn_tokens + :input_tokens + room.output_tokens,
            drawn_usd = tasks.drawn_usd + :input_usd + :usd_per_output_token * room.output_tokens
        FROM room
        WHERE tasks.id = room.id AND room.mine AND room.seconds > 0
          AND room.output_tokens >= :least_output_tokens
        RETURNING room.id, room.attempt, room.output_tokens
    ), call AS (
        INSERT INTO model_calls (task_id, attempt, request_hash, model, state, reserved_tokens,
                                 reserved_usd, price_version)
        SELECT id, attempt, :request_hash, :model, 'reserved', :input_tokens + output_tokens,
               :input_usd + :usd_per_output_token * output_tokens, :price_version FROM drawn
        RETURNING id
    )
    SELECT call.id AS call_id, room.mine, room.output_tokens, room.seconds, room.tokens, room.usd
    FROM room LEFT JOIN call ON true
    """)

# The task's row is locked first, as by everybody else, so that nobody waits for each other. An
# answer that comes when the task has ended is not kept: what the others said is erased by then.
_SETTLE = text("""
    WITH task AS (
        SELECT id, status IN ('completed', 'failed', 'cancelled') AS ended FROM tasks
        WHERE id = (SELECT task_id FROM model_calls WHERE id = :call_id) FOR UPDATE
    ), call AS (
        UPDATE model_calls
        SET state = 'settled', input_tokens = :input_tokens, output_tokens = :output_tokens,
            cost_usd = :cost_usd, settled_at = clock_timestamp(),
            response = CASE WHEN task.ended THEN NULL ELSE :response END
        FROM task WHERE model_calls.id = :call_id AND state <> 'settled'
        RETURNING task_id, model, reserved_tokens, reserved_usd
    )
    UPDATE tasks
    SET drawn_tokens = drawn_tokens - call.reserved_tokens + :input_tokens + :output_tokens,
        drawn_usd = drawn_usd - call.reserved_usd + :cost_usd
    FROM call WHERE tasks.id = call.task_id
    RETURNING call.model
    """).bindparams(bindparam("response", type_=JSONB))

_RECALL = text("""
    SELECT id, response FROM model_calls
    WHERE task_id = :task_id AND request_hash = :request_hash AND state = 'settled'
    ORDER BY id LIMIT 1
    """)

_RELEASE = text("""
    WITH task AS (
        SELECT id FROM tasks
        WHERE id = (SELECT task_id FROM model_calls WHERE id = :call_id) FOR UPDATE
    ), call AS (
        DELETE FROM model_calls USING task
        WHERE model_calls.id = :call_id AND state <> 'settled'
        RETURNING task_id, reserved_tokens, reserved_usd
    )
    UPDATE tasks
    SET drawn_tokens = drawn_tokens - call.reserved_tokens,
        drawn_usd = drawn_usd - call.reserved_usd
    FROM call WHERE tasks.id = call.task_id
    """)


async def recall(
    session: AsyncSession, task_id: UUID, request_hash: str
) -> tuple[int, dict[str, Any]] | None:
    """Return the id and the response of the first settled call of a task with that hash."""
    asked = {"task_id": task_id, "request_hash": request_hash}
    row = (await session.execute(_RECALL, asked)).one_or_none()
    return (row.id, row.response) if row and row.response is not None else None


async def reserve(session: AsyncSession, task_id: UUID, run_token: UUID, ask: Ask) -> Left | None:
    """Draw the worst case of a call on its task's budget, if it fits. None: the task is gone."""
    parameters = {"task_id": task_id, "run_token": run_token, **vars(ask)}
    row = (await session.execute(_RESERVE, parameters)).one_or_none()
    return Left(**row._mapping) if row else None


async def settle(
    session: AsyncSession, call_id: int, usage: Usage, response: dict[str, Any]
) -> str | None:
    """Replace what a call had reserved by what it used; return which model it was made to.

    Settling again changes nothing, and returns None.
    """
    parameters = {"call_id": call_id, "response": response, **vars(usage)}
    model: str | None = await session.scalar(_SETTLE, parameters)
    return model


async def release(session: AsyncSession, call_id: int) -> None:
    """Give back what a call had reserved; nothing of it is kept."""
    await session.execute(_RELEASE, {"call_id": call_id})


async def leave_uncertain(session: AsyncSession, call_id: int, partial: dict[str, Any]) -> None:
    """Keep what a call had reserved as spent, and what there was of its response."""
    await session.execute(
        update(ModelCall)
        .where(ModelCall.id == call_id, ModelCall.state == "reserved")
        .values(state="uncertain", response=partial, settled_at=func.clock_timestamp())
    )


async def list_calls(session: AsyncSession, task_id: UUID) -> list[ModelCall]:
    """Return the calls of a task, the first one first."""
    statement = select(ModelCall).where(ModelCall.task_id == task_id).order_by(ModelCall.id)
    return list((await session.execute(statement)).scalars())


async def tokens_used(session: AsyncSession, task_id: UUID) -> tuple[int, int]:
    """Return how many tokens of input and of output the settled calls of a task have used."""
    statement = select(
        func.coalesce(func.sum(ModelCall.input_tokens), 0),
        func.coalesce(func.sum(ModelCall.output_tokens), 0),
    ).where(ModelCall.task_id == task_id, ModelCall.state == "settled")
    given, written = (await session.execute(statement)).one()
    return int(given or 0), int(written or 0)


async def kept_answers(
    session: AsyncSession, member: str, after: int | None, limit: int
) -> list[tuple[int, str]]:
    """Return the calls whose kept answer has a text as that member, by id, and the text; locked
    until the caller commits. What somebody is about to erase is passed over."""
    text_of = ModelCall.response[member].astext
    statement = (
        select(ModelCall.id, text_of.label("text"))
        .where(ModelCall.id > (after or 0), text_of.is_not(None))
        .order_by(ModelCall.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, row.text) for row in await session.execute(statement)]


async def keep_answer(session: AsyncSession, call_id: int, response: dict[str, Any]) -> None:
    """Keep an answer in another form."""
    await session.execute(
        update(ModelCall).where(ModelCall.id == call_id).values(response=response)
    )
