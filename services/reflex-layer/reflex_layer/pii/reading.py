"""A shadow with what several recognisers look for in it: each pass is made once, when first asked.

A recogniser that needs a pass of its own makes it; one that shares its candidates with another
takes them from here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from operator import itemgetter
from typing import Final, NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from reflex_layer.engine import EDGE, compiled, spans, values
from reflex_layer.escapes import plain
from reflex_layer.text import Shadow, fold

_JOINTS: Final = (" ", "_", "-", "", ".")
"""What may stand between the words of a cue: `account number`, `account_number`, …"""

_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz\xff")
_LETTERS_AND_DIGITS: Final = _LETTERS | frozenset(b"0123456789")
_NINE: Final = compiled(
    rf"{EDGE}[0-9]{{3}}(?:-[0-9]{{2}}-|\.[0-9]{{2}}\.| [0-9]{{2}} |/[0-9]{{2}}/|[0-9]{{2}})[0-9]{{4}}{EDGE}"
)
_LONG: Final = compiled(r"[0-9A-Za-z]{17,}")

_START: Final = itemgetter(0)
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")

Span = tuple[int, int]


class Cue(NamedTuple):
    """A phrase at a span of the shadow, and the kinds it speaks for."""

    start: int
    end: int
    kinds: list[str]


class Cues:
    """The phrases that speak for kinds, all found in one pass; no pattern, only literals."""

    def __init__(self, by_kind: Mapping[str, Iterable[str]]) -> None:
        kinds: dict[str, list[str]] = {}
        for kind, phrases in by_kind.items():
            for phrase in {form for written in phrases for form in _forms(written)}:
                kinds.setdefault(phrase, []).append(kind)
        self._kinds = list(kinds.values())
        self._closed = [phrase[-1:].isalpha() for phrase in kinds]
        self._search = BytesAhoCorasick([phrase.encode("latin-1") for phrase in kinds])

    def find(self, lower: bytes, cased: bytes) -> list[Cue]:
        """Return where phrases stand as whole words, from left to right.

        A phrase inside another is no cue: `order number` says nothing about a `number`.
        """
        found: list[Cue] = []
        # A sign at either end, so that a phrase may stand there as anywhere.
        around = lower + b" "
        humps = cased != lower
        for index, start, end in self._search.find_matches_as_indexes(lower, overlapping=True):
            if around[start - 1] in _LETTERS_AND_DIGITS and not (humps and _humps(cased, start)):
                continue
            closed = around[end] in _LETTERS and self._closed[index]
            if closed and not (humps and _humps(cased, end)):
                continue
            # Matches come in the order of their ends, so what this one holds was found just before.
            while found and found[-1].start >= start:
                found.pop()
            if not found or end > found[-1].end:
                found.append(Cue(start, end, self._kinds[index]))
        return found


def _humps(cased: bytes, place: int) -> bool:
    """Tell whether a word begins at a place inside a name such as `patientBirthDate`."""
    return cased[place] in _CAPITALS and cased[place - 1] in _LETTERS


def _forms(written: str) -> Iterable[str]:
    """Yield a phrase with its words joined in every way that people and programs join them.

    Letters of other scripts are looked for as what they look like, as everywhere in a shadow.
    """
    parts = "".join(map(fold, written)).lower().split()
    if len(parts) < 3:
        return [joint.join(parts) for joint in _JOINTS]
    return [
        "".join(sum(zip(parts, (*joints, ""), strict=True), ()))
        for joints in product(_JOINTS[:4], repeat=len(parts) - 1)
        if len(set(joints)) == 1 or set(joints) == {" ", "-"}
    ]


@dataclass(eq=False)
class Reading(Shadow):
    """A shadow that knows the cues of the recognisers and shares the passes over it."""

    known: Cues = field(default_factory=lambda: Cues({}))

    @classmethod
    def of(cls, shadow: Shadow, known: Cues) -> Reading:
        """Return the reading of a shadow with the cues that are known."""
        cased = plain(shadow.cased)
        lower = shadow.lower if cased is shadow.cased else cased.lower()
        return cls(shadow.text, cased, lower, shadow.places, shadow.is_latin, known)

    @cached_property
    def _cues(self) -> list[Cue]:
        return self.known.find(self.lower, self.cased)

    @cached_property
    def cues(self) -> dict[str, list[Span]]:
        """Where the cues of each kind stand; kinds without any are left out."""
        by_kind: dict[str, list[Span]] = {}
        for start, end, kinds in self._cues:
            for kind in kinds:
                if kind in by_kind:
                    by_kind[kind].append((start, end))
                else:
                    by_kind[kind] = [(start, end)]
        return by_kind

    def next_cue(self, place: int) -> int:
        """Return where the first cue of any kind begins at or after a place, or the text's end."""
        index = bisect_left(self._cues, place, key=_START)
        return self._cues[index].start if index < len(self._cues) else len(self.lower)

    def has_cue(self, kind: str, start: int, end: int) -> bool:
        """Tell whether a cue of a kind begins between two places."""
        places = self.cues.get(kind)
        if not places:
            return False
        index = bisect_left(places, (start, 0))
        return index < len(places) and places[index][0] < end

    @cached_property
    def nines(self) -> list[Span]:
        """Nine digits as 3-2-4, the way taxpayers' numbers of the United States are written."""
        return list(values(_NINE, self.lower))

    @cached_property
    def long_words(self) -> list[Span]:
        """Words of at least 17 letters and digits: vehicles, wallets."""
        return list(spans(_LONG, self.cased))
