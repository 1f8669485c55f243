"""Turns templates into answers: HTML with the headers that let nothing run but our own script."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from app.api_keys import Caller
from app.console import assets, ticket, words
from octollm.errors import BodyTooLarge, InternalError, OctoError, Unauthenticated
from octollm.validation import field_error, invalid_fields

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not `no-referrer`: with that a browser sends forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Page(APIRoute):
    """A route whose every answer is a page: errors too, and to who is not known, the way in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            seed = ticket.seed_of(request.cookies)
            request.state.seed = seed or ticket.new_seed()
            try:
                response = await answer(request)
            except Unauthenticated:
                response = to_the_door(request)
            except (OctoError, HTTPException, RequestValidationError) as error:
                response = refused(request, _as_ours(error))
            response.headers.update(HEADERS)
            response.headers.setdefault("Cache-Control", "no-store")
            if seed is None:
                set_cookie(request, response, ticket.SEED_COOKIE, request.state.seed)
            return response

        return handler


def page(
    request: Request, name: str, status: int = 200, *, caller: Caller | None, **shown: Any
) -> HTMLResponse:
    """Return a template as an answer, in the frame for `caller`; None: for somebody unknown."""
    token = ticket.token(request.state.seed, ticket.key_of(request.cookies))
    frame = {"path": request.url.path, "caller": caller, "token": token, "now": words.now()}
    return HTMLResponse(_templates().get_template(name).render(frame | shown), status)


def refused(request: Request, error: OctoError) -> HTMLResponse:
    """Return the page that says what was refused and what to do."""
    caller = getattr(request.state, "caller", None)
    response = page(request, "refused.html", error.status, caller=caller, error=error)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def to_the_door(request: Request) -> RedirectResponse:
    """Return the way to the page that asks for a key, and back."""
    place = request.url.path
    if request.url.query:
        place += f"?{request.url.query}"
    back = f"?next={quote(place, safe='')}" if request.method == "GET" else ""
    return RedirectResponse(f"{ticket.PATH}/login{back}", 303)


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Give a browser a cookie that no script reads and no other site sends, until it closes."""
    response.set_cookie(
        name,
        value,
        path=ticket.PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _as_ours(error: OctoError | HTTPException | RequestValidationError) -> OctoError:
    if isinstance(error, OctoError):
        return error
    if isinstance(error, RequestValidationError):
        found = error.errors()
        return invalid_fields(field_error({**e, "loc": e["loc"][1:]}) for e in found)
    return BodyTooLarge() if error.status_code == 413 else InternalError()


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.console", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= words.FILTERS
    environment.globals |= {"asset": assets.address, "repr_json": words.compact_json}
    return environment
