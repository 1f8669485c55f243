"""An account in memory, with the Orchestrator's rule, and strict about the protocol."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from octollm.errors import BudgetExceeded
from octollm.ledger import Ask, Grant, Kept, Settled


@dataclass(eq=False)
class Account:
    """What an attempt may spend, and how its calls ended."""

    tokens: int = 1_000_000
    usd: Decimal = Decimal(100)
    seconds: float = 30
    asks: list[Ask] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    ends: list[tuple[str, Any]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    recalled: int = 0
    _open: dict[int, Ask] = field(default_factory=dict)
    _turns: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    def turn(self, request_hash: str) -> asyncio.Lock:
        return self._turns[request_hash]

    @property
    def ended(self) -> list[str]:
        """How the calls ended, in the order in which they did."""
        return [how for how, _ in self.ends]

    @property
    def settled(self) -> list[Settled]:
        return [what for how, what in self.ends if how == "settled"]

    async def recall(self, request_hash: str, after: int = 0) -> Kept | None:
        if (found := self.kept.get(request_hash)) is None or after:
            return None
        self.recalled += 1
        return Kept(1, json.loads(found))

    async def reserve(self, ask: Ask) -> Grant | Kept:
        if (kept := await self.recall(ask.request_hash, ask.after)) is not None:
            return kept
        room = min(ask.output_tokens, self.tokens - ask.input_tokens)
        if self.usd < ask.input_usd:
            room = -1
        elif ask.usd_per_output_token:
            room = min(room, int((self.usd - ask.input_usd) / ask.usd_per_output_token))
        if self.seconds <= 0:
            raise BudgetExceeded("no time", dimension="time")
        if room < ask.least_output_tokens:
            short = self.tokens < ask.input_tokens + ask.least_output_tokens
            raise BudgetExceeded("no room", dimension="tokens" if short else "cost")
        self.asks.append(ask)
        number = len(self.asks)
        grant = Grant(number, room, self.seconds, f"key-{ask.request_hash[:8]}")
        if room < ask.output_tokens:
            by_tokens = room == self.tokens - ask.input_tokens
            grant = replace(grant, short_of="tokens" if by_tokens else "cost")
        self.grants.append(grant)
        self._open[number] = ask
        return self.grants[-1]

    async def settle(self, call_id: int, settled: Settled) -> None:
        ask = self._end(call_id, "settled", settled)
        self.kept.setdefault(ask.request_hash, storable(settled.response))

    async def release(self, call_id: int) -> None:
        self._end(call_id, "released", None)

    async def leave_uncertain(self, call_id: int, partial: dict[str, JsonValue]) -> None:
        storable(partial)
        self._end(call_id, "uncertain", partial)

    def _end(self, call_id: int, how: str, what: Any) -> Ask:
        assert call_id in self._open, f"call {call_id} is not open, and {how}"
        self.ends.append((how, what))
        return self._open.pop(call_id)

    def close(self) -> None:
        assert not self._open, "a call was reserved and never ended"


def storable(value: dict[str, JsonValue]) -> str:
    """Return a value as JSON; PostgreSQL's `jsonb` takes neither NUL nor lone surrogates."""
    written = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in written
    written.encode()
    return written
