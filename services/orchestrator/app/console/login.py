"""In and out: a key is shown once, and carried in a cookie until the browser closes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from app.admission import Admission
from app.api_keys import key_in
from app.console import sheet, ticket
from app.console.door import form_of
from app.console.sheet import Page
from octollm.errors import Forbidden, Unauthenticated

router = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)

Next = Annotated[str | None, Query(max_length=2_000)]


@router.get("/login")
async def ask(request: Request, next: Next = None) -> Response:  # noqa: A002  (the query's name)
    """Ask for a key where one is needed."""
    admission: Admission = request.app.state.admission
    if not await admission.keys_needed():
        return RedirectResponse(ticket.PATH, 303)
    return _asked(request, ticket.inside(next), "")


@router.post("/login")
async def come_in(request: Request) -> Response:
    """Take a key that lets one read."""
    form = await form_of(request)
    place = ticket.inside(form.get("next"))
    key = key_in(f"Bearer {form.get('key', '').strip()}")
    admission: Admission = request.app.state.admission
    try:
        await admission.admit_holder(key, request, "read")
    except Unauthenticated:
        return _asked(request, place, "This is no key of this server, or not any more.", 401)
    except Forbidden:
        return _asked(request, place, "This key may not read: it lacks the scope read.", 403)
    response = RedirectResponse(place, 303)
    if key is not None:
        sheet.set_cookie(request, response, ticket.KEY_COOKIE, key)
        # What was made for the browser before it had the key is of no use from now on.
        sheet.set_cookie(request, response, ticket.SEED_COOKIE, ticket.new_seed())
    return response


@router.post("/logout")
async def go(request: Request) -> Response:
    """Forget the key."""
    await form_of(request)
    response = RedirectResponse(f"{ticket.PATH}/login", 303)
    for name in (ticket.KEY_COOKIE, ticket.SEED_COOKIE):
        response.delete_cookie(name, path=ticket.PATH, httponly=True, samesite="strict")
    return response


def _asked(request: Request, place: str, why: str, status: int = 200) -> Response:
    return sheet.page(request, "login.html", status, caller=None, place=place, why=why)
