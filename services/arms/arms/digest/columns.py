"""One column of a table: what it holds, and what of it does not fit."""

from __future__ import annotations

from collections import Counter

from pydantic import JsonValue

from arms.digest.figures import (
    Number,
    date,
    describe,
    frequent,
    number,
    show_duration,
    show_numbers,
    span,
)
from arms.digest.report import clip, code

MOSTLY = 0.8
"""The share of filled cells that must be numbers (or dates) for the column to hold them."""

_YES_NO = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})

Column = dict[str, JsonValue]


def column(name: str, cells: list[str], lines: list[int], top: int, decimal_comma: bool) -> Column:
    """Describe the cells of a column; `lines` are the lines they stand on.

    `type` is `number`, `date`, `yes/no`, `text` or `empty`. `odd_lines` are those whose cell is
    of another type than the column.
    """
    filled = [(cell.strip(), line) for cell, line in zip(cells, lines, strict=True)]
    filled = [(cell, line) for cell, line in filled if cell]
    found: Column = {"name": clip(name, 60), "empty": len(cells) - len(filled)}
    if not filled:
        return found | {"type": "empty"}
    numbers = [(number(cell, decimal_comma), line) for cell, line in filled]
    values = [value for value, _ in numbers if value is not None]
    if len(values) >= MOSTLY * len(filled):
        odd = [line for value, line in numbers if value is None]
        return found | _numeric(values, odd, top)
    dates = [(date(cell), cell, line) for cell, line in filled]
    dated = [(value, cell) for value, cell, _ in dates if value is not None]
    if len(dated) >= MOSTLY * len(filled):
        odd = [line for value, _, line in dates if value is None]
        return found | {"type": "date"} | span(dated) | _odd(odd, top)
    texts = Counter(cell for cell, _ in filled)
    yes_no = _YES_NO.issuperset(text.casefold() for text in texts)
    return found | {
        "type": "yes/no" if yes_no else "text",
        "distinct": len(texts),
        "longest": max(map(len, texts)),
        "top": frequent(texts, top),
    }


def show_column(found: Column) -> tuple[str, str, str, str]:
    """Return the cells of the row that describes a column in the report."""
    return code(str(found["name"]), 40), str(found["type"]), str(found["empty"]), _values(found)


def _numeric(values: list[Number], odd: list[int], top: int) -> Column:
    return {"type": "number"} | describe(values) | _odd(odd, top)


def _odd(lines: list[int], top: int) -> Column:
    return {"odd": len(lines), "odd_lines": [*lines[:top]]} if lines else {}


def _values(found: Column) -> str:
    """Return on one line what a column holds."""
    kind = found["type"]
    if kind == "empty":
        return ""
    if kind == "number":
        return show_numbers(found) + _odd_note(found, "number")
    if kind == "date":
        seconds = found["seconds"]
        length = show_duration(seconds) if isinstance(seconds, int | float) else ""
        ends = f"{code(str(found['earliest']), 40)} to {code(str(found['latest']), 40)}"
        return f"{ends} ({length})" + _odd_note(found, "date")
    top = found["top"]
    shown = top[:3] if isinstance(top, list) else []
    listed = [f"{code(str(v['value']), 30)} ×{v['count']}" for v in shown if isinstance(v, dict)]
    return f"{found['distinct']:,} distinct: {', '.join(listed)}"


def _odd_note(found: Column, kind: str) -> str:
    lines = found.get("odd_lines")
    if not isinstance(lines, list):
        return ""
    shown = ", ".join(str(line) for line in lines[:3])
    return f"; no {kind}: {found['odd']} (line {shown})"
