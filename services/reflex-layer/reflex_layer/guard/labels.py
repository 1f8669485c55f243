"""Pure: what a classifier's labels say about an attack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

HARMLESS: Final = frozenset({"safe", "benign", "legit", "label_0"})
"""What common classifiers call a text that does not attack."""

_ROUNDING: Final = 0.01


class NoAttackLabel(ValueError):
    """None of the labels means an attack: a score of 0 would be a guess."""


def read(setting: str) -> frozenset[str]:
    """Return the labels that mean an attack, from a list with commas; raises ValueError."""
    labels = frozenset(label for part in setting.split(",") if (label := key(part)))
    if not labels:
        raise ValueError("names no label that means an attack")
    return labels


def checked(setting: str) -> str:
    """Return a list with commas that names labels as it is; raises ValueError."""
    read(setting)
    return setting


def key(label: str) -> str:
    """Return a label as labels are compared: without regard to case."""
    return label.strip().casefold()


def attack_score(scores: Iterable[tuple[str, float]], attacks: frozenset[str]) -> float:
    """Return how surely a text attacks, from labels with their scores, each from 0 to 1.

    Scores that share out 1 add up; independent ones (several labels may hold at once) do not.
    An answer of harmless labels alone, as of a server that lists only the likeliest, leaves the
    rest to 1 for an attack. Raises NoAttackLabel.
    """
    known = [(key(label), score) for label, score in scores]
    bad = [score for label, score in known if label in attacks]
    total = sum(score for _, score in known)
    if bad:
        return min(1.0, sum(bad)) if total <= 1 + _ROUNDING else max(bad)
    if not known or any(label not in HARMLESS for label, _ in known):
        raise NoAttackLabel
    return max(0.0, 1 - total)
