"""The list of tasks, and the stream that tells a browser when it is to be looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from sqlalchemy import Row
from starlette.responses import RedirectResponse, Response

from app import console_store
from app.console import rendering, ticket, words
from app.console.door import Reader
from app.console.frames import unnamed
from app.console.masking import masked_goals
from app.console.sheet import Page
from app.console_store import Wanted
from app.watching import After, EventStream, LastEventId
from octollm.contracts import TaskStatus
from octollm.fields import Text

LIMIT = 50
MAX_SEARCH = 200

router = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)

Status = Annotated[TaskStatus | Literal[""] | None, Query()]
Search = Annotated[Text | None, Query(max_length=MAX_SEARCH)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def home(visit: Reader) -> Response:
    """Go where most want to."""
    return RedirectResponse(f"{ticket.PATH}/tasks", 303)


@router.get("/tasks")
async def list_tasks(
    visit: Reader,
    status: Status = None,
    arm: Search = None,
    q: Search = None,
    cursor: Cursor = None,
) -> Response:
    """Show a page of tasks, newest first."""
    searched = (q or "").strip() or None
    wanted = Wanted(status=TaskStatus(status) if status else None, arm=arm or None, text=searched)
    async with visit.parts.database.transaction() as session:
        rows, following = await console_store.list_rows(
            session, visit.tenant, wanted, limit=LIMIT, cursor=cursor or None
        )
        counted = await console_store.count_by_status(session, visit.tenant)
    let_through = {str(row.id): row.goal for row in rows if row.pii_policy == "allow"}
    goals = await masked_goals(visit.parts.concealing, let_through) if let_through else {}
    now = words.now()
    return visit.page(
        "tasks.html",
        rows=[_seen(row, goals, now) for row in rows],
        marked=rendering.marked,
        tabs=_tabs(wanted, counted),
        wanted=wanted,
        arms=sorted(visit.parts.pipeline.arms),
        following=_link(wanted, wanted.status, following) if following else None,
        newest=_link(wanted, wanted.status) if cursor else None,
        looked=console_store.WINDOW,
        any=bool(counted) or not wanted.all or cursor is not None,
        stream=f"{ticket.PATH}/events",
    )


@router.get("/events", response_class=EventStream, status_code=200)
async def watch(visit: Reader, after: After = None, last_event_id: LastEventId = None) -> Response:
    """Stream the events of all tasks, as `GET /events` does, to whoever has the cookie."""
    begin = last_event_id if last_event_id is not None else after
    return EventStream(visit.request, unnamed(visit.streams.of_tenant(visit.tenant, begin)))


def _seen(row: Row[Any], goals: dict[str, str], now: datetime) -> dict[str, Any]:
    """Return a row with what its bars and its clock show, and its goal as it may be seen."""
    begin, end = row.started_at, row.finished_at or now
    seconds = (end - begin).total_seconds() if begin else 0.0
    budget = row.budget
    return {
        "task": row,
        "goal": goals.get(str(row.id), row.goal),
        "seconds": seconds,
        "tokens_share": words.share(row.drawn_tokens, budget["max_tokens"]),
        "usd_share": words.share(row.drawn_usd, budget["max_cost_usd"]),
        "time_share": words.share(seconds, budget["max_time_seconds"]),
    }


def _tabs(wanted: Wanted, counted: dict[TaskStatus, int]) -> list[dict[str, Any]]:
    numbers = {None: sum(counted.values())} | {one: counted.get(one, 0) for one in TaskStatus}
    return [
        {
            "status": status,
            "name": status or "all",
            "count": number,
            "link": _link(wanted, status),
        }
        for status, number in numbers.items()
    ]


def _link(wanted: Wanted, status: TaskStatus | None, cursor: str | None = None) -> str:
    """Return the address of a list like this one."""
    query = {"status": status, "arm": wanted.arm, "q": wanted.text, "cursor": cursor}
    given = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{ticket.PATH}/tasks" + (f"?{given}" if given else "")
