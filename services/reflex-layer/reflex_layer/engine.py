"""Pure: the one place that knows google-re2, whose searches are linear in the text's length.

Patterns run over the bytes of a `Shadow`: latin-1, so offsets need no decoding. RE2 releases
the interpreter lock while it searches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol, cast

import re2

_MAX_MEMORY_BYTES = 64 << 20
"""Above RE2's default of 8 MiB, under which it throws its automaton away on dense texts."""


_ANYWHERE: Final = re2._re2.RE2.Anchor.UNANCHORED
_AS_A_WHOLE: Final = re2._re2.RE2.Anchor.ANCHOR_BOTH


class _Found(Protocol):
    def span(self) -> tuple[int, int]: ...


class _Searcher(Protocol):
    """What `re2` wraps: an expression that knows neither groups nor a match object."""

    def Match(  # noqa: N802 -- the name that google-re2 gives it
        self, anchor: object, text: bytes, start: int, end: int, /
    ) -> list[tuple[int, int]]: ...


class Pattern(Protocol):
    """A compiled RE2 pattern, as far as this package uses it.

    `_regexp` searches in a third of the time of the methods, which make an object for each match.
    """

    @property
    def _regexp(self) -> _Searcher: ...

    def search(self, text: bytes) -> _Found | None: ...
    def fullmatch(self, text: bytes) -> _Found | None: ...
    def finditer(self, text: bytes) -> Iterator[_Found]: ...


def compiled(pattern: str) -> Pattern:
    """Compile an RE2 pattern of latin-1 characters; raises `re2.error` if it is not one."""
    return cast(Pattern, re2.compile(pattern.encode("latin-1"), _options()))


def spans(
    pattern: Pattern, data: bytes, start: int = 0, end: int | None = None
) -> list[tuple[int, int]]:
    """Return the spans of the matches from left to right, none overlapping another."""
    search = pattern._regexp.Match
    last = len(data) if end is None else min(end, len(data))
    found: list[tuple[int, int]] = []
    while start < last:
        (span,) = search(_ANYWHERE, data, start, last)
        after = span[1]
        if after < 0:
            break
        found.append(span)
        start = after if after > start else start + 1
    return found


EDGE: Final = r"(?:\b|_)"
"""Where a value may begin or end: at an edge of a word, or at an underscore that is part of the
match; `values` leaves it out."""


def values(
    pattern: Pattern, data: bytes, start: int = 0, end: int | None = None
) -> list[tuple[int, int]]:
    """Return the spans of the matches as `spans` does, without an underscore at either end."""
    found = spans(pattern, data, start, end)
    if b"_" not in data:
        return found
    return [
        (start + data.startswith(b"_", start), end - data.endswith(b"_", start, end))
        for start, end in found
    ]


def first(pattern: Pattern, data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """Return the span of the first match in `data[start:end]`, without copying it."""
    ((found, after),) = pattern._regexp.Match(_ANYWHERE, data, start, min(end, len(data)))
    return (found, after) if found >= 0 else None


def stands_in(pattern: Pattern, data: bytes) -> bool:
    """Tell whether `data` holds a match."""
    ((found, _),) = pattern._regexp.Match(_ANYWHERE, data, 0, len(data))
    return found >= 0


def is_whole(pattern: Pattern, data: bytes, start: int, end: int) -> bool:
    """Tell whether all of `data[start:end]` is one match, without copying it."""
    ((found, _),) = pattern._regexp.Match(_AS_A_WHOLE, data, start, end)
    return found >= 0


class _Set(Protocol):
    """What `re2.Set` wraps: many expressions looked for at once."""

    def Match(self, text: bytes, /) -> list[int]: ...  # noqa: N802 -- as above


class Gate:
    """Tells in one pass over a text which of many patterns stand in it at all.

    Patterns that are the same are looked for once. Many long ones are better parted into several
    `sets`, neighbours together: one automaton of all would have more states than memory holds.
    """

    def __init__(self, patterns: Sequence[str], sets: int = 1) -> None:
        sharing: dict[str, list[int]] = {}
        for index, pattern in enumerate(patterns):
            sharing.setdefault(pattern, []).append(index)
        size = -(-len(sharing) // sets)
        parts = [list(sharing)[start : start + size] for start in range(0, len(sharing), size)]
        self._sets = [(_set(part), [sharing[pattern] for pattern in part]) for part in parts]

    def open_for(self, data: bytes) -> list[int]:
        """Return the indexes of the patterns that match somewhere, in order."""
        opened: list[int] = []
        for matcher, indexes in self._sets:
            for found in matcher.Match(data):
                opened += indexes[found]
        return sorted(opened)


def _set(patterns: Sequence[str]) -> _Set:
    matcher = re2.Set.SearchSet(_options())
    for pattern in patterns:
        matcher.Add(pattern.encode("latin-1"))
    matcher.Compile()
    return cast(_Set, matcher._set)


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = _MAX_MEMORY_BYTES
    options.never_capture = True
    options.log_errors = False
    return options
