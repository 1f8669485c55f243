"""Where the rules and joins stand in a shadow, and what a reading of it weighs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from reflex_layer.engine import Gate, Pattern, compiled, first, spans, stands_in
from reflex_layer.injection.joins import JOINS
from reflex_layer.injection.negation import is_reminder
from reflex_layer.injection.qualified import settled
from reflex_layer.injection.rule import Rule
from reflex_layer.injection.speech import Spoken, vocabulary
from reflex_layer.injection.wording import Wording
from reflex_layer.text import Shadow

_LONGEST: Final = 120
"""How many characters of the second part of a rule are looked at."""

_AFTER: Final = compiled(r"""(?:[ .,;!?"'\r\n]|\b(?:and|but|or|then|that|which))+$""")
"""What ends a rule but is no part of the attack; a quotation mark may close what is quoted."""

_LEADING_ON: Final = (
    *(b" ", b".", b",", b";", b"!", b"?", b'"', b"'", b"\r", b"\n"),
    *(b"and", b"but", b"or", b"then", b"that", b"which"),
)
"""How all of that ends: most matches have none of it, and telling so takes a fifth of a search."""

_SENTENCE_END: Final = compiled(r"[.!?;][\s\"')\xff]|\n\n")


_SETS: Final = 3
"""Of two on, the automata fit into memory; each one more is one more pass over the text."""

_FEW: Final = 4
"""So many rules are looked at one by one sooner than all at once."""

_FOREIGN_ENDS: Final = frozenset("\u3002\u0964\u0965\u06d4\u1362\u1803")
"""Signs that end a sentence in Chinese and Japanese, Hindi, Urdu, Ethiopic and Mongolian."""


class Match(NamedTuple):
    """A rule or join at a span of the shadow, with its weight."""

    type: str
    start: int
    end: int
    weight: float
    forbidden: bool = False
    """Whether the reader is told not to; in English what stands before a match tells it, too."""


class Rules:
    """Rules ready to be looked for; two passes tell which of them are worth a look."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._patterns: tuple[tuple[Pattern, Pattern | None], ...] = tuple(
            (compiled(rule.first), compiled(rule.then) if rule.then else None) for rule in rules
        )
        self._unless = {
            index: compiled(rf"^\W{{0,3}}(?:{rule.unless})")
            for index, rule in enumerate(rules)
            if rule.unless
        }
        self._first = Gate([rule.first for rule in rules], _SETS)
        self._then = Gate([rule.then or rule.first for rule in rules], _SETS)

    def find(self, seen: Shadow) -> Iterator[Match]:
        """Yield where any rule stands, in no particular order."""
        for index in self._worth_a_look(seen.lower):
            rule = self.rules[index]
            for start, end in self.spans(index, seen):
                if is_reminder(seen.lower, start, end):
                    continue
                yield Match(rule.type, start, _attack_end(seen.lower, start, end), rule.weight)

    def _worth_a_look(self, data: bytes) -> list[int]:
        followed = self._then.open_for(data)
        if len(followed) <= _FEW:
            return [index for index in followed if stands_in(self._patterns[index][0], data)]
        opened = set(self._first.open_for(data))
        return [index for index in followed if index in opened]

    def spans(self, index: int, seen: Shadow) -> list[tuple[int, int]]:
        """Return where one rule stands: its first part with the nearest `then`."""
        found = self._all_spans(index, seen)
        unless = self._unless.get(index)
        if unless is None:
            return found
        return [
            one for one in found if not stands_in(unless, seen.lower[one[1] : one[1] + _LONGEST])
        ]

    def _all_spans(self, index: int, seen: Shadow) -> list[tuple[int, int]]:
        opening, then = self._patterns[index]
        opened = spans(opening, seen.lower)
        if then is None:
            return opened
        within = self.rules[index].within
        found = []
        for start, end in opened:
            span = first(then, seen.lower, end, end + within + _LONGEST)
            if span and span[0] - end <= within and not is_apart(seen, end, span[0]):
                found.append((start, span[1]))
        return found


def _attack_end(data: bytes, start: int, end: int) -> int:
    """Return where the attack that a rule found ends, without what only leads on from it."""
    if not data.endswith(_LEADING_ON, start, end):
        return end
    after = first(_AFTER, data[start:end], 0, end - start)
    return start + after[0] if after else end


def joins(wording: Wording, spoken: Spoken) -> Iterator[Match]:
    """Yield where any join stands in a wording, as spans of its shadow."""

    def apart(end: int, start: int) -> bool:
        return is_apart(wording.shadow, *wording.between(end, start))

    # Most texts speak of an act or of an object, and few of both.
    for join in JOINS:
        if spoken.keys().isdisjoint(join.objects) or spoken.keys().isdisjoint(join.acts):
            continue
        for start, end, forbidden in join.find(spoken, apart):
            yield Match(join.type, *wording.span(start, end), join.weight, forbidden)


def spoken_in(wording: Wording) -> Spoken:
    """Return what a wording says in the languages that are known."""
    return settled(wording, vocabulary().find(wording.text))


def is_apart(seen: Shadow, start: int, end: int) -> bool:
    """Tell whether a sentence ends between two places of a shadow."""
    if start >= end:
        return False
    if first(_SENTENCE_END, seen.lower, start, end) is not None:
        return True
    if seen.is_latin:
        return False
    first_place, last_place = seen.span(start, end)
    return not _FOREIGN_ENDS.isdisjoint(seen.text[first_place:last_place])
