"""Pure: letters put so that a reader sees the words and a pattern does not.

Digits for letters (leet), letters set apart, words run together, texts turned backwards or by
thirteen letters. Undone only where there is a sign of it, and where what comes out has more words
that everybody knows than what stood there.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from reflex_layer.engine import Gate, compiled, spans
from reflex_layer.injection.lexicon import LANGUAGES
from reflex_layer.text import Shadow

COMMON: Final = frozenset("""
    a about above after again all also am an and any are as at be because been before below but
    by can could did do does done down each even every everything few first for forget from get
    give given go had has have he help her here him his how i if ignore in instead instructions
    into is it its just know let like list make many me more most must my new no not now of off
    on one only or other our out over please previous print prompt repeat rules same say secret
    see she should show so some such system take tell than that the their them then there these
    they this those to told too two under until up us use very want was way we were what when
    where which who why will with without would write you your
    """.split())  # noqa: SIM905 -- a list of a word a line is no easier to read
"""Words of English by which a text is known to be one."""

_ENOUGH: Final = 2
_MAX_RUNS: Final = 12
_LEET: Final = r"[a-z][013457@$!|]{1,3}[a-z]|\b[013457@$!|]{1,2}[a-z]{2}"
_APART: Final = r"\b[a-z0-9](?:[ ._*~+|/\\-]{1,3}[a-z0-9]\b){6,}"
_TOGETHER: Final = r"\b[a-z]{16,}"
_EMPHASIS: Final = r"(?:[*_~`]{1,3}[a-z',.!?]+[*_~`]{1,3}[ \n]?){3,}"


def _twice(words: Iterable[str]) -> str:
    """Return a pattern of two words near each other, of those that are no known words as well."""
    word = rf"\b(?:{'|'.join(sorted(w for w in words if len(w) > 2 and w not in COMMON))})\b"
    return rf"{word}.{{1,80}}{word}"


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _backwards(text: str) -> str:
    return text[::-1]


_LEET_WORD: Final = compiled(_LEET)
_LINE: Final = compiled(r"[^\r\n]+")
_FROM_LEET: Final = tuple(
    bytes.maketrans(b"013457@$!|89", b"o" + one + b"eastasilbg") for one in (b"i", b"l")
)
_ALPHANUMERIC: Final = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_BLANK: Final = bytes(c if c in _ALPHANUMERIC else 32 for c in range(256))
_MARKS: Final = b"*_~`"
_COMMAS: Final = bytes(44 if c in _ALPHANUMERIC else c for c in range(256))


class Disguise(NamedTuple):
    """What stands at a span of the shadow without its disguise."""

    text: str
    start: int
    end: int
    aligned: bool


_Way = tuple[str, Callable[[Shadow], Iterator[Disguise]]]
"""The sign of a disguise, as a pattern, and what says the same without it."""


def disguised(seen: Shadow) -> Iterator[Disguise]:
    """Yield what a text says once its letters are put right, in time linear in its length."""
    for index in _GATE.open_for(seen.lower):
        yield from _WAYS[index][1](seen)


def _in_runs(pattern: str, said: Callable[[bytes], str | None]) -> _Way:
    """Return the way of a disguise that stands in runs, the first of which are read."""
    run = compiled(pattern)

    def way(seen: Shadow) -> Iterator[Disguise]:
        for start, end in islice(spans(run, seen.lower), _MAX_RUNS):
            if (text := said(seen.lower[start:end])) is not None:
                yield Disguise(text, start, end, False)

    return pattern, way


def _leet(seen: Shadow) -> Iterator[Disguise]:
    if len(list(islice(spans(_LEET_WORD, seen.lower), _ENOUGH))) < _ENOUGH:
        return
    known = _known(seen.lower.decode("latin-1"))
    for table in _FROM_LEET:
        text = seen.lower.translate(table).decode("latin-1")
        if _known(text) > known:
            yield Disguise(text, 0, len(text), True)


def _drawn_together(run: bytes) -> str:
    """Return the words of letters that stand apart, by wider gaps or else by known words."""
    spaced = run.translate(_BLANK)
    gaps = {len(gap) for gap in spaced.translate(_COMMAS).split(b",")[1:-1]}
    if len(gaps) > 1:
        words = spaced.replace(b" " * max(gaps), b",").replace(b" ", b"").split(b",")
        return b" ".join(words).decode("latin-1")
    return _parted(spaced.replace(b" ", b"").decode("latin-1"))


def _put_apart(run: bytes) -> str | None:
    """Return the words of letters that run together; None if few of them are known."""
    parted = _parted(run.decode("latin-1"))
    return parted if parted.count(" ") >= _ENOUGH else None


def _unmarked(run: bytes) -> str:
    return run.translate(None, _MARKS).decode("latin-1")


def _parted(letters: str) -> str:
    """Return letters that run together with spaces around the words that are known."""
    pieces, last = [], 0
    for _, start, end in _WORDS.find_matches_as_indexes(letters):
        pieces += [letters[last:start], letters[start:end]]
        last = end
    return " ".join(piece for piece in (*pieces, letters[last:]) if piece)


def _turned(turn: Callable[[str], str], *, aligned: bool) -> _Way:
    """Return the way of the lines that read better turned."""

    def way(seen: Shadow) -> Iterator[Disguise]:
        text = seen.lower.decode("latin-1")
        for start, end in spans(_LINE, seen.lower):
            line = text[start:end]
            turned = turn(line)
            if _known(turned) >= max(_ENOUGH, 2 * _known(line) + 1):
                yield Disguise(turned, start, end, aligned)
                if not aligned:
                    yield Disguise(" ".join(reversed(turned.split())), start, end, False)

    return _twice(map(turn, COMMON)), way


def _known(line: str) -> int:
    return sum(word in COMMON for word in line.split())


def _single_words() -> list[str]:
    words = set(COMMON)
    for phrases in LANGUAGES[0].words.values():
        words.update(w.rstrip("*") for phrase in phrases for w in phrase.split())
    return sorted(word for word in words if len(word) > 1 and word.isalpha())


_WORDS: Final = AhoCorasick(_single_words(), matchkind=MatchKind.LeftmostLongest)

_WAYS: Final[tuple[_Way, ...]] = (
    (_LEET, _leet),
    _in_runs(_APART, _drawn_together),
    _in_runs(_TOGETHER, _put_apart),
    _in_runs(_EMPHASIS, _unmarked),
    _turned(_rot13, aligned=True),
    _turned(_backwards, aligned=False),
)
_GATE: Final = Gate([sign for sign, _ in _WAYS])
