"""Pure: reads a JSON Schema into its graph, and refuses what cannot be checked in bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from pydantic import JsonValue

from app.checks.graph import Graph, Part, order_of
from app.checks.json_text import resolve
from app.checks.patterns import PatternRefused, program

MAX_PARTS = 2_000
"""Schemas within a schema: as deep as its references may lead, and half of what overflowed no stack
when measured."""

MAX_VALUES = 20_000
MAX_PATTERNS = 100
"""Regular expressions of a schema, or of all checks together: the worst take 5 ms to compile."""

DIALECTS = frozenset(
    {
        "http://json-schema.org/draft-04/schema",
        "http://json-schema.org/draft-06/schema",
        "http://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    }
)

_SAME = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_SAME_BY_NAME = ("dependentSchemas", "dependencies")
_ONE_OF = (("properties", "additionalProperties"), ("prefixItems", "items", "additionalItems"))
_EACH = ("contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")
_IDLE = {"title", "description", "default", "examples", "$comment", "$defs", "definitions"}
_BY_NAME = {"properties", *_SAME_BY_NAME}

_KEYWORD_WORK = 5  # up to 91 ns measured, for `propertyNames`
_EQUAL_WORK = 10  # 216 ns for a number
_MULTIPLE_WORK = 100  # 1.8 µs for 0.1
_NAME_WORK = 2
_UNKNOWN_PROGRAM = 2_000  # what a pattern that RE2 does not take may have, by the limit of its size
_PLAIN_NAME = re.compile(r"\$?[A-Za-z_]{1,40}|[0-9]{1,6}")


class BadSchema(ValueError):
    """Says what is wrong with a schema; quotes no more than plain names of it."""


def read(document: dict[str, JsonValue]) -> Graph:
    """Return the graph of a schema.

    Raises BadSchema for references to other documents, for such as only a validation resolves,
    for a schema that recurses for ever and for one that is too large.
    """
    dialect = document.get("$schema")
    if dialect is not None and str(dialect).removesuffix("#") not in DIALECTS:
        raise BadSchema("has a `$schema` other than those of draft 4, 6, 7, 2019-09 and 2020-12")
    if _size(document) > MAX_VALUES:
        raise BadSchema(f"holds more than {MAX_VALUES:,} values")
    return _Reader(document).graph()


def pointer_of(steps: Iterable[str | int]) -> str:
    """Return a pointer into a schema, with `*` for names that may be private."""
    names = (step if _PLAIN_NAME.fullmatch(step) else "*" for step in map(str, steps))
    return "/".join(["#", *names])


class _Reader:
    """What was read of one schema so far."""

    def __init__(self, document: dict[str, JsonValue]) -> None:
        self._document = document
        self._places: dict[int, int] = {}
        self._pending: list[dict[str, Any]] = []
        self._parts: list[Part] = []
        self._patterns = 0
        self._branches = False

    def graph(self) -> Graph:
        self._place(self._document)
        for place, part in enumerate(self._parts):  # grows as it is read
            self._fill(part, self._pending[place], is_root=place == 0)
        order = order_of(self._parts)
        if order is None:
            raise BadSchema("recurses for ever: a part of it refers to itself for the same value")
        return Graph(self._parts, order, self._branches, self._patterns)

    def _place(self, schema: object) -> int:
        """Return the place of a part, a new one the first time. True, false and nonsense, which
        the meta-schema will refuse, are parts without work."""
        content = schema if isinstance(schema, dict) else {}
        if id(schema) not in self._places:
            if len(self._parts) == MAX_PARTS:
                raise BadSchema(f"has more than {MAX_PARTS:,} schemas in it")
            self._places[id(schema)] = len(self._parts)
            self._parts.append(Part())
            self._pending.append(content)
        return self._places[id(schema)]

    def _fill(self, part: Part, schema: dict[str, Any], *, is_root: bool) -> None:
        self._refuse(schema, is_root=is_root)
        if "$ref" in schema:
            part.same.append(self._place(self._target(schema["$ref"])))
        same = [sub for name in _SAME for sub in _listed(schema.get(name))]
        same += [sub for name in _SAME_BY_NAME for sub in _named(schema.get(name))]
        part.same += map(self._place, same)
        for names in _ONE_OF:
            group = [sub for name in names for sub in _below(name, schema.get(name))]
            part.below += [[self._place(sub) for sub in group]] if group else []
        for sub in [schema[name] for name in _EACH if name in schema]:
            part.below.append([self._place(sub)])
        patterns = schema.get("patternProperties")
        for sub in _named(patterns):
            part.below.append([self._place(sub)])
        part.asks_by_member = "unevaluatedProperties" in schema
        part.asks_by_item = "unevaluatedItems" in schema
        self._branches |= "anyOf" in schema or "oneOf" in schema
        part.value_work += sum(_work(name, value) for name, value in schema.items())
        named = list(patterns) if isinstance(patterns, dict) else []
        part.byte_work += sum(map(self._states, [*named, schema.get("pattern")]))

    def _refuse(self, schema: dict[str, Any], *, is_root: bool) -> None:
        for name in ("$dynamicRef", "$recursiveRef"):
            if name in schema:
                raise BadSchema(f"uses `{name}`, which is not supported here; use `$ref`")
        if not is_root and (
            isinstance(schema.get("$id"), str) or isinstance(schema.get("id"), str)
        ):
            raise BadSchema("has an `$id` below its root, which is not supported here")

    def _target(self, reference: object) -> object:
        """Return what a reference refers to, within this document."""
        if not isinstance(reference, str) or not re.match(r"#(/|$)", reference):
            raise BadSchema(
                "has a `$ref` that is no JSON Pointer into it, such as #/$defs/name; "
                "other documents are not fetched"
            )
        try:
            return resolve(self._document, unquote(reference[1:]))
        except LookupError:
            raise BadSchema("has a `$ref` to a place that is not there") from None

    def _states(self, pattern: object) -> int:
        """Return how many states a search for a pattern may be in at once."""
        if not isinstance(pattern, str):
            return 0
        self._patterns += 1
        if self._patterns > MAX_PATTERNS:
            raise BadSchema(f"has more than {MAX_PATTERNS} regular expressions")
        try:
            size: int = program(pattern).programsize
        except PatternRefused:
            return _UNKNOWN_PROGRAM
        return size


def _below(name: str, value: object) -> list[object]:
    return _named(value) if name in _BY_NAME else _listed(value)


def _listed(value: object) -> list[object]:
    """Return the schemas in a keyword that has one of them or a list."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict | bool) else []


def _named(value: object) -> list[object]:
    """Return the schemas in a keyword that has them by name."""
    found = value.values() if isinstance(value, dict) else []
    return [schema for schema in found if isinstance(schema, dict | bool)]


def _work(keyword: str, value: object) -> int:
    """Return the work of one keyword for one value, in units, without that of schemas in it."""
    if keyword in _IDLE:
        return 0
    if keyword in ("const", "enum"):
        return _EQUAL_WORK * _size(value)
    if keyword == "multipleOf":
        return _MULTIPLE_WORK
    names = len(value) if isinstance(value, dict | list) else 0
    return _KEYWORD_WORK + _NAME_WORK * names


def _size(value: object) -> int:
    """Return how many values stand in a JSON value, itself included."""
    return sum(1 for _ in _values(value))


def _values(value: object) -> Iterator[object]:
    pending = [value]
    while pending:
        item = pending.pop()
        yield item
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
