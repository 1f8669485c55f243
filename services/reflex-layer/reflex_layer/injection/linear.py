"""A linear score of a text, from weights that were learnt: how much it reads like an attack.

Never the only judge: `scoring` joins it with the rules. Weights are one byte each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from reflex_layer.injection.features import Features, features
from reflex_layer.injection.speech import Spoken

WINDOWS: Final = (240, 960)
"""Characters of a wording that are weighed together, besides a text that is not longer."""

_STEP: Final = 2
"""Windows begin a half of their length after one another."""

_SMOOTHING: Final = 40.0
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
        """Return the window of a wording that reads most like an attack."""
        has = features(text, spoken)
        sums = self._sums(has, len(text))
        best = Weighed(-np.inf, 0, len(text))
        for start, end in windows(len(text)):
            odds = self._odds(sums[end] - sums[start], end - start)
            if odds > best.odds:
                best = Weighed(odds, start, end)
        return best

    def _sums(self, has: Features, length: int) -> Any:
        weights = self.weights[has.places].astype(np.float32) * self.scale
        return np.concatenate(([0.0], np.cumsum(np.bincount(has.ends, weights, length))))

    def _odds(self, total: float, length: int) -> float:
        return float(total / norm(length) + self.bias)


def norm(length: int) -> float:
    """Return what the weights of a window of so many characters are divided by."""
    return float(np.sqrt(length + _SMOOTHING))


def windows(length: int) -> Iterator[tuple[int, int]]:
    """Yield overlapping windows over a wording, of each size; all of a short one as one."""
    if length <= WINDOWS[-1]:
        yield 0, length
    for size in WINDOWS:
        if length > size:
            step = size // _STEP
            for start in range(0, length - size + step, step):
                yield start, min(start + size, length)


def load(file: Path = FILE) -> Linear:
    """Read the weights that were learnt."""
    with np.load(file) as held:
        return Linear(held["weights"], float(held["scale"]), float(held["bias"]))
