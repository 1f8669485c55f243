"""A contract that is worked on, and how far it has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass, field
from typing import Any

from octollm.arm import ArmContext
from octollm.contracts import TaskContract, TaskResult


@dataclass
class Progress:
    """How far a task has come: what is kept of it should it be cut short.

    `best` and `made`, which has not been judged, have passed the screening; `draft` has not, and
    is what `arm` has written so far.
    """

    best: TaskResult | None = None
    made: TaskResult | None = None
    arm: str = ""
    draft: str = ""


async def _kept_at_the_end() -> None:
    return None


@dataclass(frozen=True)
class Work:
    """One contract, what its arm may use, and how far it has come.

    `values` are what the placeholders of the whole task stand for; new ones are added, under no
    name that is `taken` by a text of the user's own. `keep` returns once all of them are stored.
    """

    contract: TaskContract
    context: ArmContext
    values: dict[str, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    step: str = ""
    taken: Set[str] = frozenset()
    keep: Callable[[], Awaitable[None]] = _kept_at_the_end

    async def emit(self, event_type: str, data: dict[str, Any]) -> None:
        """Add an event, with the step it belongs to."""
        await self.context.emit(event_type, {"step": self.step, **data} if self.step else data)
