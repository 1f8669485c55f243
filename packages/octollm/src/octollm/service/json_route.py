"""A route whose body is one model and whose answer is one: read from bytes, written to bytes.

FastAPI decodes, validates, encodes and validates again in steps of their own, which together take
longer than a text takes to screen. The OpenAPI document, the errors and the order of checks are
FastAPI's all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError


class JsonRoute(APIRoute):
    """To be given an `async def endpoint(request: Request, body: Model) -> AnotherModel`.

    The two are passed by position. `dependencies` are awaited with the request, before its body is
    read. What else FastAPI hands to endpoints is not there.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint, model = self.endpoint, _model(self)
        doors = [needed.dependency for needed in self.dependencies if needed.dependency]

        async def handler(request: Request) -> Response:
            for door in doors:
                await door(request)
            answer: BaseModel = await endpoint(request, _read(model, request, await request.body()))
            content = answer.__pydantic_serializer__.to_json(answer)
            return Response(content, media_type="application/json")

        return handler


def _model(route: APIRoute) -> type[BaseModel]:
    model = route.body_field.field_info.annotation if route.body_field else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"{route.path}: the body must be one model")
    return model


def _read(model: type[BaseModel], request: Request, body: bytes) -> BaseModel:
    """Return the model a body holds; raises RequestValidationError as FastAPI would."""
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
