"""The list of tasks, and the stream that tells a browser when it is to be looked at again."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query
from sqlalchemy import Row
from starlette.responses import RedirectResponse, Response

from app import console_store
from app.console import ticket, words
from app.console.door import Reader
from app.console.frames import unnamed
from app.console.sheet import Page
from app.console_store import Wanted
from app.watching import EventStream
from octollm.contracts import TaskStatus
from octollm.fields import Text

LIMIT = 50
MAX_SEARCH = 200

router = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)

Status = Annotated[TaskStatus | Literal[""] | None, Query()]
Search = Annotated[Text | None, Query(max_length=MAX_SEARCH)]
Cursor = Annotated[str | None, Query(max_length=200)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=2**63 - 1)]


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
    now = words.now()
    return visit.page(
        "tasks.html",
        rows=[_seen(row, now) for row in rows],
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
async def watch(visit: Reader, last_event_id: LastEventId = None) -> Response:
    """Stream the events of all tasks, as `GET /events` does, to whoever has the cookie."""
    return EventStream(unnamed(visit.streams.of_tenant(visit.tenant, last_event_id)))


def _seen(row: Row[Any], now: Any) -> dict[str, Any]:
    """Return a row with what its bars and its clock show."""
    begin, end = row.started_at, row.finished_at or now
    seconds = (end - begin).total_seconds() if begin else 0.0
    budget = row.budget
    return {
        "task": row,
        "seconds": seconds,
        "tokens_share": words.share(row.drawn_tokens, budget["max_tokens"]),
        "usd_share": words.share(row.drawn_usd, budget["max_cost_usd"]),
        "time_share": words.share(seconds, budget["max_time_seconds"]),
    }


def _tabs(wanted: Wanted, counted: dict[TaskStatus, int]) -> list[dict[str, Any]]:
    tabs: list[dict[str, Any]] = [
        {"status": None, "name": "all", "count": sum(counted.values()), "link": _link(wanted, None)}
    ]
    for status in TaskStatus:
        tabs.append(
            {
                "status": status,
                "name": status.value,
                "count": counted.get(status, 0),
                "link": _link(wanted, status),
            }
        )
    return tabs


def _link(wanted: Wanted, status: TaskStatus | None, cursor: str | None = None) -> str:
    """Return the address of a list like this one."""
    query = {"status": status, "arm": wanted.arm, "q": wanted.text, "cursor": cursor}
    given = urlencode({name: value for name, value in query.items() if value is not None})
    return f"{ticket.PATH}/tasks" + (f"?{given}" if given else "")
