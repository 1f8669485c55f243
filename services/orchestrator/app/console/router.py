"""All pages, and one for whoever asks for another."""

from __future__ import annotations

from fastapi import APIRouter

from app.console import arms, assets, login, overview, submit, task, tasks, ticket
from app.console.door import Reader
from app.console.sheet import Page
from octollm.errors import NotFound

nowhere = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)


@nowhere.get("/{rest:path}")
async def not_here(visit: Reader, rest: str) -> None:
    """Say that there is no such page."""
    raise NotFound


router = APIRouter()
for room in (assets, login, tasks, submit, overview, arms, task):
    router.include_router(room.router)
router.include_router(nowhere)
