"""Pure: the words of a text, one space between them, and where in its shadow they stand.

Signs between words do not change what they say, so that `ignore -- all_previous` and `ignore all
previous` are the same wording; an apostrophe inside a word is left out. Letters are those of
`Shadow.native`: lower case, without marks, of every script.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from reflex_layer.text import OTHER_SYMBOL, Shadow

_DROPPED: Final = b"'"
_KEPT: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
_SPACED: Final = bytes(c if c in _KEPT else 32 for c in range(256))
_MAX_REMEMBERED: Final = 20_000


class _Classes(dict[int, str | None]):
    """For `str.translate`: letters as they are, nothing for an apostrophe, else a space."""

    def __missing__(self, point: int) -> str | None:
        character = chr(point)
        is_word = unicodedata.category(character)[0] in "LNM" and character != OTHER_SYMBOL
        kept = None if character == "'" else character if is_word else " "
        if len(self) < _MAX_REMEMBERED:
            self[point] = kept
        return kept


_CLASSES: Final = _Classes()


@dataclass(frozen=True)
class Wording:
    """The words of a shadow as `text`, which begins and ends with a space."""

    shadow: Shadow
    text: str
    foreign: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the shadow that a span of `text` with a word in it stands for."""
        word = self.text[start:end]
        start += len(word) - len(word.lstrip(" "))
        end -= len(word) - len(word.rstrip(" "))
        return int(self._places[start]), int(self._places[end - 1]) + 1

    def between(self, end: int, start: int) -> tuple[int, int]:
        """Return the span of the shadow from the word that ends at `end` to the one at `start`."""
        last = end - 1 if self.text[end - 1] != " " else end - 2
        following = start if self.text[start] != " " else start + 1
        return int(self._places[last]) + 1, int(self._places[following])

    @cached_property
    def _places(self) -> Any:
        """Where each character of `text` stands in the shadow; the outer spaces nowhere real."""
        if self.foreign:
            points = np.frombuffer(self.shadow.native.encode("utf-32-le"), np.uint32)
            spaced = np.fromiter(
                (_CLASSES[point] == " " for point in points.tolist()), bool, len(points)
            )
        else:
            points = np.frombuffer(self.shadow.lower, np.uint8)
            spaced = np.frombuffer(self.shadow.lower.translate(_SPACED), np.uint8) == 32
        left = np.flatnonzero(points != 39)
        blank = spaced[left]
        follows = np.concatenate(([True], blank[:-1]))
        inner = left[~(blank & follows)]
        return np.concatenate(([0], inner, [len(points)]))


def wordings(shadow: Shadow) -> Iterator[Wording]:
    """Yield the ways to read a shadow: each script as it is and, where letters that only look
    Latin stand among Latin ones, those as what they look like. In time linear in its length."""
    foreign = shadow.is_foreign
    if foreign:
        yield _joined(shadow, shadow.native.translate(_CLASSES), foreign=True)
    if not foreign or shadow.is_mixed:
        words = shadow.lower.translate(_SPACED, _DROPPED).decode("latin-1")
        yield _joined(shadow, words, foreign=False)


def _joined(shadow: Shadow, words: str, *, foreign: bool) -> Wording:
    return Wording(shadow, f" {' '.join(words.split())} ", foreign)
