"""The account of one attempt at a task: what `octollm.ledger.Ledger` promises, in PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog

from app import call_store, event_store
from app.call_store import Left
from app.database import Database, patiently
from octollm.budget import Spend
from octollm.errors import ArmFailed, BudgetExceeded, TaskFailure
from octollm.ledger import Ask, Grant, Settled

WRITE_SECONDS = 15.0
"""How long an entry is tried to be made while the database is away."""

log = structlog.get_logger(__name__)


class Account:
    """Reserves, settles and remembers the model calls of one attempt.

    Each entry is a transaction of its own. Writes of what was bought are tried again while the
    database is away; what could not be written stays reserved, and counts as spent.
    """

    def __init__(self, database: Database, task_id: UUID, run_token: UUID) -> None:
        self._database = database
        self._task_id = task_id
        self._run_token = run_token
        self.used = False

    async def recall(self, request_hash: str) -> dict[str, Any] | None:
        """Return the response of this task's settled call with that hash, and note that it was
        replayed."""
        async with self._database.transaction() as session:
            found = await call_store.recall(session, self._task_id, request_hash)
            if found is None:
                return None
            await self._event(session, "model.replayed", {"call": found[0]})
        return found[1]

    async def reserve(self, ask: Ask) -> Grant:
        """Draw the worst case on the task's budget. Raises `BudgetExceeded` with what ran out."""
        self.used = True
        async with self._database.transaction() as session:
            left = await call_store.reserve(session, self._task_id, self._run_token, ask)
        if left is None or not left.mine:
            raise ArmFailed("The task is no longer this attempt's to work on.")
        if left.call_id is None:
            raise refused(left, ask)
        key = f"{self._task_id}-{ask.request_hash[:32]}"
        return Grant(left.call_id, left.output_tokens, left.seconds, key)

    async def settle(self, call_id: int, settled: Settled) -> None:
        """Write what a call used and answered, and the event that says so."""

        async def write() -> None:
            async with self._database.transaction() as session:
                await call_store.settle(session, call_id, settled.usage, settled.response)
                usage = settled.usage
                await self._event(
                    session,
                    "model.called",
                    {
                        "call": call_id,
                        "model": str(settled.response.get("model_name") or ""),
                        "input_tokens": usage.input_tokens,
                        "output_tokens": usage.output_tokens,
                        "cost_usd": float(usage.cost_usd),
                    },
                )

        await patiently(WRITE_SECONDS)(write)

    async def release(self, call_id: int) -> None:
        """Give a reservation back."""
        await patiently(WRITE_SECONDS)(self._alone, call_store.release, call_id)

    async def leave_uncertain(self, call_id: int, partial: dict[str, Any]) -> None:
        """Keep a reservation as spent, with what there was of the answer."""
        log.warning("a model call ended uncertain", call=call_id)
        await patiently(WRITE_SECONDS)(self._alone, call_store.leave_uncertain, call_id, partial)

    async def spend(self) -> Spend:
        """Return what the task's calls have drawn so far, over all its attempts."""
        async with self._database.transaction() as session:
            tokens, usd = await call_store.spent(session, self._task_id)
        return Spend(tokens=tokens, cost_usd=float(usd))

    async def _alone(self, statement: Any, *arguments: Any) -> None:
        async with self._database.transaction() as session:
            await statement(session, *arguments)

    async def _event(self, session: Any, event_type: str, data: dict[str, Any]) -> None:
        await event_store.add_event(session, self._task_id, event_type, data, self._run_token)


def refused(left: Left, ask: Ask) -> TaskFailure:
    """Return why a call does not fit into what is left: time, then tokens, then dollars."""
    if left.seconds <= 0:
        return BudgetExceeded("No time is left for another model call.", dimension="time")
    needed = ask.input_tokens + ask.least_output_tokens
    if left.tokens < needed:
        return BudgetExceeded(
            f"A model call may need {needed} tokens, and {max(left.tokens, 0)} are left.",
            dimension="tokens",
        )
    usd = ask.input_usd + ask.usd_per_output_token * ask.least_output_tokens
    return BudgetExceeded(
        f"A model call may cost ${usd:.6f}, and ${max(left.usd, 0):.6f} is left.",
        dimension="cost",
    )
