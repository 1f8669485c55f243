"""Names what is wrong with a request, field by field, without quoting what was in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from pydantic import ValidationError

from octollm.errors import InvalidRequest

MAX_FIELD_CHARACTERS = 200
_NAMED_IN_DETAIL = 3
_PLAIN_MESSAGES = {
    "bool_parsing": "must be true or false",
    "extra_forbidden": "there is no field of this name",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "missing": "this field is required",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_unicode": "must not contain lone surrogates (U+D800 to U+DFFF)",
    "union_tag_invalid": "has a `type` that is not known here",
    "union_tag_not_found": "must have a `type`",
    "uuid_parsing": "must be a UUID",
}

_SHOULD = re.compile(r"^(?:Input|String|List|Dictionary|Set|Value) should ")
"""How pydantic begins a message that stands behind the name of a field here."""


def invalid(field: str, message: str) -> InvalidRequest:
    """Return the error for one field."""
    return invalid_fields([{"field": field, "message": message}])


def invalid_request(error: ValidationError) -> InvalidRequest:
    """Return the error for what pydantic found. Raise it `from None`: pydantic keeps the input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return invalid_fields(map(field_error, found))


MAX_ERRORS = 50
"""How many errors an answer lists: a body may have as many as it has bytes."""


def invalid_fields(found: Iterable[dict[str, str]]) -> InvalidRequest:
    """Return the error for the first `{field, message}` pairs; its detail names a few of them."""
    errors = [{**one, "field": _named(one["field"])} for one in islice(found, MAX_ERRORS)]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:_NAMED_IN_DETAIL])
    return InvalidRequest(detail, errors=errors)


def field_error(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the `{field, message}` pair for one of pydantic's errors."""
    message = _SHOULD.sub("must ", found["msg"].removeprefix("Value error, "))
    return {
        "field": _field(found["loc"]),
        "message": _PLAIN_MESSAGES.get(found["type"], message),
    }


def _field(location: tuple[int | str, ...]) -> str:
    """Return `budget.max_tokens` for `("budget", "max_tokens")`.

    What is wrong in no field is wrong with the `body`. Which kind of criterion was read, which
    pydantic puts behind its place in the list, is no part of a name.
    """
    if location[:1] == ("acceptance_criteria",):
        location = location[:2] + location[3:]
    return ".".join(map(str, location))


def _named(field: str) -> str:
    """Return a name that may be the sender's own, cut, and escaped: UTF-8 cannot carry its lone
    surrogates. What has none is wrong with the `body`."""
    return field.encode("utf-8", "backslashreplace").decode()[:MAX_FIELD_CHARACTERS] or "body"
