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

import codecs
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from string import ascii_letters
from typing import Final

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
_MAX_REMEMBERED: Final = 20_000


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
    return _compatible(character) or _placeholder(category)


def _compatible(character: str) -> str:
    """Return the ASCII character that Unicode itself says this one is a form of, or ""."""
    value = unicodedata.decimal(character, None)
    if value is not None:
        return str(int(value))
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
    form = unicodedata.normalize("NFKD", character)
    base = "".join(c for c in form if unicodedata.category(c) != "Mn")
    lower = (base if len(base) == 1 else character).lower()
    return lower if len(lower) == 1 else character


class _Table(dict[int, str | None]):
    """A table for `str.translate` that computes each entry when it is first met.

    It keeps a bounded number of them, so that no text can make it grow without end.
    """

    def __init__(self, entry: Callable[[str], str]) -> None:
        self._entry = entry

    def __missing__(self, point: int) -> str | None:
        folded = self._entry(chr(point)) or None
        if len(self) < _MAX_REMEMBERED:
            self[point] = folded
        return folded


_TABLE: Final = _Table(fold)
_NATIVE: Final = _Table(fold_native)


_ASCII: Final = frozenset(map(chr, range(0x80)))


def _lower(table: _Table, character: str) -> str | None:
    folded = table[ord(character)]
    return folded.lower() if folded else folded


@dataclass(frozen=True)
class Shadow:
    """A text as it reads. `lower` is `cased` in lower case; both have the same length.

    `text` is as long as the original and has blanks for escapes that mean some.
    """

    text: str
    cased: bytes
    lower: bytes
    places: tuple[int, ...] | None = None
    """Where each byte stands in `text`; None when byte i is character i."""

    @cached_property
    def native(self) -> str:
        """The text in lower case with the letters of every script kept, as long as `lower`."""
        if self.text.isascii():
            return self.lower.decode("latin-1")
        return self.text.translate(_NATIVE)

    @cached_property
    def is_foreign(self) -> bool:
        """Whether `native` says more than `lower`: some letters are those of another script."""
        if self.text.isascii():
            return False
        others = frozenset(self.text) - _ASCII
        return any(_lower(_TABLE, character) != _NATIVE[ord(character)] for character in others)

    @property
    def is_mixed(self) -> bool:
        """Whether letters that look Latin stand in one text with Latin ones."""
        if self.text.isascii():
            return False
        characters = frozenset(self.text)
        return not characters.isdisjoint(_LOOK_ALIKES) and not characters.isdisjoint(ascii_letters)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of `text` that the non-empty span of the shadow stands for."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def shadow(text: str) -> Shadow:
    """Return the shadow of `text`, in time linear in its length."""
    text = visible(text)
    cased = _folded(text)
    places = None
    if len(cased) != len(text):
        places = tuple(i for i, character in enumerate(text) if _seen(character))
    return Shadow(text, cased, cased.lower(), places)


def _folded(text: str) -> bytes:
    """Return the folded text, whole or, where little is to be folded, run by run."""
    if text.isascii():
        return text.encode("ascii").translate(_CONTROLS)
    if len(text.encode("ascii", "ignore")) * _FEW >= len(text) * (_FEW - 1):
        return text.encode("ascii", _HANDLER).translate(_CONTROLS)
    return text.translate(_TABLE).encode("latin-1")


def _fold_run(error: UnicodeError) -> tuple[bytes, int]:
    """Fold what the codec for ASCII stops at: characters in a row that are not ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    return run.translate(_TABLE).encode("latin-1"), error.end


_FEW: Final = 16
"""Up to one character in so many is folded by itself; past it, a table for all is faster."""

_HANDLER: Final = "reflex_layer.text.fold"
_CONTROLS: Final = bytes(ord(fold(chr(point))) if point < 0x80 else point for point in range(0x100))
codecs.register_error(_HANDLER, _fold_run)


def _seen(character: str) -> bool:
    return _TABLE[ord(character)] is not None
