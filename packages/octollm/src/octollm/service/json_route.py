"""A route whose body is one model and whose answer is one: read from bytes, written to bytes.

FastAPI decodes, validates, encodes and validates again in steps of their own, which together take
longer than a text takes to screen. The OpenAPI document, the errors and the order of checks are
FastAPI's all the same.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import Request
from fastapi.dependencies.utils import request_params_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send


class JsonRoute(APIRoute):
    """To be given an `async def endpoint(request: Request, body: Model) -> AnotherModel`.

    The two are passed by position; headers that it asks for besides are passed by name. What else
    FastAPI hands to endpoints is not there.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._answer = self._answering()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        # FastAPI's own wraps what follows in two more requests and in stacks for what dependencies
        # want to have closed, which there is not here; errors are rendered by the middleware.
        if scope["method"] in (self.methods or ()):
            await self._answer(scope, receive, send)
        else:
            await super().handle(scope, receive, send)

    def doors(self) -> Sequence[Callable[[Request], Awaitable[object]]]:
        """Return what is awaited with the request before its body is read: `dependencies`."""
        return [needed.dependency for needed in self.dependencies if needed.dependency]

    def _answering(self) -> ASGIApp:
        endpoint, model, doors = self.endpoint, _model(self), self.doors()
        status, named = self.status_code or 200, self.dependant.header_params
        may_be_left_out = not any(field.field_info.is_required() for field in named)
        names = {field.alias.encode() for field in named}

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            for door in doors:
                await door(request)
            headers: dict[str, Any] = {}
            wrong: list[Any] = []
            # Most requests have none of them, and FastAPI looks for each as for any parameter.
            if not may_be_left_out or any(name in names for name, _ in scope["headers"]):
                headers, wrong = request_params_to_args(named, request.headers)
            body = _read(model, request, await request.body(), wrong)
            answer: BaseModel = await endpoint(request, body, **headers)
            content = answer.__pydantic_serializer__.to_json(answer)
            length = str(len(content)).encode()
            told = [(b"content-length", length), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": told})
            await send({"type": "http.response.body", "body": content})

        return app


def _model(route: APIRoute) -> type[BaseModel]:
    model = route.body_field.field_info.annotation if route.body_field else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"{route.path}: the body must be one model")
    return model


def _read(model: type[BaseModel], request: Request, body: bytes, wrong: Sequence[Any]) -> BaseModel:
    """Return the model a body holds; raises RequestValidationError as FastAPI would, with what is
    `wrong` besides."""
    try:
        read = _of_body(model, request, body)
    except RequestValidationError as error:
        wrong = [*wrong, *error.errors()]
    if wrong:
        raise RequestValidationError(wrong)
    return read


def _of_body(model: type[BaseModel], request: Request, body: bytes) -> BaseModel:
    if not _is_json(request.headers.get("content-type", "")):
        # Taken for JSON, a form could be sent here by any web page (CORS lets those pass).
        wrong = {"type": "model_attributes_type", "loc": ("body",), "msg": "no JSON", "input": None}
        raise RequestValidationError([wrong])
    try:
        return model.model_validate_json(body)
    except ValidationError:
        return _read_again(model, body)


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


def _read_again(model: type[BaseModel], body: bytes) -> BaseModel:
    """Say what is wrong, field by field.

    pydantic's own reader of JSON stops at what is no Unicode text, such as a lone surrogate,
    without telling where; Python's reads on.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        wrong = {"type": "json_invalid", "loc": ("body",), "msg": "no JSON", "input": None}
        raise RequestValidationError([wrong]) from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in found]
        ) from None
