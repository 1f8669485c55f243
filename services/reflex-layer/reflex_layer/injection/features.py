"""Pure: what of a wording the linear score weighs, each at the character where it ends.

Words and their neighbours, letters in runs of three to five, and the concepts that follow one
another, whatever the language they are said in. Each is hashed to one of `SIZE` places (Weinberger
et al., Feature Hashing for Large Scale Multitask Learning, 2009).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.speech import Spoken

SIZE: Final = 1 << 18
_LONGEST_WORD: Final = 40
_RUNS: Final = (3, 4, 5)
_FOLLOW: Final = 80
"""How many characters apart two concepts may stand to be weighed as a pair."""

_BASE: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_NUMBERS: Final = {concept: number for number, concept in enumerate(Concept, 1)}


def _powers() -> Any:
    powers = np.empty(_LONGEST_WORD, np.uint64)
    powers[0] = 1
    for index in range(1, _LONGEST_WORD):
        powers[index] = powers[index - 1] * _BASE
    return powers


with np.errstate(over="ignore"):
    _POWERS: Final = _powers()


class Features(NamedTuple):
    """What a wording has, each as its place among the weights and the character it ends at."""

    places: Any
    ends: Any


def features(text: str, spoken: Spoken) -> Features:
    """Return what the text of a wording has, given what is said in it; linear in its length."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        found = [*_words(points), *_runs(points), *_concepts(spoken)]
        places = np.concatenate([_place(hashes, sort) for sort, hashes, _ in found])
    ends = np.concatenate([end for _, _, end in found])
    return Features(places, ends)


def _place(hashes: Any, sort: int) -> Any:
    mixed = (hashes + np.uint64(sort)) * _MIX
    mixed ^= mixed >> np.uint64(29)
    mixed *= _BASE
    return (mixed >> np.uint64(64 - 18)).astype(np.int32)


def _words(points: Any) -> list[tuple[int, Any, Any]]:
    """Return words, pairs, triples, and pairs with a word between them."""
    spaces = np.flatnonzero(points == 32)
    lengths = np.diff(spaces) - 1
    if len(lengths) == 0 or lengths.max() <= 0:
        return []
    starts, ends = spaces[:-1] + 1, spaces[1:] - 1
    within = np.arange(len(points)) - np.repeat(
        np.concatenate(([0], starts)), np.diff(np.concatenate(([0], starts, [len(points)])))
    )
    values = points * _POWERS[np.minimum(within, _LONGEST_WORD - 1)]
    values[spaces] = 0
    word = np.add.reduceat(values, starts)
    pair = word[:-1] * _MIX + word[1:]
    return [
        (1, word, ends),
        (2, pair, ends[1:]),
        (3, pair[:-1] * _MIX + word[2:], ends[2:]),
        (4, word[:-2] * _MIX + word[2:], ends[2:]),
    ]


def _runs(points: Any) -> list[tuple[int, Any, Any]]:
    """Return the runs of letters, spaces among them."""
    found = []
    run = points
    for length in range(2, _RUNS[-1] + 1):
        if len(points) < length:
            break
        run = run[:-1] * _BASE + points[length - 1 :]
        if length in _RUNS:
            found.append((4 + length, run, np.arange(length - 1, len(points))))
    return found


def _concepts(spoken: Spoken) -> list[tuple[int, Any, Any]]:
    """Return the concepts that are said, and those that follow one another closely."""
    said = sorted(
        (one.start, one.end, _NUMBERS[concept]) for concept, all_ in spoken.items() for one in all_
    )
    if not said:
        return []
    starts, ends, concepts = np.array(said, np.int64).T
    concepts = concepts.astype(np.uint64)
    found = [(20, concepts, ends - 1)]
    for step in (1, 2, 3):
        if len(said) > step:
            near = starts[step:] - ends[:-step] <= _FOLLOW
            pairs = concepts[:-step] * np.uint64(64) + concepts[step:]
            found.append((20 + step, pairs[near], (ends[step:] - 1)[near]))
    return found
