"""What an arm is: the one protocol to fulfil, and what an arm is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from octollm.budget import Spend
from octollm.contracts import TaskContract
from octollm.verdict import ReflexResponse

ENTRY_POINT_GROUP = "octollm.arms"
"""Packages add arms under this entry-point group; each names a callable that returns an `Arm`."""


@dataclass(frozen=True)
class Outcome:
    """What an arm made of a contract: text to read, and the same as JSON data."""

    output: str
    data: dict[str, JsonValue] = field(default_factory=dict)
    spend: Spend = field(default_factory=Spend)


@dataclass(frozen=True)
class ArmContext:
    """What one attempt may use.

    `attempt` counts from 1. At `deadline_at` (UTC) the attempt is cancelled. `screen` asks the
    Reflex Layer about a text of 1 to 100,000 characters. `emit(type, data)` adds an event of the
    arm's own to the task's history: a type of lower-case words joined by dots, not `task.…`;
    `data` must hold nothing private. An attempt that has lost its task adds nothing.
    """

    attempt: int
    deadline_at: datetime
    screen: Callable[[str], Awaitable[ReflexResponse]]
    emit: Callable[[str, dict[str, JsonValue]], Awaitable[None]]


@runtime_checkable
class Arm(Protocol):
    """Turns a contract into an outcome.

    `run` may be run again for the same task after a crash. It raises `octollm.errors.ArmFailed`
    when the contract cannot be fulfilled (not retried); any other exception is taken for a
    passing fault and retried. It must let `asyncio.CancelledError` through, and
    must not block the event loop (`asyncio.to_thread` is there for that): a worker whose loop
    stands still sends no heartbeats and counts as dead.
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
