"""Pure: which windows of a text are learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from reflex_layer.injection.linear import by_size

_MOST_WINDOWS: Final = 6
"""Of each size of a long innocent text, evenly spaced; the others teach no more. Of an attack all
are taken: one of them is the window that attacks."""


def chosen(length: int, *, whole: bool) -> Iterator[tuple[int, int]]:
    """Yield windows of each size: all of them, or some from all over the text."""
    for starts, ends in by_size(length):
        count = len(starts) if whole else min(len(starts), _MOST_WINDOWS)
        for place in np.linspace(0, len(starts) - 1, count).round().astype(int):
            yield int(starts[place]), int(ends[place])
