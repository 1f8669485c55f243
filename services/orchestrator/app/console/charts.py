"""Pure: numbers as figures to draw. Templates draw them as SVG; nothing is computed in a browser.

A drawing is as wide as there is room and stretches, so that its parts are rectangles and lines
without a width of their own; what is to be read stands beside it as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

HEIGHT: Final = 100.0
"""How high a drawing is, in units; a column is 10 units wide."""

COLUMN: Final = 10.0
GAP: Final = 1.6


@dataclass(frozen=True)
class Bar:
    """A rectangle, with the class it is coloured by and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Columns:
    """Stacked columns: their bars, how wide all of them are, and what the top stands for."""

    bars: list[Bar]
    width: float
    top: float


@dataclass(frozen=True)
class Curve:
    """A line through points, in pieces where some are missing, with the class it is drawn by."""

    kind: str
    pieces: list[str]


def columns(
    rows: Sequence[tuple[str, Mapping[str, float]]], kinds: Sequence[str], unit: str
) -> Columns:
    """Return a stacked column for each row of a label and numbers by kind, bottom kind first."""
    top = nice(max((sum(parts.values()) for _, parts in rows), default=0))
    bars = []
    for place, (label, parts) in enumerate(rows):
        base = HEIGHT
        for kind in kinds:
            number = parts.get(kind, 0)
            if number <= 0:
                continue
            height = max(0.8, HEIGHT * number / top)
            base -= height
            title = f"{label}: {_number(number)} {unit} {kind}".rstrip()
            x = place * COLUMN + GAP / 2
            bars.append(Bar(x, round(base, 2), COLUMN - GAP, round(height, 2), kind, title))
    return Columns(bars, len(rows) * COLUMN, top)


def curves(series: Mapping[str, Sequence[float | None]]) -> tuple[list[Curve], float]:
    """Return a curve for each series of points, None for one that is missing, and the top."""
    known = [value for values in series.values() for value in values if value is not None]
    top = nice(max(known, default=0))
    return [Curve(kind, _pieces(values, top)) for kind, values in series.items()], top


def nice(largest: float) -> float:
    """Return a round number that is not below the largest: 1, 2, 2.5 or 5 times a power of ten."""
    if largest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if largest <= step * power * 1.000001)


def shares(rows: Iterable[tuple[str, float]]) -> list[tuple[str, float, float]]:
    """Return label, number and its share of the largest one, from 0 to 1."""
    known = list(rows)
    largest = max((number for _, number in known), default=0)
    return [(label, number, number / largest if largest else 0.0) for label, number in known]


def by_place(rows: Iterable[Any], name: str, places: int) -> list[Any | None]:
    """Return rows by how long ago they were, oldest first; None where there is none."""
    found = {getattr(row, name): row for row in rows}
    return [found.get(place) for place in reversed(range(places))]


def _pieces(values: Sequence[float | None], top: float) -> list[str]:
    pieces: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        x, y = place * COLUMN + COLUMN / 2, HEIGHT - HEIGHT * value / top
        pieces[-1].append(f"{x:g},{y:.2f}")
    # A point with no neighbour is drawn as a line without length, its ends being round.
    return [" ".join(piece if len(piece) > 1 else piece * 2) for piece in pieces if piece]


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or float(number).is_integer() else f"{number:.4g}"
