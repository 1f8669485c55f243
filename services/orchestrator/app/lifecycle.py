"""Pure rules of a task's life: which status may follow which, and what an ending attempt means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from octollm.contracts import TaskStatus
from octollm.errors import (
    ArmFailed,
    AttemptsExhausted,
    BudgetExceeded,
    IllegalTransition,
    InvalidRequest,
    OctoError,
    TaskFailure,
)

P, R, C, F, X = (
    TaskStatus.PENDING,
    TaskStatus.PROCESSING,
    TaskStatus.COMPLETED,
    TaskStatus.FAILED,
    TaskStatus.CANCELLED,
)

TRANSITIONS: dict[TaskStatus, frozenset[TaskStatus]] = {
    P: frozenset({R, F, X}),
    R: frozenset({P, R, C, F, X}),
    C: frozenset(),
    F: frozenset(),
    X: frozenset(),
}
"""`processing → pending` hands a task back (a retry, a stopping worker); `processing →
processing` is a new attempt after a crash; `pending → failed` closes a task that may not be
started again."""


LONGEST_WAIT_SECONDS = 30.0
"""Attempts that were cut short by a kill or a stop count too: without an end to the doubling, a
task that met many of them would wait for minutes."""


def check_transition(old: TaskStatus, new: TaskStatus) -> None:
    """Raise IllegalTransition unless a task may go from `old` to `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"A {old} task cannot become {new}.", status_now=old.value)


@dataclass(frozen=True)
class Retry:
    """Start the task again, `after` seconds from now."""

    after: float


@dataclass(frozen=True)
class Fail:
    """End the task as failed, for this reason."""

    reason: TaskFailure


@dataclass(frozen=True)
class Cancel:
    """End the task as cancelled: its owner asked for it."""


@dataclass(frozen=True)
class LeaveAlone:
    """There is nothing to do: the task has ended, or someone else has it."""


@dataclass(frozen=True)
class StartAlone:
    """Start it the last time it may be, with no other task in the process: its worker was lost."""


AfterError: TypeAlias = Retry | Fail
AfterRefusedClaim: TypeAlias = Cancel | Fail | StartAlone | LeaveAlone


def after_error(
    error: Exception,
    *,
    attempt: int,
    max_attempts: int,
    seconds_left: float,
    backoff: float,
) -> AfterError:
    """Decide what an attempt's error means for its task.

    A TaskFailure would meet any further attempt again, so it ends the task. `attempt` counts from
    1. The wait is `backoff` seconds, doubled with each attempt up to `LONGEST_WAIT_SECONDS`, and
    no shorter than what a part that was away has asked for, if there is time for it. A retry that
    could not start before the deadline fails at once.
    """
    if isinstance(error, TaskFailure):
        return Fail(error)
    if isinstance(error, InvalidRequest):
        return Fail(ArmFailed(error.detail))
    if attempt >= max_attempts:
        return Fail(AttemptsExhausted(f"All {max_attempts} attempts failed: {reason(error)}."))
    wait = min(backoff * 2 ** (attempt - 1), max(backoff, LONGEST_WAIT_SECONDS))
    asked = error.retry_after if isinstance(error, OctoError) else None
    if asked is not None and asked < seconds_left:
        wait = max(wait, asked)
    if wait >= seconds_left:
        return Fail(
            BudgetExceeded(
                f"No time was left for another attempt: {reason(error)}.", dimension="time"
            )
        )
    return Retry(wait)


def after_refused_claim(
    status: TaskStatus, *, cancel_requested: bool, attempt: int, max_attempts: int
) -> AfterRefusedClaim:
    """Decide what to do with a task that a worker was handed but may not start beside others.

    One whose attempt was lost with its worker may share its next with the task that brought the
    worker down. The last it has is its own: losing that too is its own doing, or nobody's.
    """
    if status.final:
        return LeaveAlone()
    if cancel_requested:
        return Cancel()
    if attempt >= max_attempts:
        return Fail(
            AttemptsExhausted(f"{attempt} attempts ended without an answer from their worker.")
        )
    if status is TaskStatus.PROCESSING and attempt == max_attempts - 1:
        return StartAlone()
    return LeaveAlone()


def reason(error: Exception) -> str:
    """Describe an error for its owner. A foreign error is named by its class alone: its message
    may hold anything."""
    return error.detail.rstrip(".") if isinstance(error, OctoError) else type(error).__name__
