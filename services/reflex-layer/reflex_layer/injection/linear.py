"""A linear score of a wording, from weights that were learnt: how much it reads like an attack.

Never the only judge: `scoring` joins it with the rules. Weights are one byte each; they are made
by `make weights` from the corpus in `training`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from math import log
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from reflex_layer.injection.features import SIZE, features, fresh_words
from reflex_layer.injection.speech import Spoken

WINDOWS: Final = (240, 960)
"""Characters of a wording that are weighed together, besides a text that is not longer."""

_SMOOTHING: Final = 40.0
_BY_CHANCE: Final = 1.0
"""Log-odds lost each time a text is longer by a factor of e: as many more windows, each as likely to
look like an attack by chance."""

_FEW: Final = 8
"""A window of which less than one word in so many is new cannot be judged."""

_SHORT: Final = 2048
"""Characters of a wording whose windows are remembered: a few hundred bytes for each length."""

_NOTHING: Final = -20.0
"""Log-odds that weigh nothing."""

FILE: Final = Path(__file__).with_name("weights.npz")


class Weighed(NamedTuple):
    """The window of a wording that reads most like an attack: its log-odds, and where it is."""

    odds: float
    start: int
    end: int


@dataclass(frozen=True)
class Linear:
    """Weights for the places of `features`, a factor for all of them, and what is added."""

    weights: Any
    scale: float
    bias: float

    def weigh(self, text: str, spoken: Spoken) -> Weighed:
        """Return the window of a wording that reads most like an attack.

        The more windows there are, the likelier one looks like it by chance: odds fall with the
        logarithm of their number.
        """
        has = features(text, spoken)
        weights = self.weights.take(has.places)
        if len(text) <= WINDOWS[0]:  # which is one window: where in it something stands is the same
            odds = float(self._odds(weights.sum(), norm(len(text))))
            if odds <= 0:
                return Weighed(odds, 0, len(text))
        sums = np.zeros(len(text) + 1)
        np.bincount(has.ends, weights, len(text)).cumsum(out=sums[1:])
        starts, ends, norms = windows(len(text))
        odds = self._odds(sums[ends] - sums[starts], norms)
        best = int(odds.argmax())
        if odds[best] > 0:
            odds[_repeat(text, starts, ends)] = _NOTHING
            best = int(odds.argmax())
        by_chance = _BY_CHANCE * log(max(1.0, len(text) / WINDOWS[-1]))
        best_odds = float(odds[best]) - by_chance
        return Weighed(best_odds, int(starts[best]), int(ends[best]))

    def _odds(self, sums: Any, norms: Any) -> Any:
        """Return the log-odds of windows, of the sums of their weights."""
        return sums / norms * self.scale + self.bias


def _repeat(text: str, starts: Any, ends: Any) -> Any:
    """Tell which windows say the same few words over and over.

    A word weighs as often as it stands there, so that sixty of them would say sixty times what one
    hardly says. A window that repeats an attack still has the words of it.
    """
    places, fresh = fresh_words(text, WINDOWS[0])
    count = np.concatenate(([0], np.cumsum(np.bincount(places, minlength=len(text)))))
    new = np.concatenate(([0], np.cumsum(np.bincount(places, fresh, len(text)))))
    words, of_them = count[ends] - count[starts], new[ends] - new[starts]
    return (words >= _FEW) & (of_them * _FEW < words)


def norm(lengths: Any) -> Any:
    """Return what the weights of windows of so many characters are divided by."""
    return np.sqrt(lengths + _SMOOTHING)


class Windows(NamedTuple):
    """Where windows over a wording begin and end, and what their weights are divided by."""

    starts: Any
    ends: Any
    norms: Any


def windows(length: int) -> Windows:
    """Return all windows over a wording. Those of a short one take longer to work out than to
    weigh, and are worked out once for each length."""
    return _short_windows(length) if length <= _SHORT else _all_windows(length)


def _all_windows(length: int) -> Windows:
    found = by_size(length)
    starts = np.concatenate([starts for starts, _ in found])
    ends = np.concatenate([ends for _, ends in found])
    return Windows(starts, ends, norm(ends - starts))


_short_windows: Final = lru_cache(_SHORT)(_all_windows)


def by_size(length: int) -> list[tuple[Any, Any]]:
    """Return where windows of each size begin and end, overlapping by half; all of a wording that
    is not longer than the longest is one of them."""
    found = [_overlapping(length, size) for size in WINDOWS if length > size]
    if length <= WINDOWS[-1]:
        found.append((np.array([0]), np.array([length])))
    return found


def _overlapping(length: int, size: int) -> tuple[Any, Any]:
    starts = np.arange(0, length - size // 2, size // 2)
    return starts, np.minimum(starts + size, length)


@cache
def learnt(file: Path = FILE) -> Linear:
    """Read the weights that were learnt; raises ValueError if they are not `SIZE` bytes."""
    with np.load(file) as held:
        weights = held["weights"]
        if weights.shape != (SIZE,) or weights.dtype != np.int8:
            raise ValueError(f"{file.name} does not hold {SIZE} weights of one byte")
        return Linear(weights, float(held["scale"]), float(held["bias"]))
