"""The arms there are, and what each lacks."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from app.console import ticket
from app.console.door import Reader
from app.console.sheet import Page
from app.routing import unavailable

router = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)


@router.get("/arms")
async def list_arms(visit: Reader) -> Response:
    """Show every arm of this server."""
    arms = [
        {
            "name": name,
            "description": arm.description,
            "lacks": unavailable(arm),
            "repairs": bool(getattr(arm, "repairs", False)),
        }
        for name, arm in sorted(visit.parts.pipeline.arms.items())
    ]
    return visit.page("arms.html", arms=arms)
