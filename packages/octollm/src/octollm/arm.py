"""What an arm is: the one protocol to fulfil, and what an arm is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from octollm.budget import Spend
from octollm.contracts import TaskContract
from octollm.criteria import Judgement
from octollm.errors import ArmFailed
from octollm.ledger import Ledger, NoLedger
from octollm.verdict import ReflexResponse

ENTRY_POINT_GROUP = "octollm.arms"
"""Packages add arms under this entry-point group; each names a callable that returns an `Arm`."""


@dataclass(frozen=True)
class Outcome:
    """What an arm made of a contract: text to read, and the same as JSON data.

    `partial` says that it was cut short, so that there may be more to say. What models cost is
    in the ledger; `spend` is for what an arm used beside them.
    """

    output: str
    data: dict[str, JsonValue] = field(default_factory=dict)
    spend: Spend = field(default_factory=Spend)
    partial: bool = False


@dataclass(frozen=True)
class Feedback:
    """What an arm that tries again is told: its output so far, and what was judged of it."""

    output: str
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True)
class Found:
    """A stretch of a document: where it is from, where it begins there, how well it suits."""

    document: str
    start: int
    text: str
    rank: float


async def _no_delegate(contract: TaskContract) -> Outcome:
    raise ArmFailed("No other arm can be asked here.")


async def _as_it_is(text: str) -> str:
    return text


async def _no_search(query: str, limit: int) -> list[Found]:
    return []


@dataclass(frozen=True)
class ArmContext:
    """What one attempt may use.

    `attempt` counts from 1. At `deadline_at` (UTC, by the database's clock) the attempt is
    cancelled; `seconds_left()` says how long that is, whatever is done to this machine's clock.
    `screen` asks the Reflex Layer about a text of 1 to 100,000 characters. `emit(type, data)` adds
    an event of the arm's own to the task's history: a type of lower-case words joined by dots, not
    `task.…`; its texts are screened as an output is. An attempt that has lost its task adds
    nothing.

    `ledger` is the account that model calls draw on. `delegate(contract)` has the arm named by
    `assigned_arm` fulfil a contract under the same budget and returns what it made, screened;
    `colleagues` are the arms that can be asked so, with their descriptions.
    `search(query, limit)` returns stretches of the tenant's documents, the best first.
    `conceal(text)` returns a text from outside the task as a model may read it: without private
    values under the policy `redact`; it raises `OutputRefused` for what no policy lets through.
    `draft(text)` says what there is of the output so far, kept should the attempt be cut short.
    `feedback` is there when an earlier output did not meet the criteria.
    """

    attempt: int
    deadline_at: datetime
    screen: Callable[[str], Awaitable[ReflexResponse]]
    emit: Callable[[str, dict[str, JsonValue]], Awaitable[None]]
    ledger: Ledger = field(default_factory=NoLedger)
    delegate: Callable[[TaskContract], Awaitable[Outcome]] = _no_delegate
    colleagues: Mapping[str, str] = field(default_factory=dict)
    search: Callable[[str, int], Awaitable[list[Found]]] = _no_search
    conceal: Callable[[str], Awaitable[str]] = _as_it_is
    draft: Callable[[str], None] = lambda text: None
    feedback: Feedback | None = None
    seconds_left: Callable[[], float] = lambda: float("inf")


@runtime_checkable
class Arm(Protocol):
    """Turns a contract into an outcome.

    `run` may be run again for the same task after a crash. It raises `octollm.errors.ArmFailed`
    when the contract cannot be fulfilled (not retried); any other exception is taken for a
    passing fault and retried. It must let `asyncio.CancelledError` through, and
    must not block the event loop (`asyncio.to_thread` is there for that): a worker whose loop
    stands still sends no heartbeats and counts as dead.

    An arm may have more: `unavailable`, a sentence that says which setting is missing, for as long
    as the arm cannot be used; `repairs = True` if running it again with `context.feedback` can
    make something better; and `async aclose()`, called at the end of its process.
    """

    name: str
    """Lower-case, unique, as in `TaskRequest.assigned_arm`."""

    description: str
    """One sentence for users who choose an arm."""

    def score(self, contract: TaskContract) -> float:
        """Return from 0 (cannot) to 1 (made for it) how well this arm suits the contract."""
        ...

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Do the work within the contract's budget."""
        ...
