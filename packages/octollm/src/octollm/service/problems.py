"""Renders every error of a FastAPI service as RFC 9457 `application/problem+json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from octollm.errors import (
    BodyTooLarge,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    OctoError,
    RequestTimeout,
)
from octollm.validation import field_error, invalid, invalid_fields

PROBLEM_JSON = "application/problem+json"
REQUEST_ID_HEADER = "X-Request-ID"

log = structlog.get_logger(__name__)

_BY_STATUS = {404: NotFound, 413: BodyTooLarge}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_PLACES = ("body", "query", "path", "header")
_NOT_JSON = "the body is not valid JSON"


class ProblemResponse(JSONResponse):
    media_type = PROBLEM_JSON


def render(error: OctoError, headers: Mapping[str, str] | None = None) -> ProblemResponse:
    """Return the HTTP answer for an error, with `Retry-After` (whole seconds) where it has one."""
    all_headers = dict(headers or {})
    if error.retry_after is not None:
        all_headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return ProblemResponse(
        error.problem(correlation_id.get()), status_code=error.status, headers=all_headers
    )


def install(app: FastAPI) -> None:
    """Make `app` answer every error as a problem, foreseen or not."""
    app.exception_handler(OctoError)(_on_octo_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(ClientDisconnect)(_on_gone)
    app.exception_handler(Exception)(unforeseen)


def responses(*errors: type[OctoError]) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` with one example for each error, grouped by status."""
    documented: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = documented.setdefault(
            error.status, {"description": "", "content": {PROBLEM_JSON: {"examples": {}}}}
        )
        titles = [entry["description"], error.title] if entry["description"] else [error.title]
        entry["description"] = "; ".join(titles)
        entry["content"][PROBLEM_JSON]["schema"] = _PROBLEM_SCHEMA
        entry["content"][PROBLEM_JSON]["examples"][error.slug] = {
            "value": _example(error).problem("0b8ff1a2c1f14b0f8a6c3b1d5f0e7a11")
        }
    return documented


async def _on_octo_error(_request: Request, error: OctoError) -> ProblemResponse:
    return render(error)


async def _on_invalid_request(request: Request, error: RequestValidationError) -> ProblemResponse:
    return render(error_of(request, error))


def error_of(request: Request, error: RequestValidationError) -> OctoError:
    """Return what is wrong with a request as ours: by field, quoting nothing."""
    found = error.errors()
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return invalid("body", "must be sent without Content-Encoding")
    unread = any(e["loc"] == ("body",) and e["type"] != "missing" for e in found)
    if unread and "json" not in request.headers.get("content-type", ""):
        return invalid("body", "must be sent with Content-Type: application/json")
    if any(e["type"] == "json_invalid" for e in found):
        return invalid("body", _NOT_JSON)
    return invalid_fields(field_error({**e, "loc": _inside(e["loc"])}) for e in found)


def _inside(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return a location without FastAPI's name for the part of the request it lies in."""
    return location[1:] if len(location) > 1 and location[0] in _PLACES else location


async def _on_http_exception(request: Request, error: HTTPException) -> ProblemResponse:
    """Answer what the framework itself raises: no route, wrong method, unreadable body."""
    if error.status_code == 405:
        return render(MethodNotAllowed(), {"Allow": ", ".join(_allowed(request))})
    if error.status_code in _BY_STATUS:
        return render(_BY_STATUS[error.status_code](), error.headers)
    unreadable = invalid("body", _NOT_JSON)
    return render(unreadable if error.status_code < 500 else InternalError(), error.headers)


async def _on_gone(_request: Request, _error: Exception) -> ProblemResponse:
    """Answer somebody who left before the body had come: for the log, as nobody reads it."""
    return render(RequestTimeout())


def _allowed(request: Request) -> list[str]:
    """Return the methods a path takes (RFC 9110, 15.5.6).

    The framework names those of the first route of that path alone.
    """
    routes = request.app.router.routes
    return [
        method
        for method in _METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]


async def unforeseen(_request: Request, error: Exception) -> ProblemResponse:
    """Log an error that nobody foresaw and return its answer, 500. To be called outside our
    middleware, as the framework does, so the id is added here."""
    log.error("unforeseen error", exc_info=error)
    return render(InternalError(), {REQUEST_ID_HEADER: correlation_id.get() or ""})


def _example(error: type[OctoError]) -> OctoError:
    """Return an instance as a client would meet it."""
    finding = {"field": "goal", "kind": "Email", "start": 12, "end": 29}
    extra: dict[str, Any] = {}
    if issubclass(error, InvalidRequest):
        extra = {"errors": [{"field": "goal", "message": "this field is required"}]}
    if error.slug == "unknown-arm":
        message = "there is no arm of this name"
        extra = {"errors": [{"field": "assigned_arm", "message": message}], "available": ["digest"]}
    if error.slug == "pii-detected":
        extra = {"findings": [finding]}
    if error.slug == "injection-detected":
        extra = {"findings": [finding | {"kind": "IgnorePrevious"}]}
    if error.slug == "forbidden":
        extra = {"missing_scope": "cancel"}
    return error(retry_after=5 if error.status in (429, 503) else None, **extra)


_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A URN; the same for every case of a kind."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "retry_after": {"type": "number", "description": "Seconds."},
    },
    "additionalProperties": True,
}
