"""A span of a kind, as a label or as somebody's finding."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A value of `kind` from character `start` up to `end`, exclusive; how sure its finder is."""

    kind: str
    start: int
    end: int
    confidence: float = 1.0


def overlap(a: Span, b: Span) -> float:
    """Return the characters both have as a share of those either has."""
    both = min(a.end, b.end) - max(a.start, b.start)
    return max(0, both) / (max(a.end, b.end) - min(a.start, b.start))
