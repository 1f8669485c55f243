"""Every SQL statement on model calls and on what they draw from a task's budget.

Functions take the caller's session and never commit; those of what each call needs take a
connection of the driver's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Driver
from app.event_store import ADD_LINES, LINE_HASH, TELL_EVENT, Line, columns_of
from app.models import ModelCall
from octollm.ledger import Ask, Kept, Settled


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


# One statement: an answer there is already is looked up; else the row of the task is locked, judged
# and drawn on, and the call noted, or nothing. Here and below all that is given is one parameter:
# each costs the driver, and numbers of another size are another statement to prepare.
_RESERVE = """
    WITH asked AS (
        SELECT * FROM json_to_record(%s::json) AS asked (
            task_id uuid, token uuid, request_hash text, model text, input_tokens bigint,
            output_tokens bigint, least_output_tokens bigint, input_usd numeric,
            usd_per_output_token numeric, price_version text, after bigint)
    ), kept AS (
        SELECT model_calls.id, response FROM asked JOIN model_calls USING (task_id, request_hash)
        WHERE state = 'settled' AND response IS NOT NULL AND model_calls.id > after
        ORDER BY model_calls.id LIMIT 1
    ), task AS (
        SELECT asked.*, id, attempt,
               (budget->>'max_tokens')::integer - drawn_tokens AS tokens,
               (budget->>'max_cost_usd')::numeric - drawn_usd AS usd,
               extract(epoch FROM deadline_at - clock_timestamp())::float8 AS seconds,
               status = 'processing' AND run_token = token
                   AND cancel_requested_at IS NULL AS mine
        FROM asked JOIN tasks ON id = task_id
        WHERE NOT EXISTS (SELECT FROM kept) FOR UPDATE OF tasks
    ), room AS (
        SELECT *, LEAST(
            output_tokens, tokens - input_tokens,
            CASE WHEN usd_per_output_token > 0
                 THEN LEAST(floor(GREATEST(usd - input_usd, -1) / usd_per_output_token),
                            output_tokens)::bigint
                 WHEN usd >= input_usd THEN output_tokens
                 ELSE -1 END
        ) AS granted FROM task
    ), drawn AS (
        UPDATE tasks
        SET drawn_tokens = drawn_tokens + input_tokens + granted,
            drawn_usd = drawn_usd + input_usd + usd_per_output_token * granted
        FROM room
        WHERE tasks.id = room.id AND mine AND seconds > 0 AND granted >= least_output_tokens
        RETURNING room.*
    ), call AS (
        INSERT INTO model_calls (task_id, attempt, request_hash, model, state, reserved_tokens,
                                 reserved_usd, price_version)
        SELECT id, attempt, request_hash, model, 'reserved', input_tokens + granted,
               input_usd + usd_per_output_token * granted, price_version FROM drawn
        RETURNING id
    )
    SELECT kept.id, response, call.id, mine, granted, seconds, tokens, usd
    FROM room LEFT JOIN call ON true FULL JOIN kept ON true
    """

# The task's row is locked first, as by everybody else, so that nobody waits for each other. An
# answer that comes when the task has ended is not kept: what the others said is erased by then.
# The line of its history goes with it as in `event_store`: a round trip less.
_SETTLE = f"""
    WITH task AS (
        SELECT settled.*, id, tenant, head_hash, clock_timestamp() AS at, run_token = token AS mine,
               status IN ('completed', 'failed', 'cancelled') AS ended
        FROM json_to_record(%s::json) AS settled (
            call_id bigint, task_id uuid, token uuid, input_tokens integer, output_tokens integer,
            cost_usd numeric, response jsonb, type text, type_text text, data_text text)
        JOIN tasks ON id = task_id FOR UPDATE OF tasks
    ), call AS (
        UPDATE model_calls
        SET state = 'settled', input_tokens = task.input_tokens, output_tokens = task.output_tokens,
            cost_usd = task.cost_usd, settled_at = clock_timestamp(),
            response = CASE WHEN ended THEN NULL ELSE task.response END
        FROM task
        WHERE model_calls.id = call_id AND model_calls.task_id = task.id AND state <> 'settled'
        RETURNING reserved_tokens, reserved_usd
    ), line AS (
        SELECT task.*, {LINE_HASH} AS hash FROM task, call
    ), event AS (
        {ADD_LINES} WHERE mine RETURNING id, task_id, type
    ), drawn AS (
        UPDATE tasks
        SET drawn_tokens = drawn_tokens - reserved_tokens + input_tokens + output_tokens,
            drawn_usd = drawn_usd - reserved_usd + cost_usd,
            head_hash = CASE WHEN mine THEN hash ELSE tasks.head_hash END
        FROM line, call WHERE tasks.id = line.id
    )
    SELECT {TELL_EVENT} FROM task, event
    """  # noqa: S608  constants of ours

_RECALL = """
    SELECT id, response FROM model_calls
    WHERE task_id = %s AND request_hash = %s AND state = 'settled' AND response IS NOT NULL
      AND id > %s
    ORDER BY id LIMIT 1
    """

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


_LEAVE_UNCERTAIN = text("""
    WITH task AS (
        SELECT status = 'processing' AND run_token = :run_token AS mine FROM tasks
        WHERE id = (SELECT task_id FROM model_calls WHERE id = :call_id) FOR UPDATE
    )
    UPDATE model_calls
    SET state = 'uncertain', settled_at = clock_timestamp(),
        response = CASE WHEN mine THEN CAST(:partial AS jsonb) END
    FROM task WHERE id = :call_id AND state = 'reserved'
    """)


async def recall(connection: Driver, task_id: UUID, request_hash: str, after: int) -> Kept | None:
    """Return the answer of the first settled call of a task with that hash, after that one."""
    found = await connection.execute(_RECALL, (task_id, request_hash, after))
    return Kept(*row) if (row := await found.fetchone()) else None


async def reserve(
    connection: Driver, task_id: UUID, run_token: UUID, ask: Ask
) -> Left | Kept | None:
    """Draw the worst case of a call on its task's budget, if it fits; unless there is an answer
    already. None: the task is gone."""
    asked = _json(vars(ask), task_id=task_id, token=run_token)
    row = await (await connection.execute(_RESERVE, (asked,))).fetchone()
    if row is None:
        return None
    call_id, response, *left = row
    return Left(*left) if call_id is None else Kept(call_id, response)


async def settle(connection: Driver, call_id: int, settled: Settled, line: Line) -> None:
    """Replace what a call had reserved by what it used, keep its answer, and add a line to the
    task's history, if the attempt has the task. Settling again changes nothing."""
    told = columns_of(line)
    given = _json(vars(settled.usage), response=settled.response, call_id=call_id, **told)
    await connection.execute(_SETTLE, (given,))


async def release(session: AsyncSession, call_id: int) -> None:
    """Give back what a call had reserved; nothing of it is kept."""
    await session.execute(_RELEASE, {"call_id": call_id})


async def leave_uncertain(
    session: AsyncSession, call_id: int, run_token: UUID, partial: dict[str, Any]
) -> None:
    """Keep what a call had reserved as spent, and what there was of its response, if the attempt
    still has the task: else nobody would erase that any more."""
    given = {"call_id": call_id, "run_token": run_token, "partial": json.dumps(partial)}
    await session.execute(_LEAVE_UNCERTAIN, given)


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


def _json(given: Mapping[str, Any], **more: Any) -> str:
    """Return what a statement is given as JSON, where uuids and decimals are texts."""
    return json.dumps({**given, **more}, default=str)
