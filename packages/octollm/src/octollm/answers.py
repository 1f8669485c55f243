"""Pure: which error an answer of the server stands for, or no answer at all."""

from __future__ import annotations

import email.utils
import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import httpx2

from octollm.errors import (
    BodyTooLarge,
    HeadersTooLarge,
    InternalError,
    MethodNotAllowed,
    NotFound,
    OctoError,
    RateLimited,
    ServerUnreachable,
    Unavailable,
    from_problem,
)

_USER = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)?.*@", re.IGNORECASE | re.DOTALL)
_BY_STATUS: dict[int, type[OctoError]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    429: RateLimited,
    431: HeadersTooLarge,
    500: InternalError,
    502: Unavailable,  # from a proxy in front of a server that is away
    503: Unavailable,
    504: Unavailable,
}


def error_in(response: httpx2.Response) -> OctoError:
    """Return the error an answer other than 2xx stands for, problem document or not."""
    document = _json_object(response)
    if "type" in document and "title" in document:
        error = from_problem(document, response.status_code)
    else:
        error = _plain_error(response.status_code, document)
    asked = seconds_asked(response.headers.get("Retry-After"), datetime.now(UTC))
    if asked is not None:
        error.retry_after = asked
    error.request_id = error.request_id or response.headers.get("X-Request-ID")
    return error


def seconds_asked(retry_after: str | None, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` header asks for: a number or a date (RFC 9110 §10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    try:
        date = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, math.ceil((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()))


def unreachable(url: str, fault: httpx2.RequestError) -> ServerUnreachable:
    """Return the error for a request that brought no HTTP answer; it tells no password."""
    url = without_password(url)
    reason = "it took too long" if isinstance(fault, httpx2.TimeoutException) else str(fault)
    return ServerUnreachable(f"No answer from {url}: {reason or type(fault).__name__}", url=url)


def without_password(url: str) -> str:
    """Return a URL, or what was meant to be one, with `***` for a user's name and password.

    Up to the last `@`, wherever it stands: a password may hold any sign, and then it is no URL.
    """
    return _USER.sub(r"\1***@", url)


def _plain_error(status: int, document: dict[str, Any]) -> OctoError:
    """Return the error for an answer that is no problem document, such as a proxy's page."""
    detail = f"The server answered {status}."
    if status in _BY_STATUS:
        reserved = ("detail", "retry_after")
        extra = {name: value for name, value in document.items() if name not in reserved}
        return _BY_STATUS[status](detail, **extra)
    unknown = {"type": "unexpected-answer", "title": "The server refused", "detail": detail}
    return from_problem(unknown, status)


def unreadable() -> OctoError:
    """Return the error for a 2xx that does not hold what was asked for."""
    return from_problem(
        {
            "type": "unreadable-answer",
            "title": "The answer could not be read",
            "detail": "What answered speaks HTTP, but not as an OctoLLM server of this version.",
        },
        502,
    )


def _json_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object in an answer, or an empty one."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
