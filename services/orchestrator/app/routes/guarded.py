"""A route that lets nobody in before it is known who asks: before even the body is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, cast

from fastapi import Request, Response, Security, params
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from app.admission import Admission
from app.api_keys import Caller, Scope
from octollm.errors import (
    Forbidden,
    HostNotAllowed,
    OriginNotAllowed,
    RateLimited,
    Unauthenticated,
)
from octollm.service.json_route import JsonRoute
from octollm.service.problems import responses

_BEARER: Final = HTTPBearer(
    auto_error=False,  # `Guarded` refuses, with a problem
    scheme_name="key",
    description=(
        "A key made by `octollm keys create`; what stands beside it is the scope it must have, and "
        "`admin` is all of them. While no key was ever made, a server that listens on loopback "
        "wants none."
    ),
)

DOOR: Final = responses(Unauthenticated, Forbidden, OriginNotAllowed, HostNotAllowed, RateLimited)
"""What a guarded route may answer beside its own: for `APIRouter(responses=DOOR)`."""


def needs(scope: Scope) -> params.Security:
    """Return what a guarded route names its scope by: `dependencies=[needs("read")]`."""
    security: params.Security = Security(_BEARER, scopes=[scope])
    return security


def may(request: Request, scope: Scope) -> bool:
    """Return whether who was let in has a further scope."""
    return cast(Caller, request.state.caller).may(scope)


def check_may(request: Request, scope: Scope) -> None:
    """Raise Forbidden unless who was let in has a further scope."""
    if not may(request, scope):
        raise Forbidden(f"This key lacks the scope {scope}.", missing_scope=scope)


async def check_still_in(request: Request) -> None:
    """Raise Unauthenticated if who was let in would not be any more: for what waits before it
    answers. Raises DatabaseUnavailable too."""
    admission: Admission = request.app.state.admission
    await admission.check_still_in(request)


class Guarded(APIRoute):
    """For `APIRouter(route_class=Guarded)`: each route says what it `needs`.

    FastAPI reads the body before it asks a dependency, so who may not come in is turned away here.
    The caller is in `request.state.caller` then. Raises TypeError for a route that needs nothing.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer, admit = super().get_route_handler(), _admitting(_scope(self))

        async def handler(request: Request) -> Response:
            await admit(request)
            return await answer(request)

        return handler


class GuardedJson(JsonRoute):
    """The same for a route that is asked so often that FastAPI's own way would cost as much as what
    it is asked for; see `JsonRoute` for what it may ask for."""

    def doors(self) -> Sequence[Callable[[Request], Awaitable[object]]]:
        return [_admitting(_scope(self))]


def _admitting(scope: Scope) -> Callable[[Request], Awaitable[None]]:
    async def admit(request: Request) -> None:
        admission: Admission = request.app.state.admission
        request.state.caller = await admission.admit(request, scope)

    return admit


def _scope(route: APIRoute) -> Scope:
    named = [
        scope
        for needed in route.dependencies
        if isinstance(needed, params.Security) and needed.dependency is _BEARER
        for scope in needed.scopes or ()
    ]
    if len(named) != 1:
        raise TypeError(f"{route.path}: a guarded route names one scope, by needs(…)")
    return cast(Scope, named[0])
