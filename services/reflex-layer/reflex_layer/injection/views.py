"""Pure: what a text says to a model that undoes an encoding or a disguise.

Each view is a text of its own, to be read like any other, and knows where its carrier stands.
Their number, depth and length are bounded, and a text without any disguise has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from reflex_layer.engine import Gate, compiled, spans
from reflex_layer.injection.codes import CODES, Code
from reflex_layer.injection.disguises import disguised
from reflex_layer.injection.spelling import respelt
from reflex_layer.text import Shadow, shadow

MAX_VIEWS: Final = 24
MAX_DEPTH: Final = 2
MAX_LENGTH: Final = 200_000
"""How many views a text may have, how deep they may be nested, and their length together."""

SHORTEST: Final = 8
"""A view with fewer characters holds no instruction."""

_GATE: Final = Gate([code.gate for code in CODES])
_CARRIERS: Final = tuple(compiled(code.carrier) for code in CODES)


class View(NamedTuple):
    """What a carrier at a span of the shadow says; with `aligned`, character for character."""

    seen: Shadow
    start: int
    end: int
    aligned: bool

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the carrier's shadow that a span of the view stands for."""
        if self.aligned:
            return self.start + start, self.start + end
        return self.start, self.end


def views(seen: Shadow) -> Iterator[View]:
    """Yield the views of a shadow, those of its views included, `MAX_VIEWS` at most."""
    left = MAX_LENGTH
    waiting = [(view, 1) for view in _first(seen)]
    for number in range(MAX_VIEWS):
        if number >= len(waiting):
            return
        view, depth = waiting[number]
        left -= len(view.seen.lower)
        if left < 0:
            return
        yield view
        if depth < MAX_DEPTH:
            waiting += [(_nested(inner, view), depth + 1) for inner in _first(view.seen)]


def _nested(inner: View, outer: View) -> View:
    start, end = outer.place(inner.start, inner.end)
    return View(inner.seen, start, end, inner.aligned and outer.aligned)


def _first(seen: Shadow) -> Iterator[View]:
    """Yield the views that take one step to see."""
    for index in _GATE.open_for(seen.lower):
        for start, end in spans(_CARRIERS[index], seen.cased):
            said = _decoded(CODES[index], seen.cased[start:end])
            if said is not None:
                yield View(said, start, end, aligned=False)
    for disguise in chain(disguised(seen), respelt(seen)):
        said = shadow(disguise.text)
        yield View(said, disguise.start, disguise.end, disguise.aligned)


def _decoded(code: Code, carrier: bytes) -> Shadow | None:
    """Return what a carrier says, if it says something that reads like language."""
    text = code.decode(carrier)
    if text is None or len(text) < SHORTEST or "\0" in text:
        return None
    said = shadow(text)
    letters = len(said.lower.translate(None, _NO_LETTERS))
    return said if letters >= 0.7 * len(said.lower) else None


_NO_LETTERS: Final = bytes(c for c in range(255) if not (97 <= c <= 122 or c == 32))
