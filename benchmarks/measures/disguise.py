"""Ways of writing a private value so that people read it and patterns do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from measures.numbers import DIGITS
from octollm.verdict import PiiType

_FULL_WIDTH: Final = {c: c + 0xFEE0 for c in range(0x21, 0x7F)} | {0x20: 0x3000}
_ARABIC: Final = str.maketrans(DIGITS, "٠١٢٣٤٥٦٧٨٩")
_DEVANAGARI: Final = str.maketrans(DIGITS, "०१२३४५६७८९")
_DASHES: Final = str.maketrans("-", "–")


def _spelt_out(value: str) -> str:
    return value.replace("@", " (at) ").replace(".", " (dot) ")


def _bracketed(value: str) -> str:
    return value.replace("@", " [at] ").replace(".", "[.]")


def _entity(value: str) -> str:
    return value.replace("@", "&#64;")


def _full_width(value: str) -> str:
    return value.translate(_FULL_WIDTH)


def _other_digits(value: str) -> str:
    return value.translate(_ARABIC if len(value) % 2 else _DEVANAGARI)


def _long_dashes(value: str) -> str:
    return value.translate(_DASHES)


def _unseen(value: str) -> str:
    return "\u200b".join((value[:3], value[3:8], value[8:]))


def _spaced(value: str) -> str:
    return " ".join(c for c in value if c.isalnum())


def _defanged(value: str) -> str:
    return value.replace("http", "hxxp", 1).replace(".", "[.]")


_NUMBER: Final = (_full_width, _other_digits, _unseen)
DISGUISES: Final[Mapping[PiiType, tuple[Callable[[str], str], ...]]] = {
    PiiType.EMAIL: (_spelt_out, _bracketed, _entity, _full_width, _unseen),
    PiiType.PHONE: (_full_width, _other_digits),
    PiiType.SSN: (*_NUMBER, _long_dashes),
    PiiType.CREDIT_CARD: (*_NUMBER, _spaced),
    PiiType.IBAN: (_full_width, _unseen),
    PiiType.IPV4: (_defanged,),
    PiiType.URL: (_defanged,),
}


def disguised(random: Random, kind: PiiType, value: str) -> str:
    """Return the value written in one of the ways known for its kind, or as it is."""
    ways = DISGUISES.get(kind)
    return random.choice(ways)(value) if ways else value
