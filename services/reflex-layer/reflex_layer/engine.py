"""Pure: the one place that knows google-re2, whose searches are linear in the text's length.

Patterns run over the bytes of a `Shadow`: latin-1, so offsets need no decoding. RE2 releases
the interpreter lock while it searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, cast

import re2

_MAX_MEMORY_BYTES = 64 << 20
"""Above RE2's default of 8 MiB, under which it throws its automaton away on dense texts."""


class _Found(Protocol):
    def span(self) -> tuple[int, int]: ...


class Pattern(Protocol):
    """A compiled RE2 pattern, as far as this package uses it."""

    def search(self, text: bytes) -> _Found | None: ...
    def fullmatch(self, text: bytes) -> _Found | None: ...
    def finditer(self, text: bytes) -> Iterator[_Found]: ...


def compiled(pattern: str) -> Pattern:
    """Compile an RE2 pattern of latin-1 characters; raises `re2.error` if it is not one."""
    return cast(Pattern, re2.compile(pattern.encode("latin-1"), _options()))


def spans(pattern: Pattern, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of the matches from left to right, none overlapping another."""
    for found in pattern.finditer(data):
        yield found.span()


class Gate:
    """Tells in one pass over a text which of many patterns stand in it at all."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set = re2.Set.SearchSet(_options())
        for pattern in patterns:
            self._set.Add(pattern.encode("latin-1"))
        self._set.Compile()

    def open_for(self, data: bytes) -> list[int]:
        """Return the indexes of the patterns that match somewhere, in order."""
        return sorted(self._set.Match(data) or ())


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MAX_MEMORY_BYTES
    options.never_capture = True
    options.log_errors = False
    return options
