"""Pure: numbers, times and statuses as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

MAX_COMPACT: Final = 240
"""How much of a JSON value is shown on one line."""

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


def now() -> datetime:
    """Return the time at which a page is made."""
    return datetime.now(UTC)


def count(number: float) -> str:
    """Return a number with its thousands parted: `12,345`."""
    return f"{number:,.0f}"


def money(usd: float | Decimal) -> str:
    """Return US dollars as one compares them: `$12.34`, `$0.80`, and below ten cents `$0.0450`."""
    if 0 < usd < 0.00005:
        return "<$0.0001"
    return f"${usd:,.4f}" if 0 < usd < 0.1 else f"${usd:,.2f}"


def exact(usd: float | Decimal) -> str:
    """Return US dollars to the last digit that says something, six after the point at most."""
    text = f"{usd:,.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"


def duration(seconds: float) -> str:
    """Return a time span: `41 ms`, `1.24 s`, `2 min 5 s`, `3 h 4 min`, `2 d 1 h`."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds < 59.5 else "60 s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def age(moment: datetime, at: datetime) -> str:
    """Return how long ago a moment was."""
    seconds = (at - moment).total_seconds()
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds // 1:.0f} s ago" if seconds >= 5 else "now"


def moment(at: datetime) -> str:
    """Return a moment in full, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def machine_moment(at: datetime) -> str:
    """Return a moment as an attribute `datetime` has it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def share(part: float | Decimal, whole: float | Decimal) -> float:
    """Return how much of a whole is used, from 0 to 1; all of it where there is none to use."""
    if whole <= 0:
        return 1.0 if part > 0 else 0.0
    return min(1.0, float(part) / float(whole))


def percent(part: float, whole: float) -> str:
    """Return a share as `42 %`."""
    return f"{100 * share(part, whole):.0f} %"


def compact_json(value: Any) -> str:
    """Return a JSON value on one line, cut if it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_COMPACT else f"{text[:MAX_COMPACT]}…"


def plural(number: int, one: str, more: str | None = None) -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{count(number)} {one if number == 1 else more or one + 's'}"


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "age": age,
    "count": count,
    "duration": duration,
    "exact": exact,
    "machine_moment": machine_moment,
    "moment": moment,
    "money": money,
    "percent": percent,
    "plural": plural,
    "share": share,
}
