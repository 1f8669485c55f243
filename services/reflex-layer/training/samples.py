"""Turns the texts of the corpus into rows that a linear model can learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from choosing import chosen
from drawing import Drawn
from scipy import sparse

from reflex_layer.injection.features import SIZE, features
from reflex_layer.injection.linear import norm
from reflex_layer.injection.search import spoken_in
from reflex_layer.injection.wording import wordings
from reflex_layer.text import shadow


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
        for place, count, size in _windows(drawn):
            places.append(place)
            data.append((count / norm(size)).astype(np.float32))
            lengths.append(len(place))
            numbers.append(number)
    ends = np.concatenate(([0], np.cumsum(lengths)))
    shape = (len(lengths), SIZE)
    matrix = sparse.csr_matrix((np.concatenate(data), np.concatenate(places), ends), shape)
    return Rows(matrix, np.array(numbers))


def _windows(drawn: Drawn) -> list[tuple[Any, Any, int]]:
    wording = next(iter(wordings(shadow(drawn.text))))
    has = features(wording.text, spoken_in(wording))
    found = []
    for start, end in chosen(len(wording.text), whole=drawn.attack):
        inside = has.places[(has.ends >= start) & (has.ends < end)]
        found.append((*np.unique(inside, return_counts=True), end - start))
    return found
