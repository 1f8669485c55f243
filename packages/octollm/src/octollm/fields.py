"""Field types that hold what the database and the wire can hold, and nothing else.

PostgreSQL's `text` and `jsonb` take no NUL (U+0000) and no lone surrogate, and JSON knows no
NaN. Such values are refused here, by name, so that they never become an error further in.
"""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

MAX_JSON_DEPTH = 16
"""How deep `constraints` and `metadata` may nest."""

MAX_JSON_CHARACTERS = 50_000
"""How much text (keys and strings together) `constraints` or `metadata` may hold."""


MAX_JSON_INTEGER_BITS = 1024
"""Integers past a double's range are written and read by few (RFC 8259 §6); Python refuses to
write one of more than 4,300 digits."""


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def made_storable(text: str) -> str:
    """Return `text` with U+FFFD in the place of what PostgreSQL could not store."""
    return _UNSTORABLE.sub("\ufffd", text)


def storable(text: str) -> str:
    """Return `text` unchanged; raise ValueError if PostgreSQL could not store it."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters (U+0000)")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain lone surrogates (U+D800 to U+DFFF)")
    return text


def not_blank(text: str) -> str:
    """Return `text` unchanged; raise ValueError if it is only white space."""
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def json_value(value: Any) -> Any:
    """Check a decoded JSON value before anything recurses into it.

    Raises ValueError past `MAX_JSON_DEPTH` or `MAX_JSON_CHARACTERS`, on unstorable text and on
    numbers that JSON cannot write.
    """
    characters = 0
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if depth > MAX_JSON_DEPTH and isinstance(item, dict | list):
            raise ValueError(f"must not nest deeper than {MAX_JSON_DEPTH} levels")
        if isinstance(item, str):
            characters += len(storable(item))
        elif isinstance(item, float) and not math.isfinite(item):
            raise ValueError("must not contain NaN or Infinity")
        elif isinstance(item, int) and item.bit_length() > MAX_JSON_INTEGER_BITS:
            raise ValueError("must not contain integers beyond the range of a double")
        elif isinstance(item, dict):
            pending.extend((key, depth) for key in item)
            pending.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list):
            pending.extend((child, depth + 1) for child in item)
        if characters > MAX_JSON_CHARACTERS:
            raise ValueError(f"must not hold more than {MAX_JSON_CHARACTERS} characters of text")
    return value


def check_storable_object(value: Any) -> None:
    """Check an object that came from code and not from JSON, such as an arm's data.

    Raises ValueError for what `json_value` refuses and for what JSON cannot write at all.
    """
    json_value(value)
    try:
        json.dumps(value, allow_nan=False)
    except TypeError as error:
        raise ValueError(str(error)) from None


# What the validators above refuse, told in JSON Schema (ECMA-262) to whoever reads the OpenAPI
# document. Written into `Field`, beside the lengths: validated there, they would need a rule twice.
STORABLE: dict[str, JsonValue] = {"pattern": r"^[^\u0000]*$"}
WRITTEN: dict[str, JsonValue] = {"pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}

Text = Annotated[str, Field(json_schema_extra=STORABLE), AfterValidator(storable)]
"""A string that PostgreSQL can store."""

JsonObject = Annotated[dict[str, JsonValue], BeforeValidator(json_value)]
"""A JSON object that PostgreSQL can store, bounded in depth and size."""
