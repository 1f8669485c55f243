"""The account of one attempt at a task: what `octollm.ledger.Ledger` promises, in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal
from uuid import UUID

import structlog

from app import call_store
from app.call_store import Left
from app.database import Database, patiently
from app.event_store import Line, add_event
from app.vault import Vault
from octollm.errors import BudgetExceeded, ModelFailed, PrivateValuesUnreadable, TaskFailure
from octollm.ledger import Ask, Grant, Kept, Settled, TaskLost

WRITE_SECONDS = 15.0
"""How long an entry is tried to be made while the database is away."""

LOCKED = "locked"

log = structlog.get_logger(__name__)


class Account:
    """Reserves, settles and remembers the model calls of one attempt.

    Each entry is a transaction of its own. Writes of what was bought are tried again while the
    database is away; what could not be written stays reserved, and counts as spent. Nobody has
    screened what a model answers, so it is kept encrypted, and without a key no model is asked.
    """

    def __init__(
        self, database: Database, task_id: UUID, run_token: UUID, vault: Vault | None
    ) -> None:
        self._database = database
        self._task_id = task_id
        self._run_token = run_token
        self._vault = vault
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._open: dict[int, str] = {}
        self._ended = 0
        self._changed = asyncio.Condition()

    def turn(self, request_hash: str) -> asyncio.Lock:
        """Return the lock for one request, the same for all arms of the attempt."""
        return self._turns[request_hash]

    async def recall(self, request_hash: str, after: int = 0) -> Kept | None:
        """Return the answer of this task's first settled call with that hash, after that one, and
        note that it was replayed. Raises PrivateValuesUnreadable when it was locked with a key that
        is not here."""
        async with self._database.statements() as connection:
            kept = await call_store.recall(connection, self._task_id, request_hash, after)
        return None if kept is None else await self._replayed(kept)

    async def reserve(self, ask: Ask) -> Grant | Kept:
        """Draw the worst case on the task's budget, unless there is an answer to `recall`.

        What does not fit only because other calls of this attempt are held at their worst waits
        for them to end, since they will have used less. Raises `BudgetExceeded` with what ran out,
        `TaskLost`, and `ModelFailed` when there is no key to keep an answer under.
        """
        if self._vault is None and (kept := await self.recall(ask.request_hash, ask.after)):
            return kept
        self._key()
        while True:
            seen = self._ended
            async with self._database.statements() as connection:
                left = await call_store.reserve(connection, self._task_id, self._run_token, ask)
            if isinstance(left, Kept):
                return await self._replayed(left)
            if left is None or not left.mine:
                raise TaskLost("the task is no longer this attempt's to work on")
            if left.call_id is not None:
                self._open[left.call_id] = ask.model
                return self._grant(left.call_id, left, ask)
            async with self._changed:
                if left.seconds <= 0 or (not self._open and self._ended == seen):
                    raise refused(left, ask)
                await self._changed.wait_for(partial(self._has_ended_since, seen))

    async def _replayed(self, kept: Kept) -> Kept:
        async with self._database.transaction() as session:
            data = {"call": kept.call_id}
            await add_event(session, self._task_id, "model.replayed", data, self._run_token)
        return replace(kept, response=self._unlocked(kept.response))

    def _has_ended_since(self, seen: int) -> bool:
        return self._ended > seen

    def _grant(self, call_id: int, left: Left, ask: Ask) -> Grant:
        # With less left the same request asks for fewer tokens, which makes it another body.
        key = f"{self._task_id}-{ask.request_hash[:32]}-{left.output_tokens}"
        return Grant(call_id, left.output_tokens, left.seconds, key, short_of(left, ask))

    async def settle(self, call_id: int, settled: Settled) -> None:
        """Write what a call used and answered, and the event that says so."""
        usage = settled.usage
        kept = Settled(usage, self._locked(settled.response))
        told = {
            "call": call_id,
            "model": self._open[call_id],
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_usd": float(usage.cost_usd),
        }
        line = Line(self._task_id, "model.called", told, self._run_token)

        async def write() -> None:
            async with self._database.statements() as connection:
                await call_store.settle(connection, call_id, kept, line)

        await self._enter(call_id, write)

    async def release(self, call_id: int) -> None:
        """Give a reservation back."""
        await self._enter(call_id, self._alone, call_store.release, call_id)

    async def leave_uncertain(self, call_id: int, partial: dict[str, Any]) -> None:
        """Keep a reservation as spent, with what there was of the answer."""
        log.warning("a model call ended uncertain", call=call_id)
        kept = self._locked(partial)
        statement = call_store.leave_uncertain
        await self._enter(call_id, self._alone, statement, call_id, self._run_token, kept)

    async def _enter(
        self, call_id: int, write: Callable[..., Awaitable[None]], *arguments: Any
    ) -> None:
        """Write how a call ended, and wake those who wait for that, be it written or not."""
        try:
            await patiently(WRITE_SECONDS)(write, *arguments)
        finally:
            async with self._changed:
                self._open.pop(call_id, None)
                self._ended += 1
                self._changed.notify_all()

    def _key(self) -> Vault:
        if self._vault is None:
            raise ModelFailed("No answer of a model can be kept: OCTOLLM_SECRET_KEY is not set.")
        return self._vault

    def _locked(self, response: dict[str, Any]) -> dict[str, Any]:
        return {LOCKED: self._key().lock(response).decode()}

    def _unlocked(self, kept: dict[str, Any]) -> dict[str, Any]:
        if LOCKED not in kept:  # from before answers were kept under a key alone
            return kept
        if self._vault is None:
            raise PrivateValuesUnreadable
        return self._vault.unlock(kept[LOCKED].encode())

    async def _alone(self, statement: Any, *arguments: Any) -> None:
        async with self._database.transaction() as session:
            await statement(session, *arguments)


def short_of(left: Left, ask: Ask) -> Literal["", "tokens", "cost"]:
    """Return what kept a grant below what was asked for: tokens, else dollars; or nothing."""
    if left.output_tokens >= ask.output_tokens:
        return ""
    return "tokens" if left.tokens - ask.input_tokens <= left.output_tokens else "cost"


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
