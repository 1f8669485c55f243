"""Pure: words of attacks that are misspelt, or written as one name.

The forms one letter away from a dozen key words are made once, when the module is read: a letter
too many, too few, another, or two exchanged (Damerau, A technique for computer detection and
correction of spelling errors, 1964). What is a word of its own is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from string import ascii_lowercase
from typing import Final

from reflex_layer.engine import compiled, spans, stands_in
from reflex_layer.injection.disguises import Disguise
from reflex_layer.injection.lexicon.phrases import phrases
from reflex_layer.text import Shadow

KEYS: Final = phrases(
    "ignore, disregard, forget, bypass, override, reveal, previous, instruction, instructions, prompt",
    "system, guidelines, restrictions",
)
"""Words of six letters and more: shorter ones are one letter away from too many others."""

_WORDS_TOO: Final = frozenset(
    phrases(
        "ignored, ignores, ignorer, ignora, ignori, ignoro, ignoren, disregards, forgets, forged",
        "forger, forges, forge, forgot, bypast, overrides, overrode, overrider, reveals, revel, repeal",
        "reveil, revela, previos, instruccion, prompts, systems, systeme, systemd, systema, systemy",
        "precious, pervious, overripe, overside, promptu, ignorez, systemu, systemem, sistem, systen, guideline, restriction",
    )
)
"""Words of English and other languages that are one letter away from a key word."""

_AROUND: Final = 160
"""How many characters around misspelt words are read again."""

_MAX_NAMES: Final = 12
_NAME: Final = compiled(r"\b[a-z]+(?:_[a-z]+){2,}\b")
_IN_CODE_BEFORE: Final = compiled(
    r"(?:[.$@/\\<\"'`(\[-]|\b(?:def|class|fn|func|function|import|var|let|const) )$"
)
_IN_CODE_AFTER: Final = compiled(r"^(?:[(.\[/<>\"'`=:)\]]|[ ][=:])")
_WORD: Final = re.compile("[a-z]{5,13}")
_BLANK: Final = bytes(c if 97 <= c <= 122 else 32 for c in range(256))


def _misspellings(word: str) -> Iterator[str]:
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        yield head + tail[1:]
        yield head + tail[1:2] + tail[:1] + tail[2:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]


MEANT: Final = {
    form: word for word in KEYS for form in _misspellings(word) if form not in _WORDS_TOO
} | {word: word for word in KEYS}
"""The key word that each misspelt form stands for; a key word stands for itself."""

_MISSPELT: Final = frozenset(form.encode() for form, word in MEANT.items() if form != word)


def _like(word: str) -> Iterator[str]:
    """Yield patterns of the forms of a word, and of the word itself."""
    for place in range(len(word) + 1):
        head, tail = word[:place], word[place:]
        yield from (head + tail[1:2] + tail[:1] + tail[2:], f"{head}[a-z]?{tail}")
        yield f"{head}[a-z]?{tail[1:]}"


_LIKE_A_KEY: Final = compiled(
    rf"(?:^|[^a-z])(?:{'|'.join(form for word in KEYS for form in _like(word))})(?:$|[^a-z])"
)
"""Stands in every text with a misspelt key word; to look for it is faster than to part the words."""


def respelt(seen: Shadow) -> Iterator[Disguise]:
    """Yield what a text says with its words put right, in time linear in its length."""
    if b"_" in seen.lower:
        yield from _names(seen)
    if not stands_in(_LIKE_A_KEY, seen.lower):
        return
    if not _MISSPELT.isdisjoint(seen.lower.translate(_BLANK).split()):
        yield from _mended(seen)


def _mended(seen: Shadow) -> Iterator[Disguise]:
    """Yield a text from its first misspelt word to its last, if it has two key words."""
    text = seen.lower.decode("latin-1")
    keys = [word for word in _WORD.finditer(text) if word[0] in MEANT]
    wrong = [word for word in keys if MEANT[word[0]] != word[0]]
    if wrong and len(keys) > 1:
        start = max(0, wrong[0].start() - _AROUND)
        end = min(len(text), wrong[-1].end() + _AROUND)
        mended = _WORD.sub(lambda word: MEANT.get(word[0], word[0]), text[start:end])
        yield Disguise(mended, start, end, aligned=False)


def _names(seen: Shadow) -> Iterator[Disguise]:
    """Yield the words of names that stand in prose; in code, they are what something is called."""
    for start, end in islice(spans(_NAME, seen.lower), _MAX_NAMES):
        before, after = seen.lower[max(0, start - 16) : start], seen.lower[end : end + 2]
        if not (_IN_CODE_BEFORE.search(before) or _IN_CODE_AFTER.search(after)):
            text = seen.lower[start:end].replace(b"_", b" ").decode("latin-1")
            yield Disguise(text, start, end, aligned=True)
