"""Has every problem below `/v1` carry an `error` as OpenAI's clients read it.

Middleware, since not all of them come from a route: a path there is not, a body that is too large.
"""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from octollm.problem import PROBLEM_TYPE_PREFIX
from octollm.service.problems import PROBLEM_JSON, unforeseen

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
        begun = False
        start: Message | None = None
        body = b""

        async def send_with_error(message: Message) -> None:
            nonlocal begun, start, body
            begun = True
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

        try:
            await self.app(scope, receive, send_with_error)
        except Exception as error:
            if not begun:  # the framework would answer it outside of here
                answer = await unforeseen(Request(scope), error)
                await answer(scope, receive, send_with_error)
            raise


def _is_problem(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(PROBLEM_JSON.encode())
        for name, value in start.get("headers", ())
    )


def _with_error(body: bytes) -> bytes:
    """Return a problem with the same said as OpenAI does: what, where, and in which words."""
    problem: dict[str, Any] = json.loads(body)
    errors = problem.get("errors") or problem.get("findings") or [{}]
    problem["error"] = {
        "type": "octollm_error",
        "code": problem["type"].removeprefix(PROBLEM_TYPE_PREFIX),
        "message": problem["detail"],
        "param": errors[0].get("field"),
    }
    return json.dumps(problem, ensure_ascii=False).encode()
