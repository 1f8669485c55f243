"""What a model call costs, and who says whether it may be made: reserve, call, settle.

The worst case of a call is reserved before it is made, in one step with everything else that
draws on the task's budget; the real usage replaces it afterwards. A call of which nobody knows
how it ended is `uncertain`, and stays counted at its worst.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from pydantic import JsonValue

from octollm.errors import BudgetExceeded


class TaskLost(Exception):
    """The attempt has the task no longer, or the task is to be cancelled: there is nothing more
    to be made of it."""


@dataclass(frozen=True)
class Ask:
    """A model call that somebody wants to make.

    `input_tokens` is the most that its input can count; `output_tokens` what it would like to
    get at most, `least_output_tokens` what it is worth making for. Prices are US dollars. The
    answers of settled calls up to `after` will not do, for they cannot be read.
    """

    request_hash: str
    model: str
    input_tokens: int
    output_tokens: int
    input_usd: Decimal = Decimal(0)
    usd_per_output_token: Decimal = Decimal(0)
    price_version: str = ""
    least_output_tokens: int = 1
    after: int = 0


@dataclass(frozen=True)
class Kept:
    """What was answered before, by a call that is settled: nothing is to be bought."""

    call_id: int
    response: dict[str, JsonValue]


@dataclass(frozen=True)
class Grant:
    """Leave to make one call, with at most `output_tokens` of output, within `seconds`.

    `key` is the same whenever this task asks the same and is granted the same: providers that know
    idempotency keys then answer as before. `short_of` says what the budget has too little of for
    as many tokens as were asked for: `tokens` or `cost`, and nothing where all were granted.
    """

    call_id: int
    output_tokens: int
    seconds: float
    key: str = ""
    short_of: Literal["", "tokens", "cost"] = ""


@dataclass(frozen=True)
class Usage:
    """What a call has used."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Settled:
    """A call that ended: its usage, and the response as JSON for whoever asks the same again."""

    usage: Usage
    response: dict[str, JsonValue] = field(default_factory=dict)


class Ledger(Protocol):
    """The account of one attempt at a task. Its calls may come from many coroutines at once."""

    def turn(self, request_hash: str) -> AbstractAsyncContextManager[object]:
        """Return what is held from `reserve` to `settle`: two coroutines of an attempt that ask the
        same at the same time are sold one answer."""
        ...

    async def recall(self, request_hash: str, after: int = 0) -> Kept | None:
        """Return what the first settled call of this task with that hash answered, of those after
        that one, if there is one."""
        ...

    async def reserve(self, ask: Ask) -> Grant | Kept:
        """Set the worst case of a call aside, unless there is an answer to `recall`. Raises
        `BudgetExceeded` with what ran out, and `TaskLost`."""
        ...

    async def settle(self, call_id: int, settled: Settled) -> None:
        """Replace a reservation by what was used."""
        ...

    async def release(self, call_id: int) -> None:
        """Give a reservation back: the call was certainly not paid for."""
        ...

    async def leave_uncertain(self, call_id: int, partial: dict[str, JsonValue]) -> None:
        """Keep a reservation as spent: the call was cut off. `partial` is what there was of it."""
        ...


class NoLedger:
    """The account where no model may be called."""

    def turn(self, request_hash: str) -> AbstractAsyncContextManager[object]:
        return nullcontext()

    async def recall(self, request_hash: str, after: int = 0) -> Kept | None:
        return None

    async def reserve(self, ask: Ask) -> Grant | Kept:
        raise BudgetExceeded("No model may be called here.", dimension="tokens")

    async def settle(self, call_id: int, settled: Settled) -> None:
        raise AssertionError("nothing was reserved")

    async def release(self, call_id: int) -> None:
        raise AssertionError("nothing was reserved")

    async def leave_uncertain(self, call_id: int, partial: dict[str, JsonValue]) -> None:
        raise AssertionError("nothing was reserved")
