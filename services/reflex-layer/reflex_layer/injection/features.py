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

_BITS: Final = 18
SIZE: Final = 1 << _BITS
_RUNS: Final = (3, 4, 5)
_FOLLOW: Final = 80
"""How many characters apart two concepts may stand to be weighed as a pair."""

_BASE: Final = 0x9E3779B97F4A7C15
_INVERSE: Final = pow(_BASE, -1, 1 << 64)
_RUN: Final = np.uint64(_BASE)
_PAIR: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX: Final = np.uint64(0x94D049BB133111EB)
_SPACE: Final = 32
_LONGEST: Final = 1 << 17
"""Characters whose powers are kept; those of a longer wording are worked out anew."""


class Features(NamedTuple):
    """What a wording has, each as its place among the weights and the character it ends at."""

    places: Any
    ends: Any


class _Hashed(NamedTuple):
    """Features of one sort, each with the character it ends at."""

    hashes: Any
    ends: Any


def _powers(base: int, length: int) -> Any:
    powers = np.full(length, base, np.uint64)
    powers[0] = 1
    return np.cumprod(powers)


_POWERS: Final = _powers(_BASE, _LONGEST)
_INVERSES: Final = _powers(_INVERSE, _LONGEST)
_PLACES: Final = np.arange(_LONGEST)


def features(text: str, spoken: Spoken) -> Features:
    """Return what the text of a wording has, given what is said in it; linear in its length."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    found = [*_words(points), *_runs(points), *_concepts(spoken)]
    if not found:
        return Features(np.empty(0, np.int64), np.empty(0, np.int64))
    hashes = np.concatenate([one.hashes for one in found])
    hashes *= _MIX
    hashes >>= np.uint64(64 - _BITS)
    return Features(hashes.view(np.int64), np.concatenate([one.ends for one in found]))


def _words(points: Any) -> list[_Hashed]:
    """Return words, pairs, triples, and pairs with a word between them."""
    (spaces,) = (points == _SPACE).nonzero()
    if len(spaces) < 2 or len(points) < 3:
        return []
    starts, ends = spaces[:-1] + 1, spaces[1:] - 1
    values = points * _first(_POWERS, _BASE, len(points))
    values[spaces] = 0
    # A word is the same wherever it stands: the power of its first letter is taken out again.
    word = np.add.reduceat(values, starts) * _first(_INVERSES, _INVERSE, len(points))[starts]
    before = word[:-1] * _PAIR
    pair = before + word[1:]
    return [
        _Hashed(word, ends),
        _Hashed(pair, ends[1:]),
        _Hashed(pair[:-1] * _PAIR + word[2:], ends[2:]),
        _Hashed(before[:-1] * _PAIR + word[2:], ends[2:]),
    ]


def fresh_words(text: str, reach: int) -> tuple[Any, Any]:
    """Return where the words of a wording end, and which of them do not stand within `reach`
    characters before, too."""
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)
    words = _words(points)
    if not words:
        return np.empty(0, np.int64), np.empty(0, bool)
    hashes, ends = words[0]
    order = np.argsort(hashes, kind="stable")
    same = np.concatenate(([False], hashes[order][1:] == hashes[order][:-1]))
    since = np.diff(ends[order], prepend=0)
    fresh = np.empty(len(ends), bool)
    fresh[order] = ~same | (since > reach)
    return ends, fresh


def _first(powers: Any, base: int, length: int) -> Any:
    return powers[:length] if length <= len(powers) else _powers(base, length)


def _runs(points: Any) -> list[_Hashed]:
    """Return the runs of letters, spaces among them."""
    found = []
    run, places = points, _PLACES[: len(points)]
    if len(places) < len(points):
        places = np.arange(len(points))
    for length in range(2, _RUNS[-1] + 1):
        run = run[:-1] * _RUN
        run += points[length - 1 :]
        if len(run) and length in _RUNS:
            found.append(_Hashed(run, places[length - 1 :]))
    return found


def _concepts(spoken: Spoken) -> list[_Hashed]:
    """Return the concepts that are said, and those that follow one another closely."""
    said: list[tuple[int, int, int]] = []
    for concept, all_ in spoken.items():
        number = _NUMBERS[concept]
        said += [(one.start, one.end - 1, number) for one in all_]
    if not said:
        return []
    # Most texts say a handful, for which numpy would take longer than for all of their words.
    said.sort()
    hashes = [_SAID[number] for _, _, number in said]
    ends = [end for _, end, _ in said]
    for step, follows in enumerate(_FOLLOWS, 1):
        for (_, before, first), (start, end, second) in zip(said, said[step:], strict=False):
            if start - before <= _FOLLOW + 1:
                hashes.append(follows[first][second])
                ends.append(end)
    return [_Hashed(np.array(hashes, np.uint64), np.array(ends, np.int64))]


def _follows(step: int) -> list[list[int]]:
    """Return the hashes of pairs of concepts, the second being the `step`-th after the first."""
    factor = int(_PAIR) + 2 * step
    return [[(first * factor + second) % (1 << 64) for second in _SAID] for first in _SAID]


_NUMBERS: Final = {concept: number for number, concept in enumerate(Concept)}
_SAID: Final = [number + 2 << 32 for number in _NUMBERS.values()]
"""What each concept is hashed from: beyond any letter."""

_FOLLOWS: Final = tuple(map(_follows, (1, 2, 3)))
