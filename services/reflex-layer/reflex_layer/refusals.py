"""Pure: what is wrong with a setting, in a sentence that names the field and its limit.

pydantic speaks to programmers: of tuples, dictionaries, and of expressions a string should match.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reflex_layer.pii.written import Refused, load_json

_MESSAGES: Final = {
    "bool_parsing": "must be true or false",
    "extra_forbidden": "there is no field of this name",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_parsing": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "missing": "this field is required",
    "model_type": "must be a JSON object",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have {min_length} or more characters",
    "string_type": "must be a text",
    "too_long": "must have at most {max_length} entries, not {actual_length}",
    "tuple_type": "must be a JSON list",
}
_FORMS: Final = {
    "name": "must be a capital letter and 1 to 39 letters and digits (A-Z, a-z, 0-9) after it",
    "context": "must be 2 to 60 letters, digits, spaces, hyphens and apostrophes",
    "redis_url": "must begin with redis://, rediss:// or unix://",
    "redis_prefix": "must be visible ASCII characters, without a colon at either end",
}
"""What the pattern of a field asks for."""


def told(found: ErrorDetails) -> str:
    """Return what is wrong with one value, without the value itself."""
    if found["type"] == "string_pattern_mismatch":
        return next(form for field, form in _FORMS.items() if field in found["loc"])
    if found["type"] in _MESSAGES:
        return _MESSAGES[found["type"]].format_map(found.get("ctx", {}))
    return found["msg"].removeprefix("Value error, ")


def said(wrong: ValidationError) -> str:
    """Return which variables are wrong and why; what is so with several together names them."""
    return "; ".join(map(_variable, wrong.errors()))


def _variable(found: ErrorDetails) -> str:
    message = told(found)
    return f"REFLEX_{str(found['loc'][0]).upper()}: {message}" if found["loc"] else message


def plainly(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check of a setting of JSON that says the same in plain words, and of which entry."""

    def checked(setting: str) -> str:
        try:
            return check(setting)
        except Refused as refused:
            if not isinstance(refused.__cause__, ValidationError):
                raise
            first = refused.__cause__.errors(include_url=False)[0]
            raise Refused(_placed(first, load_json(setting)[0])) from None

    return checked


def _placed(found: ErrorDetails, written: Any) -> str:
    """Return what is wrong and where; an entry that has a name is called by it."""
    place = ".".join(map(str, found["loc"]))
    number = found["loc"][0] if place else None
    entry = written[number] if isinstance(number, int) and isinstance(written, list) else None
    name = entry.get("name") if isinstance(entry, dict) else None
    whose = f"kind {json.dumps(name, ensure_ascii=False)}" if isinstance(name, str) else ""
    where = ", ".join(filter(None, (whose, place)))
    return f"{where}: {told(found)}" if where else told(found)
