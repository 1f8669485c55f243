"""Pure: the JSON that stands in a text, values in it by pointer, and when two are equal."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from pydantic import JsonValue

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONGEST_INTEGER = 310
"""Digits and sign; more than that is past the range of a double (RFC 8259 §6)."""


class NotJson(ValueError):
    """Says why a text could not be read as JSON, without quoting from it."""


def read(text: str) -> JsonValue:
    """Return the JSON value a text holds: the whole of it, or its one fenced code block.

    Raises NotJson, also for what few programs read alike: NaN, infinities, numbers past the
    range of a double and lone surrogates.
    """
    bare = text.lstrip("\ufeff").strip()
    try:
        return _parse(bare)
    except NotJson:
        block = _fenced(bare)
        if block is None:
            raise
    return _parse(block)


def resolve(value: JsonValue, pointer: str) -> JsonValue:
    """Return what a JSON Pointer (RFC 6901) points at; raise LookupError if there is nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            raise LookupError("nothing stands there")
    return value


def equal(left: JsonValue, right: JsonValue) -> bool:
    """Return whether two values are equal as JSON Schema says it (2020-12 core, §4.2.2).

    1 and 1.0 are the same number, true is no number, the order of an object's members is nothing.
    Recurses only as deep as the shallower of the two.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            equal(value, right[name]) for name, value in left.items()
        )
    return type(left) is type(right) and left == right


def _parse(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(
            text, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except UnicodeEncodeError:
        raise NotJson("it holds lone surrogates") from None
    except RecursionError:
        raise NotJson("it is nested too deep to be read") from None
    return value


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER or not math.isfinite(float(digits)):
        raise NotJson("it holds a number past the range of a double")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NotJson("it holds a number past the range of a double")
    return number


def _constant(name: str) -> NoReturn:
    raise NotJson(f"it holds {name}, which JSON does not know")


def _fenced(text: str) -> str | None:
    """Return what stands in the one fenced block of a text (CommonMark §4.5), else None.

    A block nobody closed ends with the text. Lines are parted at line feeds alone: other line
    ends may stand within a JSON string.
    """
    block: list[str] | None = None
    fence = ""
    inside = False
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if inside:
            mark = found.group(1) if found and not found.group(2).strip() else ""
            if mark.startswith(fence):
                inside = False
            elif block is not None:
                block.append(line)
        elif found and "`" not in found.group(2):
            if block is not None:
                return None
            block, fence, inside = [], found.group(1), True
    return None if block is None else "\n".join(block)
