"""Numbers and dates found in text: read them without surprises, describe them, show them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from arms.digest.report import clip

Number = int | float

MAX_EXACT_DIGITS = 18
"""Longer whole numbers are read as floats: nobody computes with their last digits."""

_SIGNIFICANT = 12
_NUMERIC = frozenset("0123456789+-.eE")
_DATE_LENGTHS = range(10, 36)


def number(text: str, decimal_comma: bool = False) -> Number | None:
    """Return the finite decimal number a text stands for, or None.

    `007` is an identifier, not a number; so are `1_000`, `nan` and digits of other scripts,
    which Python itself would read.
    """
    if decimal_comma:
        text = text.replace(",", ".", 1)
    if not text or len(text) > 400 or not _NUMERIC.issuperset(text):
        return None
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return None
    try:
        return int(text) if len(digits) <= MAX_EXACT_DIGITS and digits.isdigit() else finite(text)
    except ValueError:
        return None


def finite(text: str) -> float | None:
    """Return the float a text stands for; None when it is past what a float holds."""
    value = float(text)
    return value if math.isfinite(value) else None


def date(text: str) -> datetime | None:
    """Return the ISO 8601 date or time a text stands for, in UTC when it has no zone, or None."""
    if len(text) not in _DATE_LENGTHS or text[4] != "-" or not text[0].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def describe(numbers: Sequence[Number]) -> dict[str, JsonValue]:
    """Return `min`, `median`, `max` and `mean` of at least one finite number."""
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    median: Number = ordered[middle]
    if len(ordered) % 2 == 0:
        median = ordered[middle - 1] / 2 + ordered[middle] / 2
    mean = math.fsum(n / len(ordered) for n in ordered)  # dividing first cannot overflow
    return {
        "min": ordered[0],
        "median": _rounded(median),
        "max": ordered[-1],
        "mean": _rounded(mean),
    }


def span(dates: Iterable[tuple[datetime, str]]) -> dict[str, JsonValue]:
    """Return `earliest` and `latest`, as they were written, and the `seconds` between them."""
    ordered = sorted(dates, key=lambda dated: dated[0])
    (first, first_text), (last, last_text) = ordered[0], ordered[-1]
    return {
        "earliest": clip(first_text, 40),
        "latest": clip(last_text, 40),
        "seconds": (last - first).total_seconds(),
    }


def frequent(values: Counter[str], top: int) -> list[JsonValue]:
    """Return the most frequent values, each with its count; on a tie the one met first."""
    return [{"value": clip(value, 80), "count": n} for value, n in values.most_common(top)]


def show(value: JsonValue) -> str:
    """Return a number as a person would write it, such as `1,234.5`."""
    if not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1 or abs(value) >= 1e15 else f"{value:,.2f}"


def show_numbers(found: dict[str, JsonValue]) -> str:
    """Return what `describe` found, on one line."""
    if found["min"] == found["max"]:
        return show(found["min"])
    return (
        f"{show(found['min'])} to {show(found['max'])}, "
        f"median {show(found['median'])}, mean {show(found['mean'])}"
    )


def show_duration(seconds: float) -> str:
    """Return a time span in its largest sensible unit, such as `2.5 hours`."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f}".removesuffix(".0") + f" {unit}"
    shown = f"{seconds:,.3f}".rstrip("0").rstrip(".")
    return f"{shown} second" if shown == "1" else f"{shown} seconds"


def _rounded(value: Number) -> Number:
    """Cut the noise of binary fractions."""
    return value if isinstance(value, int) else float(f"{value:.{_SIGNIFICANT}g}")
