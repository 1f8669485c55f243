"""Pure: text of users and models that cannot steer a terminal."""

from __future__ import annotations

import unicodedata

_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Bidirectional classes of marks that turn the writing direction (Unicode Annex 9)."""


def clean(text: str) -> str:
    """Return text with every character visible that could steer a terminal.

    Control characters become their pictures (U+2400 to U+2421); C1 controls, marks that turn
    the writing direction and lone surrogates become U+FFFD. Line feeds and tabs stay.
    """
    return "".join(map(_visible, text)) if not text.isprintable() else text


def _visible(character: str) -> str:
    code = ord(character)
    if character in "\n\t":
        return character
    if code < 0x20 or code == 0x7F:
        return chr(0x2421 if code == 0x7F else 0x2400 + code)
    unsafe = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
    turns = unicodedata.bidirectional(character) in _TURNING
    return "\ufffd" if unsafe or turns else character


def one_line(text: str) -> str:
    """Return text cleaned, with each run of white space one space."""
    return clean(" ".join(text.split()))
