"""The fields of a JSON document: one shape for all values that stand in the same place."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from pydantic import JsonValue

from arms.digest.figures import (
    Number,
    date,
    describe,
    frequent,
    show_duration,
    show_numbers,
    span,
)
from arms.digest.report import clip, code

MAX_KEYS = 100
"""An object with more keys than this is a map: its values share one shape, named `*`."""

_MAX_PATH = 80
_MAX_TEXT = 400
"""Longer strings are told apart by this much of them."""


@dataclass(slots=True)
class Shape:
    """What stands in one place of a document: how often, of which types, with which values."""

    path: str = "$"
    holder: Shape | None = None
    """The place of the objects this field is a key of; None for items and for the root."""
    kinds: Counter[str] = field(default_factory=Counter)
    keys: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    sizes: list[int] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    texts: Counter[str] = field(default_factory=Counter)

    def data(self, top: int) -> dict[str, JsonValue]:
        """Describe this place as JSON data."""
        found: dict[str, JsonValue] = {
            "path": self.path,
            "count": self.kinds.total(),
            "nulls": self.kinds["null"],
            "types": [*sorted(self.kinds)],
        }
        if self.holder:
            found["of"] = self.holder.kinds["object"]
        if self.numbers:
            found["numbers"] = describe(self.numbers)
        if self.sizes:
            found["lengths"] = describe(self.sizes)
        if self.texts:
            found["distinct"] = len(self.texts)
            dates = [(moment, text) for text in self.texts if (moment := date(text))]
            if len(dates) == len(self.texts):
                found["dates"] = span(dates)
            else:
                found["top"] = frequent(self.texts, top)
        return found


def survey(value: object) -> tuple[Shape, int]:
    """Return the shape of a decoded document, and how deep it nests. Does not recurse."""
    root = Shape()
    deepest = 1
    pending: list[tuple[Shape, object, int]] = [(root, value, 1)]
    while pending:
        shape, item, depth = pending.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            shape.kinds["object"] += 1
            pending += [(s, child, depth + 1) for s, child in _members(shape, item)]
        elif isinstance(item, list):
            shape.kinds["array"] += 1
            shape.sizes.append(len(item))
            if item:
                shape.items = shape.items or Shape(_join(shape.path, "[]"))
                pending += [(shape.items, child, depth + 1) for child in reversed(item)]
        else:
            _note(shape, item)
    return root, deepest


def listing(root: Shape) -> list[Shape]:
    """Return every place below the root, level by level; the root too if it holds a value."""
    found: list[Shape] = [] if root.keys or root.items else [root]
    level = [root]
    while level:
        level = [
            below
            for shape in level
            for below in [*shape.keys.values(), *([shape.items] if shape.items else [])]
        ]
        found += level
    return found


def show_field(found: dict[str, JsonValue]) -> tuple[str, str, str, str]:
    """Return the cells of the row that describes a place in the report."""
    types = found["types"]
    named = "/".join(map(str, types)) if isinstance(types, list) else ""
    count, nulls = found["count"], found["nulls"]
    of = found.get("of", count)
    filled = f"{count:,}" if of == count else f"{count:,} of {of:,}"
    if nulls:
        filled += f" ({nulls:,} null)"
    return code(str(found["path"]), _MAX_PATH), named, filled, _values(found)


def _members(shape: Shape, item: dict[str, object]) -> list[tuple[Shape, object]]:
    """Return each value of an object with the shape of its place, last first for the stack."""
    if len(item) > MAX_KEYS or "*" in shape.keys:
        shape.keys.setdefault("*", Shape(_join(shape.path, ".*")))
        return [(shape.keys["*"], child) for child in reversed(item.values())]
    for key in item:
        if key not in shape.keys:
            shape.keys[key] = Shape(_join(shape.path, f".{clip(key, 40)}"), shape)
    return [(shape.keys[key], child) for key, child in reversed(item.items())]


def _note(shape: Shape, value: object) -> None:
    """Count a value that is neither object nor array."""
    if value is None:
        shape.kinds["null"] += 1
    elif isinstance(value, bool):
        shape.kinds["boolean"] += 1
        shape.texts[str(value).lower()] += 1
    elif isinstance(value, str):
        shape.kinds["string"] += 1
        shape.texts[value[:_MAX_TEXT]] += 1
    elif isinstance(value, int | float) and math.isfinite(value):
        shape.kinds["number"] += 1
        shape.numbers.append(value)
    else:
        shape.kinds["number past all limits"] += 1


def _join(path: str, step: str) -> str:
    """Extend a path, keeping both its ends when it grows too long."""
    joined = path + step
    if len(joined) <= _MAX_PATH:
        return joined
    return f"{joined[:20]}…{joined[-(_MAX_PATH - 21):]}"


def _values(found: dict[str, JsonValue]) -> str:
    """Return on one line what a place holds."""
    parts: list[str] = []
    if isinstance(numbers := found.get("numbers"), dict):
        parts.append(show_numbers(numbers))
    if isinstance(lengths := found.get("lengths"), dict):
        parts.append(f"length {show_numbers(lengths)}")
    if isinstance(dates := found.get("dates"), dict):
        seconds = dates["seconds"]
        length = show_duration(seconds) if isinstance(seconds, int | float) else ""
        ends = f"{code(str(dates['earliest']), 40)} to {code(str(dates['latest']), 40)}"
        parts.append(f"{ends} ({length})")
    if isinstance(top := found.get("top"), list):
        listed = [
            f"{code(str(v['value']), 30)} ×{v['count']}" for v in top[:3] if isinstance(v, dict)
        ]
        parts.append(f"{found['distinct']} distinct: {', '.join(listed)}")
    return "; ".join(parts)
