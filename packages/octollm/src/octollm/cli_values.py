"""Reads what users give on the command line: files, stdin and KEY=VALUE pairs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO, NoReturn

import click
from pydantic import JsonValue

from octollm.validation import invalid


def read_text(stream: BinaryIO, field: str, max_characters: int) -> str:
    """Return all of a stream as UTF-8 text, a leading byte order mark dropped.

    Raises InvalidRequest, naming `field`, past `max_characters` or for bytes that are not
    UTF-8; no more than that many characters can take up is read, so that an endless file ends.
    """
    most_bytes = max_characters * 4 + 3
    try:
        data = stream.read(most_bytes + 1)
    except OSError as error:
        raise invalid(field, f"cannot be read: {error.strerror}") from None
    too_long = invalid(field, f"must have at most {max_characters:,} characters")
    if len(data) > most_bytes:
        raise too_long
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise invalid(field, "is not UTF-8 text") from None
    if len(text) > max_characters:
        raise too_long
    return text


def pairs(
    _context: click.Context, parameter: click.Parameter, given: Iterable[str]
) -> dict[str, JsonValue]:
    """Return KEY=VALUE arguments as an object (a click callback). VALUE is JSON if it parses."""
    found: dict[str, JsonValue] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not (key and equals):
            raise click.BadParameter("write it as KEY=VALUE", param=parameter)
        if key in found:
            raise click.BadParameter("the same KEY is given twice", param=parameter)
        found[key] = _json_or_text(value)
    return found


def criteria(
    _context: click.Context, parameter: click.Parameter, given: Iterable[str]
) -> list[JsonValue]:
    """Return criteria (a click callback): an argument that is a JSON object is a check, any other
    a sentence; what begins as an object must be one."""
    read = [(text, _json_or_text(text)) for text in given]
    for text, value in read:
        if text.lstrip().startswith("{") and not isinstance(value, dict):
            raise click.BadParameter("a check is not valid JSON", param=parameter)
    return [value if isinstance(value, dict) else text for text, value in read]


def _json_or_text(value: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(value, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return value
    return parsed


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON (RFC 8259 §6)")
