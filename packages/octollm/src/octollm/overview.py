"""What `octollm top` shows: one look at a tenant's tasks and the server, by the HTTP API alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from octollm.client import Client
from octollm.contracts import TaskResponse, TaskStatus, TaskSummary
from octollm.errors import Unavailable

COUNTED = 200
"""Tasks of one status that are counted, a page; where there are more, `+` says so."""

SHOWN = 8
"""Running tasks, and failures, that are looked at one by one."""

FINAL = (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


@dataclass(frozen=True)
class Count:
    """How many tasks; `more`: at least so many."""

    number: int
    more: bool = False


@dataclass(frozen=True)
class Overview:
    """One look. `checks` are the server's parts, `ok` or what is the matter; `arms` its arms."""

    at: datetime
    counts: dict[TaskStatus, Count]
    minute: Count
    hour: Count
    running: list[TaskResponse]
    failures: list[TaskResponse]
    checks: dict[str, str] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)


def look(client: Client, now: datetime, seen: dict[UUID, TaskResponse]) -> Overview:
    """Ask the server. `seen` keeps what failed tasks said, which is asked once.

    Raises what the client raises, but for a server that is not ready: that is told.
    """
    pages = {status: client.list(status, COUNTED) for status in TaskStatus}
    tasks = {status: page.tasks for status, page in pages.items()}
    full = {status for status, page in pages.items() if page.next_cursor is not None}
    running = sorted(tasks[TaskStatus.PROCESSING], key=lambda task: task.started_at or now)
    failed = sorted(tasks[TaskStatus.FAILED], key=_ended, reverse=True)[:SHOWN]
    for task in failed:
        if task.task_id not in seen:
            seen[task.task_id] = client.get(task.task_id)
    checks, arms = _health(client)
    ended = {status: tasks[status] for status in FINAL}
    return Overview(
        at=now,
        counts={status: Count(len(tasks[status]), status in full) for status in TaskStatus},
        minute=_since(ended, full, now - timedelta(minutes=1)),
        hour=_since(ended, full, now - timedelta(hours=1)),
        running=[client.get(task.task_id) for task in running[:SHOWN]],
        failures=[seen[task.task_id] for task in failed],
        checks=checks,
        arms=arms,
    )


def _ended(task: TaskSummary) -> datetime:
    return task.finished_at or task.updated_at


def _since(
    ended: dict[TaskStatus, list[TaskSummary]], full: Iterable[TaskStatus], since: datetime
) -> Count:
    """Count what ended since then. A page is in the order of creation: one that is full leaves
    out older tasks, which may have ended in the meantime."""
    number = sum(_ended(task) >= since for tasks in ended.values() for task in tasks)
    more = any(ended[s] and ended[s][-1].created_at >= since for s in full if s in ended)
    return Count(number, more)


def _health(client: Client) -> tuple[dict[str, str], dict[str, str]]:
    try:
        said = client.ready()
    except Unavailable as error:
        checks = error.extra.get("checks")
        return _texts(checks) or {"server": error.detail}, {}
    return _texts(said.get("checks")), _texts(said.get("arms"))


def _texts(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def used(task: TaskResponse, now: datetime) -> float:
    """Return how much of its budget a task has used, of what it has used most; 1 is all of it."""
    spend, budget = task.spend, task.budget
    seconds = (now - task.started_at).total_seconds() if task.started_at else 0.0
    parts = [
        (spend.tokens, budget.max_tokens),
        (spend.cost_usd, budget.max_cost_usd),
        (seconds, budget.max_time_seconds),
    ]
    return max((float(part / whole) for part, whole in parts if whole), default=0.0)
