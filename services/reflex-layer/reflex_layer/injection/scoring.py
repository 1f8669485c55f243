"""Pure: how surely a text attacks, from 0 to 1, by the rules and the linear score together."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, prod
from typing import Final

from octollm.verdict import InjectionType

LOWERED: Final = 0.5
"""What a match counts of its weight if its surroundings lower it."""


def by_rules(weights: Iterable[tuple[InjectionType, float, bool]]) -> float:
    """Return the score of matches, each a type, a weight and whether it is lowered.

    The gravest of each type, joined as independent evidence, `1 - (1 - a)(1 - b)…`. A lowered
    match counts half its weight, and never adds up with others.
    """
    full: dict[InjectionType, float] = {}
    half = 0.0
    for kind, weight, lowered in weights:
        if lowered:
            half = max(half, weight * LOWERED)
        else:
            full[kind] = max(full.get(kind, 0.0), weight)
    return max(half, 1 - prod(1 - weight for weight in full.values()))


def probability(odds: float) -> float:
    """Return the probability that log-odds stand for."""
    return 1 / (1 + exp(-odds)) if odds > -700 else 0.0
