"""Pure: how a client waits for a task to become final."""

from __future__ import annotations

from dataclasses import dataclass

from octollm.contracts import MAX_WAIT_SECONDS, TaskResponse, TaskStatus
from octollm.errors import WaitTimeout

SHORTEST_ROUND_SECONDS = 0.5
"""A server that answers a held request at once is not asked again sooner than this."""


@dataclass(frozen=True)
class Waiting:
    """A wait that began at `started`, in seconds of any steady clock; no `timeout`: for ever."""

    timeout: float | None
    every: float
    started: float

    def hold(self, now: float) -> float:
        """Return how long the server may hold the next answer back."""
        return max(0.0, min(self.every, self._left(now), MAX_WAIT_SECONDS))

    def pause(self, status: TaskStatus, asked_at: float, now: float) -> float | None:
        """Return the seconds to wait before asking again, or None if the wait is over."""
        if status.final or self._left(now) <= 0:
            return None
        least = min(SHORTEST_ROUND_SECONDS, self.every, self._left(now))
        return max(0.0, asked_at + least - now)

    def _left(self, now: float) -> float:
        return float("inf") if self.timeout is None else self.started + self.timeout - now


def finished(task: TaskResponse) -> TaskResponse:
    """Return a final task unchanged; raise WaitTimeout for any other."""
    if task.status.final:
        return task
    raise WaitTimeout(
        f"The task is still {task.status}; it goes on.",
        task_id=str(task.task_id),
        task_status=task.status.value,
    )
