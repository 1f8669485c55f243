"""Labelled texts for measuring the detection of private data; the labels hold by construction.

Written and drawn by us for this benchmark. They measure what we thought of and are no
independent evaluation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from measures.credentials import unmarked_key
from measures.cues import CUES
from measures.decoys import decoy
from measures.disguise import DISGUISES, disguised
from measures.numbers import seeded
from measures.spans import Span
from measures.values import MAKERS
from octollm.verdict import PiiType

SEED: Final = 20_260_301
DISGUISED: Final = 0.3
"""Share of disguised values among the kinds that can be."""
DECOYS: Final = 0.25
"""Share of the texts that hold nothing private but look like it."""
UNMARKED: Final = 0.4
"""Share of the API keys that only the name before them gives away."""

PROSE: Final = tuple(
    (Path(__file__).parents[1] / "texts/prose.txt").read_text("utf-8").splitlines()
)


@dataclass(frozen=True)
class Labelled:
    """A text, what is private in it, and whether that is disguised."""

    text: str
    spans: tuple[Span, ...]
    is_disguised: bool = False


def corpus(size: int, seed: int = SEED) -> list[Labelled]:
    """Return `size` texts, the same for the same seed."""
    random = seeded(seed)
    kinds = list(MAKERS)
    return [
        _innocent(random) if random.random() < DECOYS else _private(random, kinds[n % len(kinds)])
        for n in range(size)
    ]


def prose(random: Random, sentences: int) -> str:
    """Return so many sentences of clean English."""
    return " ".join(random.choices(PROSE, k=sentences))


def _innocent(random: Random) -> Labelled:
    return Labelled(
        " ".join((prose(random, random.randint(0, 2)), decoy(random), prose(random, 1))).strip(), ()
    )


def _private(random: Random, kind: PiiType) -> Labelled:
    if kind is PiiType.GENERIC_API_KEY and random.random() < UNMARKED:
        lead, key = unmarked_key(random)
        return Labelled(lead + key, (Span(kind, len(lead), len(lead) + len(key)),))
    plain = MAKERS[kind](random)
    hidden = kind in DISGUISES and random.random() < DISGUISED
    value = disguised(random, kind, plain) if hidden else plain
    before, after = random.choice((_in_prose, _in_prose, _in_lines, _in_json))(random, kind)
    # In JSON quotation marks and line ends are escaped: what stands there is the value.
    value = value if before[-1:] != '"' else json.dumps(value, ensure_ascii=False)[1:-1]
    label = Span(kind, len(before), len(before) + len(value))
    return Labelled(before + value + after, (label,), hidden)


def _in_prose(random: Random, kind: PiiType) -> tuple[str, str]:
    before, _, after = random.choice(CUES[kind].sentences).partition("{}")
    start = prose(random, random.randint(0, 2))
    return f"{start} {before}".lstrip(), f"{after} {prose(random, random.randint(0, 1))}".rstrip()


def _in_lines(random: Random, kind: PiiType) -> tuple[str, str]:
    field = random.choice(CUES[kind].fields)
    number = random.randint(100, 999)
    return random.choice(
        (
            (f"name: Ada\n{field}: ", f"\nnote: {random.choice(PROSE)}\n"),
            (f"level=info job={number} {field}=", " done"),
            (f"| {field} | ", f" |\n| row | {number} |"),
        )
    )


def _in_json(random: Random, kind: PiiType) -> tuple[str, str]:
    field = random.choice(CUES[kind].fields)
    return f'{{"id": {random.randint(100, 999)}, "{field}": "', '", "active": true}'
