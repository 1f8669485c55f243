"""Pure: how surely a text attacks, from 0 to 1, by the rules and the linear score together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import exp, prod
from typing import Final

from octollm.verdict import Severity

LOWERED: Final = 0.5
"""What a match counts of its weight if its surroundings lower it."""

_SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
_STEPS: Final = (0.55, 0.7, 0.85)
_STEPS_DOWN: Final = 2

ALONE: Final = 0.68
"""The most that the linear score weighs: alone it flags a text, and never blocks it."""

MIDDLE: Final = 1.72
SPREAD: Final = 0.4
"""The log-odds that weigh half of `ALONE`, which 2 % of the innocent texts of the corpus reach that the
model had not learnt from, as `make weights` says; and how soon they weigh more."""

_FLAT: Final = 50.0


def by_rules(weights: Iterable[tuple[str, float, bool]]) -> float:
    """Return the score of matches, each a type, a weight and whether it is lowered.

    The gravest of each type, joined as independent evidence, `1 - (1 - a)(1 - b)…`. A lowered
    match counts half its weight, and never adds up with others.
    """
    full: dict[str, float] = {}
    half = 0.0
    for kind, weight, lowered in weights:
        if lowered:
            half = max(half, weight * LOWERED)
        else:
            full[kind] = max(full.get(kind, 0.0), weight)
    return max(half, 1 - prod(1 - weight for weight in full.values()))


def severity(weight: float, *, lowered: bool = False) -> Severity:
    """Return how grave a weight is, two steps less if its surroundings lower it."""
    level = bisect_right(_STEPS, weight)
    return _SEVERITIES[max(0, level - _STEPS_DOWN) if lowered else level]


def learned(odds: float) -> float:
    """Return what log-odds of the linear score weigh beside the rules, from 0 to `ALONE`."""
    return ALONE / (1 + exp(min(_FLAT, (MIDDLE - odds) / SPREAD)))


def together(rules: float, learned: float, *, lowered: bool) -> float:
    """Return the score of a text by its rules and its linear score, as independent evidence.

    Where all that the rules found is `lowered`, so is what was learnt: what is quoted
    reads like an attack, too.
    """
    if lowered:
        return max(rules, learned * LOWERED)
    return 1 - (1 - rules) * (1 - learned)
