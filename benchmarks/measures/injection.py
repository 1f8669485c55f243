"""How many attacks are found and how many innocent texts are not, on texts of our own.

No independent evaluation: who wrote the rules knows how attacks are worded, and so did whoever
wrote these. They show what works and what does not, and whether a change made it worse.
"""

from __future__ import annotations

import base64
import codecs
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from measures import ours
from measures.corpus import SEED, prose
from measures.numbers import seeded

WARNING: Final = "Texts written by us; no independent evaluation."
LONG_SENTENCES: Final = (60, 400)
"""The least and the most sentences of a long document, about 4 and 26 KB."""

LEVELS: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Scores from which a text may be flagged or blocked."""

_TEXTS: Final = Path(__file__).parents[1] / "texts"
_CYRILLIC: Final = str.maketrans("aeopcyxi", "аеорсухі")
_LEET: Final = str.maketrans("aeiost", "4310$7")


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if 0x20 < ord(c) < 0x7F else c for c in text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode()) if text.isascii() else quote(text)


OBFUSCATIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "leet": lambda text: text.translate(_LEET),
    "full width": _full_width,
    "look-alikes": lambda text: text.translate(_CYRILLIC),
    "zero width": "\u200b".join,
    "spaced letters": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "dotted letters": lambda text: " ".join(".".join(word) for word in text.split()),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "percent signs": _percent,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
}


def measure(documents: int) -> dict[str, Any]:
    """Return shares of texts flagged, and of discussed attacks blocked, with their numbers."""
    attacks, benign = _read("attacks"), _read("benign")
    explicit, multilingual = attacks["explicit"], attacks["multilingual"]
    # What is not found in the clear says nothing about what a disguise hides.
    hidden = [t for t in (*explicit["override"], *explicit["extraction"]) if flagged(t)]
    long, planted = _documents(documents, [t for texts in explicit.values() for t in texts])
    return {
        "note": WARNING,
        "found": {
            "explicit": _flagged(_all(explicit)),
            "obfuscated": _flagged(w(t) for w in OBFUSCATIONS.values() for t in hidden),
            "multilingual": _flagged(_all(multilingual)),
            "planted in long documents": _flagged(planted),
        },
        "flagged in vain": {
            **{name.replace("_", " "): _flagged(texts) for name, texts in benign.items()},
            "long documents": _flagged(long),
        },
        "blocked in vain": {"discussed": _blocked(benign["discussed"])},
        "by_level": _by_level(
            {
                "explicit attacks": _all(explicit),
                "innocent texts": [
                    t for name, ts in benign.items() if name != "discussed" for t in ts
                ],
                "attacks quoted or discussed": benign["discussed"],
            }
        ),
        "by_type": {name: _flagged(texts) for name, texts in explicit.items()},
        "by_language": {name: _flagged(texts) for name, texts in multilingual.items()},
        "by_obfuscation": {name: _flagged(map(way, hidden)) for name, way in OBFUSCATIONS.items()},
    }


_verdict: Final = cache(ours.screen_injection)
"""A text counts in several shares, and is screened once."""


def flagged(text: str) -> bool:
    """Tell whether a text counts as an attack at the default settings."""
    return _verdict(text).injection_detected


def _by_level(groups: Mapping[str, list[str]]) -> dict[str, dict[str, float]]:
    """Return the share of each group whose score reaches a level, for choosing the settings."""
    scores = {
        name: [_verdict(text).injection_score for text in texts] for name, texts in groups.items()
    }
    return {
        str(level): {
            name: _share(score >= level for score in each)["share"] for name, each in scores.items()
        }
        for level in LEVELS
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_TEXTS / f"{name}.toml").read_text("utf-8"))


def _all(groups: Mapping[str, list[str]]) -> list[str]:
    return [text for texts in groups.values() for text in texts]


def _documents(number: int, attacks: list[str]) -> tuple[list[str], list[str]]:
    """Return long innocent documents, and as many with an attack somewhere in the middle."""
    random = seeded(SEED)
    clean, planted = [], []
    for place in range(number):
        parts = [prose(random, random.randint(*LONG_SENTENCES) // 4) for _ in range(4)]
        clean.append("\n\n".join(parts))
        attack = attacks[place % len(attacks)]
        parts.insert(random.randint(1, 3), f"{random.choice(('', 'Note: '))}{attack}")
        planted.append("\n\n".join(parts))
    return clean, planted


def _flagged(texts: Iterable[str]) -> dict[str, float]:
    return _share(map(flagged, texts))


def _blocked(texts: Iterable[str]) -> dict[str, float]:
    return _share(_verdict(text).status == "blocked" for text in texts)


def _share(answers: Iterable[bool]) -> dict[str, float]:
    given = list(answers)
    return {"share": round(sum(given) / max(1, len(given)), 4), "texts": len(given)}
