"""Prompt injection: one file of rules per type; these tuples are the whole list.

The score of a text, from 0 to 1: the weights of the gravest match of each type, joined as
independent evidence, `1 - (1 - a)(1 - b)…`. A match whose surroundings lower it counts half its
weight, and never adds up with others.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from math import prod
from typing import Final, NamedTuple

from octollm.verdict import ContextAnalysis, InjectionType, Severity
from reflex_layer.engine import Gate, Pattern, compiled, spans
from reflex_layer.injection.context import surroundings
from reflex_layer.injection.delimiter_injection import DELIMITER_INJECTION
from reflex_layer.injection.ignore_previous import IGNORE_PREVIOUS
from reflex_layer.injection.prompt_extraction import PROMPT_EXTRACTION
from reflex_layer.injection.rule import Rule
from reflex_layer.injection.system_role import SYSTEM_ROLE
from reflex_layer.text import Shadow

RULES: Final[tuple[Rule, ...]] = (
    *IGNORE_PREVIOUS,
    *PROMPT_EXTRACTION,
    *SYSTEM_ROLE,
    *DELIMITER_INJECTION,
)

LOWERED: Final = 0.5
"""What a lowered match counts of its weight."""

_SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
_STEPS: Final = (0.55, 0.7, 0.85)
_STEPS_DOWN: Final = 2
_SENTENCE_END: Final = compiled(r"[.!?;][\s\"')]|\n\n")

_PATTERNS: Final[tuple[tuple[Pattern, Pattern | None], ...]] = tuple(
    (compiled(rule.first), compiled(rule.then) if rule.then else None) for rule in RULES
)
_GATE: Final = Gate([rule.first for rule in RULES] + [rule.then for rule in RULES])


class Attempt(NamedTuple):
    """An attempt found at a span of the shadow, with what its surroundings make of it."""

    type: InjectionType
    start: int
    end: int
    confidence: float
    severity: Severity
    lowered: bool
    context: ContextAnalysis


def find_all(shadow: Shadow) -> list[Attempt]:
    """Return the attempts in a text by position; those of one type do not overlap."""
    by_type: dict[InjectionType, list[tuple[int, int, float]]] = {}
    stand = set(_GATE.open_for(shadow.lower))
    for index, rule in enumerate(RULES):
        if index not in stand or index + len(RULES) not in stand:
            continue
        for start, end in matches(index, shadow):
            by_type.setdefault(rule.type, []).append((start, end, rule.weight))
    found = [
        _attempt(shadow, kind, *span) for kind, found in by_type.items() for span in _merged(found)
    ]
    return sorted(found, key=lambda attempt: (attempt.start, attempt.end))


def matches(index: int, shadow: Shadow) -> Iterator[tuple[int, int]]:
    """Yield where the rule `RULES[index]` matches: each first part with the nearest `then`."""
    first, then = _PATTERNS[index]
    if then is None:
        yield from spans(first, shadow.lower)
        return
    followers = list(spans(then, shadow.lower))
    starts = [start for start, _ in followers]
    for start, end in spans(first, shadow.lower) if followers else ():
        place = bisect_left(starts, end)
        if place == len(starts) or starts[place] - end > RULES[index].within:
            continue
        if not _SENTENCE_END.search(shadow.lower[end : starts[place]]):
            yield start, followers[place][1]


def score(attempts: Iterable[Attempt]) -> float:
    """Return how surely a text with these attempts in it attacks; see the module's docstring."""
    full: dict[InjectionType, float] = {}
    half = 0.0
    for attempt in attempts:
        if attempt.lowered:
            half = max(half, attempt.confidence * LOWERED)
        else:
            full[attempt.type] = max(full.get(attempt.type, 0.0), attempt.confidence)
    return round(max(half, 1 - prod(1 - weight for weight in full.values())), 4)


def _attempt(shadow: Shadow, kind: InjectionType, start: int, end: int, weight: float) -> Attempt:
    around = surroundings(shadow, start, end)
    level = sum(weight >= step for step in _STEPS)
    if around.lowers:
        level = max(0, level - _STEPS_DOWN)
    severity = _SEVERITIES[level]
    return Attempt(kind, start, end, weight, severity, around.lowers, around.analysis)


def _merged(found: list[tuple[int, int, float]]) -> Iterator[tuple[int, int, float]]:
    """Join overlapping spans of one type into one of the highest weight."""
    found.sort()
    start, end, weight = found[0]
    for next_start, next_end, next_weight in found[1:]:
        if next_start < end:
            end, weight = max(end, next_end), max(weight, next_weight)
        else:
            yield start, end, weight
            start, end, weight = next_start, next_end, next_weight
    yield start, end, weight
