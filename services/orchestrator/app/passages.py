"""Pure: a document as passages, and a question as what to look for in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LEAST_CHARACTERS = 600
MOST_CHARACTERS = 1_200
"""A passage is cut between these; only the last one of a document may be shorter."""

MAX_WORDS = 64
"""How many different words of a question are looked for: a goal may have thousands, most of them
in every document."""

_BORDERS = (
    re.compile(r"\n[^\S\n]*\n\s*"),  # a paragraph's
    re.compile(r"[.!?…][\"'”’»)\]]*\s+|[。！？｡][」』”’）]*\s*"),  # a sentence's
    re.compile(r"\n\s*"),  # a line's
    re.compile(r"\s+"),  # a word's
)
_STEPS_BACK = 64
"""How far back from a border a whole character is looked for. Text in earnest has at most 30
marks on a letter (Unicode Standard Annex 15, Stream-Safe Text Format); flags and families are
shorter still."""

_JOINER = "\u200d"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_PART = re.compile(r'-?"[^"]*"|\S+')
_LEFT_OUT = re.compile(r'-(?=[^\W\d_]|"\s*\w)')


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `text[start : start + len(piece.text)] == piece.text`."""

    start: int
    text: str


@dataclass(frozen=True)
class Wanted:
    """What to look for: words and phrases in quotes, and those that must not be there.

    Each is a query in PostgreSQL's websearch syntax; without control characters and quotes that
    stay open, so that none of them can be an error.
    """

    words: tuple[str, ...]
    unwanted: tuple[str, ...]


def pieces(text: str) -> Iterator[Piece]:
    """Cut a text at the last border of a paragraph, else sentence, else line, else word.

    White space at both ends of a piece belongs to none. They do not overlap: cut at such borders
    a quotation is whole by itself, while an overlap would be quoted, and counted, twice.
    """
    begin = 0
    while begin < len(text):
        end = _end(text, begin)
        start, stop = _stripped(text, begin, end)
        if start < stop:
            yield Piece(start, text[start:stop])
        begin = end


def wanted(query: str) -> Wanted:
    """Read a question: words, `"phrases"`, and `-words` or `-"phrases"` to leave out."""
    words: dict[str, None] = {}
    unwanted: dict[str, None] = {}
    for part in _PART.findall(_UNWRITABLE.sub(" ", query)):
        leaves_out = _LEFT_OUT.match(part) is not None
        body = part.lstrip("-").strip('"').replace('"', " ").strip()
        if not any(character.isalnum() for character in body) or body.lower() == "or":
            continue
        term = f'"{body}"' if '"' in part else body
        (unwanted if leaves_out else words)[term] = None
    return Wanted(tuple(words)[:MAX_WORDS], tuple(unwanted)[:MAX_WORDS])


def _end(text: str, begin: int) -> int:
    """Return where the piece that begins there ends."""
    furthest = begin + MOST_CHARACTERS
    if furthest >= len(text):
        return len(text)
    for border in _BORDERS:
        ends = [m.end() for m in border.finditer(text, begin + LEAST_CHARACTERS, furthest)]
        for end in reversed(ends):
            if not _joined(text, begin, end):
                return end
    for end in range(furthest, furthest - _STEPS_BACK, -1):
        if not _joined(text, begin, end):
            return end
    return furthest


def _stripped(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace() and not _joined(text, begin, begin + 1):
        begin += 1
    while begin < end and text[end - 1].isspace():
        end -= 1
    return begin, end


def _joined(text: str, begin: int, place: int) -> bool:
    """Return whether a cut there would part what is one character to a reader.

    The rules of Unicode Standard Annex 29 §3.1.1 in short: marks, joiners, variation selectors,
    skin tones and tags stay with what is before them, the two letters of a flag together. What
    is before `begin` is not looked at: the cut there was one between characters.
    """
    if not begin < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before == "\r" and after == "\n":
        return True
    if after == _JOINER or unicodedata.category(after) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if before == _JOINER:
        return not after.isspace()
    if after in _FLAG_LETTERS:
        here = text[begin:place]
        return (len(here) - len(here.rstrip(_FLAG_LETTERS))) % 2 == 1
    return False
