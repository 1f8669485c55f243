"""Has every problem below `/v1` carry an `error` as OpenAI's clients read it.

Middleware, since not all of them come from a route: a path there is not, a body that is too large.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octollm.problem import PROBLEM_TYPE_PREFIX
from octollm.service.problems import PROBLEM_JSON

PATH: Final = "/v1"
_LENGTH: Final = b"content-length"


class ErrorMember:
    """To be put around what answers with problems (RFC 9457)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PATH or path.startswith(f"{PATH}/")):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_with_error(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body"):
                    content = _with_error(body)
                    headers = [pair for pair in start["headers"] if pair[0].lower() != _LENGTH]
                    length = (_LENGTH, str(len(content)).encode())
                    await send({**start, "headers": [*headers, length]})
                    await send({"type": "http.response.body", "body": content})

        await self.app(scope, receive, send_with_error)


def _is_problem(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(PROBLEM_JSON.encode())
        for name, value in start.get("headers", ())
    )


def _with_error(body: bytes) -> bytes:
    """Return a problem with the same said as OpenAI does: what, where, and in which words."""
    problem: dict[str, Any] = json.loads(body)
    errors = problem.get("errors") or [{}]
    problem["error"] = {
        "type": "octollm_error",
        "code": problem["type"].removeprefix(PROBLEM_TYPE_PREFIX),
        "message": problem["detail"],
        "param": errors[0].get("field"),
    }
    return json.dumps(problem, ensure_ascii=False).encode()
