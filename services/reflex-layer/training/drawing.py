"""Draws the texts that the corpus describes: the same ones at every run."""

from __future__ import annotations

import hashlib
import random
import re
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

CORPUS: Final = Path(__file__).parent / "corpus"
_SLOT: Final = re.compile(r"\{\{|\}\}|\{([a-z0-9_]+)\}")
_TRIES: Final = 8
_DEPTH: Final = 12


class Drawn(NamedTuple):
    """One text, and what it is: an attack or not, of which kind, from which file and template."""

    text: str
    attack: bool
    kind: str
    language: str
    file: str
    group: int
    """Texts of one line or template are alike: they are held out together."""


def drawn(folder: Path = CORPUS) -> Iterator[Drawn]:
    """Yield the texts of all files; raises ValueError with file and slot for one not filled."""
    for file in _files(folder):
        yield from _of_file(file)


def fingerprint(folder: Path = CORPUS) -> str:
    """Return a hash of what the corpus describes; weights hold the one they were learnt from."""
    digest = hashlib.sha256()
    for file in _files(folder):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))


def _of_file(file: Path) -> Iterator[Drawn]:
    described = tomllib.loads(file.read_text(encoding="utf-8"))
    slots = described.get("slots", {})
    for texts in described["texts"]:
        for text, source in _texts(texts, slots, file.stem):
            yield Drawn(
                text,
                {"attack": True, "benign": False}[texts["label"]],
                texts["kind"],
                texts.get("language", described["language"]),
                file.stem,
                zlib.crc32(f"{file.stem}:{source}".encode()),
            )


def _texts(
    texts: dict[str, Any], slots: dict[str, list[str]], name: str
) -> Iterator[tuple[str, str]]:
    for line in texts.get("lines", ()):
        yield line, line
    templates = texts.get("templates", [])
    if not templates:
        return
    chance = random.Random(f"{name}:{texts['kind']}:{templates[0]}")  # noqa: S311 -- reproducible
    seen: set[str] = set()
    for number in range(texts.get("times", len(templates))):
        template = templates[number % len(templates)]
        for _ in range(_TRIES):
            text = filled(template, slots, chance)
            if text not in seen:
                seen.add(text)
                yield text, template
                break


def filled(
    template: str, slots: dict[str, list[str]], chance: random.Random, depth: int = 0
) -> str:
    """Return a template with its slots filled, those of what fills them too."""
    if depth > _DEPTH:
        raise ValueError(f"slots that name each other: {template[:60]}")

    def fill(slot: re.Match[str]) -> str:
        if slot[1] is None:
            return slot[0][0]
        if slot[1] not in slots:
            raise ValueError(f"no slot {slot[1]!r}: {template[:60]}")
        return filled(chance.choice(slots[slot[1]]), slots, chance, depth + 1)

    return _SLOT.sub(fill, template)
