"""Pure: which concepts of an attack a text speaks of, in any language, found in one pass.

Ten thousand phrases cost what one costs: an Aho-Corasick automaton reads each character once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick

from reflex_layer.injection.lexicon import LANGUAGES
from reflex_layer.injection.lexicon.concept import Concept, Language
from reflex_layer.injection.lexicon.english_too import ENGLISH_TOO
from reflex_layer.injection.lexicon.qualifiers import qualifiers
from reflex_layer.injection.wording import wordings
from reflex_layer.text import shadow

ENGLISH: Final = 1
"""The bit of English, which mixes with every language."""


class Said(NamedTuple):
    """A concept at a span of a wording, and the languages that say it so, a bit for each."""

    start: int
    end: int
    languages: int
    forbidden: bool = False
    """Whether it is an act, and a negation stands at its side."""


Spoken = Mapping[Concept, list[Said]]
"""What is said by concept, from left to right; a concept that is not spoken of is left out."""


class Vocabulary:
    """The phrases of some languages, ready to be looked for. The first language is English."""

    def __init__(self, languages: Iterable[Language]) -> None:
        meanings: dict[str, dict[Concept, int]] = {}
        for number, language in enumerate(languages):
            for concept, phrases in chain(language.words.items(), qualifiers(language.code)):
                for needle in chain.from_iterable(_needles(one, language) for one in phrases):
                    spoken_by = 1 << number | ENGLISH * (needle.strip() in ENGLISH_TOO)
                    means = meanings.setdefault(needle, {})
                    means[concept] = means.get(concept, 0) | spoken_by
        self._meanings = [tuple(means.items()) for means in meanings.values()]
        self._search = AhoCorasick(list(meanings))

    def find(self, text: str) -> Spoken:
        """Return what a wording's text says; it begins and ends with a space."""
        spoken: dict[Concept, list[Said]] = {}
        for index, start, end in self._search.find_matches_as_indexes(text, overlapping=True):
            for concept, languages in self._meanings[index]:
                spoken.setdefault(concept, []).append(Said(start, end, languages))
        for said in spoken.values():
            said.sort()
        return spoken


def _needles(phrase: str, language: Language) -> Iterator[str]:
    """Yield a phrase as it may stand in a wording, where an apostrophe joins what it stands
    between: both `n oublie` and `noublie` are written."""
    needle = _needle(phrase, language)
    yield needle
    if language.code == "ar" and len(needle) > _SHORT:
        yield from (f" {letter}{needle[1:]}" for letter in _PROCLITICS)
    if language.code in _ELIDING and (joined := _ELIDED.sub(r" \1", needle)) != needle:
        yield joined


def _needle(phrase: str, language: Language) -> str:
    """Return a phrase as it stands in a wording, spaces around it where words have them."""
    open_ended = phrase.endswith("*")
    words = next(wordings(shadow(phrase.removesuffix("*")))).text
    if language.script == "joined":
        return words.strip(" ") if not words.isascii() else words
    return words.removesuffix(" ") if open_ended else words


_PROCLITICS: Final = "وفبل"
"""And, so, with, to: Arabic writes them together with the next word."""

_SHORT: Final = 6
"""A needle of fewer letters might with another before it be another word."""

_ELIDING: Final = frozenset({"fr", "it"})
_ELIDED: Final = re.compile(
    r" ([cdjlmnst]|qu|jusqu|all|dell|nell|sull|quell|un|tutt) (?=[aeiouyh])"
)


@cache
def vocabulary() -> Vocabulary:
    """Return the phrases of all languages; the first call takes a quarter of a second, which no
    import has to wait for."""
    return Vocabulary(LANGUAGES)
