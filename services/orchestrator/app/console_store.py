"""The SQL statements behind the console's list of tasks. None of them writes.

Whatever is asked for, one page looks through a bounded number of tasks, along the index on
`(tenant, created_at, id)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Interval, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import cursor as cursors
from app.models import Task, TaskResultRow
from octollm.contracts import TaskStatus

WINDOW: Final = 5_000
"""How many tasks one page looks through for those that are wanted."""

COUNTED: Final = 10_000
"""How many tasks are counted by status at most, the newest first."""

GOAL_CHARACTERS: Final = 300
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list is to show; None: all."""

    status: TaskStatus | None = None
    arm: str | None = None
    text: str | None = None

    @property
    def all(self) -> bool:
        return self == Wanted()


async def list_rows(
    session: AsyncSession, tenant: str, wanted: Wanted, *, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return a page of a tenant's tasks, newest first, and the cursor of the next page.

    A page may be short, or empty, and have a next one: then `WINDOW` tasks were looked through.
    Raises InvalidRequest for a cursor that is not one of ours.
    """
    window = _window(tenant, cursor)
    task = aliased(Task, window.limit(limit + 1 if wanted.all else WINDOW).subquery())
    statement = _rows(task).where(*_matches(task, wanted))
    statement = statement.order_by(task.created_at.desc(), task.id.desc()).limit(limit + 1)
    rows = (await session.execute(statement)).all()
    if len(rows) > limit:
        return rows[:limit], cursors.write(rows[limit - 1].created_at, rows[limit - 1].id)
    if wanted.all:
        return rows, None
    last = await session.scalar(window.offset(WINDOW - 1).limit(1))
    return rows, cursors.write(last.created_at, last.id) if last else None


async def count_by_status(session: AsyncSession, tenant: str) -> dict[TaskStatus, int]:
    """Return how many of the last day's tasks are in each status, of `COUNTED` at most."""
    recent = (
        select(Task.status)
        .where(Task.tenant == tenant, Task.created_at > ago(_DAY_SECONDS))
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(COUNTED)
        .subquery()
    )
    statement = select(recent.c.status, func.count()).group_by(recent.c.status)
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


def ago(seconds: float) -> ColumnElement[datetime]:
    """Return the moment so many seconds before now, by the database's clock."""
    return func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)


def _window(tenant: str, cursor: str | None) -> Select[Task]:
    window = select(Task).where(Task.tenant == tenant)
    if cursor is not None:
        window = window.where(tuple_(Task.created_at, Task.id) < cursors.read(cursor))
    return window.order_by(Task.created_at.desc(), Task.id.desc())


def _matches(task: type[Task], wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        found.append(task.status == wanted.status)
    if wanted.arm is not None:
        found.append(_arm(task) == wanted.arm)
    if wanted.text is not None:
        found.append(task.goal.icontains(wanted.text, autoescape=True))
    return found


def _arm(task: type[Task]) -> ColumnElement[str | None]:
    """Return which arm made the result, or was asked for while there is none."""
    return func.coalesce(TaskResultRow.result["arm"].astext, task.assigned_arm)


def _rows(task: type[Task]) -> Select[Any]:
    return select(
        task.id,
        func.left(task.goal, GOAL_CHARACTERS).label("goal"),
        task.status,
        task.pii_policy,
        task.priority,
        task.attempt,
        task.max_attempts,
        task.budget,
        task.drawn_tokens,
        task.drawn_usd,
        task.created_at,
        task.started_at,
        task.finished_at,
        task.cancel_requested_at,
        TaskResultRow.error_type,
        TaskResultRow.result["accepted"].label("accepted"),
        _arm(task).label("arm"),
    ).outerjoin(TaskResultRow, TaskResultRow.task_id == task.id)
