"""Pure: the shadow of a text, what it reads like to someone who looks at it.

One character of the text is one byte of the shadow, so a span found in the shadow is a span of
the text. Full-width forms, mathematical letters, Cyrillic and Greek look-alikes, digits, dashes,
spaces and quotes of any script become ASCII; accents are taken off; an escape such as `\\n` that
stands there as text, and a terminal's control code, are blanks. Only characters that nobody
sees (zero-width, soft hyphen, combining marks, variation selectors) have no byte: a text that
holds some carries the places of those that are left, and `Shadow.span` reads them.

The shadow is latin-1 because RE2 then needs no decoding and counts what we count. Letters of
scripts without Latin look-alikes are placeholders in it; `Shadow.native` has them as they are,
one character for one byte of the shadow, so that the same spans hold.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from string import ascii_letters
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reflex_layer.escapes import visible

OTHER_LETTER: Final = "\xff"
"""Stands for a letter or digit of a script that has no ASCII look-alike."""

OTHER_SYMBOL: Final = "\xfe"
"""Stands for any other character, such as an emoji."""

# Cyrillic and Greek letters that a reader takes for Latin ones; the choice follows the
# confusables of Unicode Technical Standard #39, lower-case forms first.
_LOOK_ALIKES: Final = dict(
    zip(
        "аеорсухіјѕԁԛԝһкмтвнгпԍ" + "АЕОРСУХІЈЅԀԚԜҺКМТВНЗҐ",
        "aeopcyxijsdqwhkmtbhrng" + "AEOPCYXIJSDQWHKMTBH3R",
        strict=True,
    )
) | dict(zip("αεινορτυχκηωγ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeivoptuxknwy" + "ABEZHIKMNOPTYX", strict=True))
_LETTERS: Final = dict(zip("ßæøłđıðþœĸŋƒɡɑ", "saoldidpoknfga", strict=True)) | dict(
    zip("ẞÆØŁĐÐÞŒ", "SAOLDDPO", strict=True)
)
_PUNCTUATION: Final = (
    dict.fromkeys("‘’‚‛′‹›ʼ´", "'")
    | dict.fromkeys("“”„‟″«»「」『』", '"')
    | dict.fromkeys("−‒⁃﹣－ー", "-")
    | dict.fromkeys("．․", ".")
    | {"、": ",", "،": ",", "؟": "?", "؛": ";", "⁄": "/", "∕": "/", "•": "-", "·": "-"}
)
# Letters as pictures, which Unicode does not decompose: small capitals, on dark squares and discs,
# and those that flags are made of.
_PICTURES: Final = dict(
    zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz", strict=True)
) | {
    chr(first + index): chr(ord("A") + index)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for index in range(26)
}
_LATIN: Final = _LETTERS | _PICTURES
_FOLDED: Final = _LOOK_ALIKES | _LETTERS | _PICTURES | _PUNCTUATION
_TAGS: Final = range(0xE0020, 0xE007F)
_KEPT_CONTROLS: Final = "\t\n\r\x0b\x0c"

_Array = npt.NDArray[np.integer[Any]]


def fold(character: str) -> str:
    """Return the one latin-1 character that `character` reads like, or "" if nobody sees it.

    Tag characters (U+E0020 to U+E007E) are unseen by people but read by models: they become
    the ASCII they spell.
    """
    if character in _FOLDED:
        return _FOLDED[character]
    point = ord(character)
    if point < 0x80:
        return (
            character if (point >= 0x20 and point != 0x7F) or character in _KEPT_CONTROLS else " "
        )
    if point in _TAGS:
        return chr(point - 0xE0000)
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category in ("Zs", "Cc"):
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return _compatible(character) or _placeholder(category)


def _compatible(character: str) -> str:
    """Return the ASCII character that Unicode itself says this one is a form of, or ""."""
    if not unicodedata.decomposition(character):
        return ""  # most characters: telling so is faster than taking them apart
    form = unicodedata.normalize("NFKD", character)
    base = "".join(c for c in form if unicodedata.category(c) != "Mn")
    if len(base) != 1:
        return ""
    base = _FOLDED.get(base, base)
    return base if base.isascii() else ""


def _placeholder(category: str) -> str:
    return OTHER_LETTER if category[0] in "LNM" else OTHER_SYMBOL


def fold_native(character: str) -> str:
    """Return the lower-case letter without marks that `character` is in its own script.

    "" where `fold` gives "", what `fold` gives in lower case for anything but a letter or digit.
    Patterns for `Shadow.native` are to be folded by it, character by character, too.
    """
    folded = fold(character)
    if folded == "" or character.isascii() or character in _LATIN:
        return folded.lower()
    if unicodedata.category(character)[0] not in "LN":
        return folded.lower()
    base = character
    if unicodedata.decomposition(character):
        form = unicodedata.normalize("NFKD", character)
        base = "".join(c for c in form if unicodedata.category(c) != "Mn")
    lower = (base if len(base) == 1 else character).lower()
    return lower if len(lower) == 1 else character


class _Table:
    """What each character is folded to, as its code point, worked out when it is first met.

    As large as Unicode from the beginning, so that no text can make it grow.
    """

    def __init__(self, entry: Callable[[str], str], size: type[np.unsignedinteger[Any]]) -> None:
        self._entry = entry
        self._points = np.zeros(sys.maxunicode + 1, size)

    def fold(self, points: _Array) -> _Array:
        """Return the code points of the folded characters; `_UNSEEN` for those without any."""
        folded = self._points[points]
        unknown = folded == 0
        if unknown.any():
            for point in np.unique(points[unknown]).tolist():
                self._points[point] = ord(self._entry(chr(point)) or _NOTHING)
            folded = self._points[points]
        return folded


_NOTHING: Final = "\u0100"
_UNSEEN: Final = ord(_NOTHING)
"""Stands in the tables for no character; nothing is folded to it, nor to zero."""

_TABLE: Final = _Table(fold, np.uint16)
_NATIVE: Final = _Table(fold_native, np.uint32)


def _points(text: str) -> _Array:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


# Not frozen: to make a frozen one takes as long as half the search for private data in 1 KB.
@dataclass(eq=False)
class Shadow:
    """A text as it reads, never changed. `lower` is `cased` in lower case; both are as long.

    `text` is as long as the original and has blanks for escapes that mean some.
    """

    text: str
    cased: bytes
    lower: bytes
    places: _Array | None = None
    """Where each byte stands in `text`; None when byte i is character i."""

    is_latin: bool = False
    """Whether `native` is known to say no more than `lower`, without a look at each letter."""

    @cached_property
    def native(self) -> str:
        """The text in lower case with the letters of every script kept, as long as `lower`."""
        if self.is_latin:
            return self.lower.decode("latin-1")
        return self._native.tobytes().decode("utf-32-le", "surrogatepass")

    @cached_property
    def _native(self) -> _Array:
        folded = _NATIVE.fold(_points(self.text))
        return folded if self.places is None else folded[self.places]

    @cached_property
    def is_foreign(self) -> bool:
        """Whether `native` says more than `lower`: some letters are those of another script."""
        if self.is_latin:
            return False
        return bool((self._native != np.frombuffer(self.lower, np.uint8)).any())

    @property
    def is_mixed(self) -> bool:
        """Whether letters that look Latin stand in one text with Latin ones."""
        if self.is_latin:
            return False
        characters = frozenset(self.text)
        return not characters.isdisjoint(_LOOK_ALIKES) and not characters.isdisjoint(ascii_letters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of `text` that the non-empty span of the shadow stands for."""
        if self.places is None:
            return start, end
        return int(self.places[start]), int(self.places[end - 1]) + 1


def shadow(text: str) -> Shadow:
    """Return the shadow of `text`, in time linear in its length."""
    text = visible(text)
    latin = _latin(text)
    if latin is not None:
        cased = latin.translate(_FOLDED_LATIN)
        return Shadow(text, cased, cased.lower(), is_latin=True)
    folded = _TABLE.fold(_points(text))
    places = None
    seen = folded != _UNSEEN
    if not seen.all():
        places = np.flatnonzero(seen)
        folded = folded[places]
    cased = folded.astype(np.uint8).tobytes()
    return Shadow(text, cased, cased.lower(), places)


def _latin(text: str) -> bytes | None:
    """Return a text of plain letters and signs of Western Europe, as most are, in latin-1."""
    try:
        data = text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    plain = text.isascii() or data.translate(None, _NOT_PLAIN) == data
    return data if plain else None


_ALL_LATIN: Final = [chr(point) for point in range(0x100)]
_FOLDED_LATIN: Final = bytes(ord(fold(c) or " ") for c in _ALL_LATIN)
_NOT_PLAIN: Final = bytes(ord(c) for c in _ALL_LATIN if fold_native(c) != (fold(c).lower() or None))
