"""Turns the texts of the corpus into rows that a linear model can learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
from drawing import Drawn
from scipy import sparse

from reflex_layer.injection.features import SIZE, features
from reflex_layer.injection.linear import norm, windows
from reflex_layer.injection.search import spoken_in
from reflex_layer.injection.wording import wordings
from reflex_layer.text import shadow

_MOST_WINDOWS: Final = 12
"""Of a long innocent text; the others teach no more."""


class Rows(NamedTuple):
    """A row for each window: its features, and the number of the text it is of."""

    matrix: Any
    texts: Any


def rows(texts: Iterable[Drawn]) -> Rows:
    """Return the windows that the linear score would weigh in each text, in its main wording."""
    data: list[Any] = []
    places: list[Any] = []
    lengths: list[int] = []
    numbers: list[int] = []
    for number, drawn in enumerate(texts):
        for place, count, size in _windows(drawn.text):
            places.append(place)
            data.append((count / norm(size)).astype(np.float32))
            lengths.append(len(place))
            numbers.append(number)
    ends = np.concatenate(([0], np.cumsum(lengths)))
    shape = (len(lengths), SIZE)
    matrix = sparse.csr_matrix((np.concatenate(data), np.concatenate(places), ends), shape)
    return Rows(matrix, np.array(numbers))


def _windows(text: str) -> list[tuple[Any, Any, int]]:
    wording = next(iter(wordings(shadow(text))))
    has = features(wording.text, spoken_in(wording))
    found = []
    for start, end in list(zip(*windows(len(wording.text)), strict=True))[:_MOST_WINDOWS]:
        inside = has.places[(has.ends >= start) & (has.ends < end)]
        found.append((*np.unique(inside, return_counts=True), end - start))
    return found
