"""What a recogniser is, and what recognisers share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from reflex_layer.engine import Pattern, compiled, stands_in
from reflex_layer.pii.reading import Reading
from reflex_layer.text import OTHER_SYMBOL, Shadow

CONTEXT_BEFORE = 48
CONTEXT_AFTER = 24
"""How many characters around a candidate may hold a word that speaks for it."""

_WORD_CHARACTERS = b"abcdefghijklmnopqrstuvwxyz0123456789"
_DIGITS = b"0123456789"


Worth = TypeVar("Worth")


class Once(dict[bytes, Worth]):
    """What the values of one text are worth, each worked out once; to be dropped with the text."""

    def __init__(self, work: Callable[[bytes], Worth]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, value: bytes) -> Worth:
        worth = self[value] = self._work(value)
        return worth


class Found(NamedTuple):
    """A value of a kind, at a span of the shadow; confidence from 0 to 1."""

    kind: str
    start: int
    end: int
    confidence: float


class Recogniser(Protocol):
    """Finds one kind of private data.

    The examples are its specification; the table test runs them. In a positive one the brackets
    ⟦ ⟧ stand around what is to be found. A recogniser that has `cues`, a tuple of phrases that
    speak for its kind, asks the reading where they stand: all of them are found in one pass.
    """

    @property
    def kind(self) -> str: ...

    @property
    def anchor(self) -> str:
        """A small RE2 pattern that stands in every text that holds a value of this kind."""
        ...

    @property
    def positive(self) -> tuple[str, ...]: ...

    @property
    def negative(self) -> tuple[str, ...]: ...

    def find(self, shadow: Reading) -> Iterable[Found]:
        """Yield what is found, in time linear in the length of the text."""
        ...


def words(*phrases: str) -> Pattern:
    """Return a pattern for any of the phrases as whole words, however their words are joined."""
    joined = "|".join(phrase.replace(" ", r"[\s_-]*") for phrase in phrases)
    return compiled(rf"(?:^|[^a-z0-9])(?:{joined})(?:$|[^a-z0-9])")


def near(shadow: Shadow, start: int, end: int, context: Pattern) -> bool:
    """Tell whether a context word stands shortly before or after a span."""
    before = shadow.lower[max(0, start - CONTEXT_BEFORE) : start]
    after = shadow.lower[end : end + CONTEXT_AFTER]
    return stands_in(context, before) or stands_in(context, after)


def cued(shadow: Reading, kind: str, start: int, end: int) -> bool:
    """Tell whether a cue of the kind stands shortly before or after a span."""
    return shadow.has_cue(kind, start - CONTEXT_BEFORE, start) or shadow.has_cue(
        kind, end, end + CONTEXT_AFTER
    )


def led(shadow: Reading, kind: str, start: int, end: int) -> bool:
    """Tell whether a cue of the kind stands beside a span with no other digits between."""
    lower = shadow.lower
    before = lower[max(0, start - CONTEXT_BEFORE) : start]
    after = lower[end : end + CONTEXT_AFTER]
    free_before = len(before) - max(map(before.rfind, EACH_DIGIT)) - 1
    free_after = min(
        (place for place in map(after.find, EACH_DIGIT) if place >= 0), default=len(after)
    )
    return shadow.has_cue(kind, start - free_before, start) or shadow.has_cue(
        kind, end, end + free_after
    )


def stands_alone(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether a span is no part of a longer word or number.

    A letter of another script does not continue it: most of those that touch a value are of a
    script without spaces. Nor does an underscore, which joins a value with its name.
    """
    lower = shadow.lower
    return lower[start - 1 : start] not in _word_bytes and lower[end : end + 1] not in _word_bytes


def script_before(shadow: Shadow, start: int, end: int) -> int:
    """Return where a span goes on after the last letter of a script without spaces; else `start`."""
    if shadow.is_latin:
        return start
    written = shadow.native[start:end]
    last = max((found.end() for found in _SPACELESS.finditer(written)), default=0)
    return start + last if last < len(written) else start


def script_after(shadow: Shadow, start: int, end: int) -> int:
    """Return where in a span a letter of a script without spaces touches others; else `end`."""
    if shadow.is_latin:
        return end
    found = _TOUCHING.search(shadow.native[start:end])
    return start + found.start() + 1 if found else end


def is_joined(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether a number goes on at either side after a sign, as a date or part number does."""
    before, after = shadow.lower[max(0, start - 2) : start], shadow.lower[end : end + 2]
    return (before[1:] in _joints and before[:1].isalnum()) or (
        after[:1] in _joints and after[1:].isalnum()
    )


def digits_of(data: bytes) -> bytes:
    """Return the ASCII digits of `data`, which is expected to be short."""
    return data.translate(None, _NOT_DIGITS)


# Chinese, Japanese and Korean with their signs; Thai, Lao, Burmese, Khmer.
_SPACELESS_SCRIPTS = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_SPACELESS = re.compile(f"[{_SPACELESS_SCRIPTS}]")
_TOUCHING = re.compile(f"[!-.0-<>-~]{OTHER_SYMBOL}*[{_SPACELESS_SCRIPTS}]")
_word_bytes = frozenset(bytes([byte]) for byte in _WORD_CHARACTERS)
EACH_DIGIT = tuple(bytes([digit]) for digit in _DIGITS)
_joints = frozenset((b"-", b".", b"/"))
_NOT_DIGITS = bytes(set(range(256)) - set(_DIGITS))
