"""Attacks and innocent sentences of every language that is known."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from reflex_layer.injection.lexicon import LANGUAGES
from reflex_layer.screen import screen

FOLDER = Path(__file__).parent / "examples"
EXAMPLES: dict[str, dict[str, Any]] = {
    file.stem: tomllib.loads(file.read_text("utf-8")) for file in sorted(FOLDER.glob("*.toml"))
}


def _sentences(kind: str) -> list[Any]:
    return [
        pytest.param(sentence, id=f"{code}-{number}")
        for code, examples in EXAMPLES.items()
        for number, sentence in enumerate(examples[kind], 1)
    ]


def test_every_language_has_examples() -> None:
    assert {language.code for language in LANGUAGES} == set(EXAMPLES)


@pytest.mark.parametrize("sentence", _sentences("attacks"))
def test_an_attack_is_found(sentence: str) -> None:
    assert screen(sentence, check_pii=False).injection_detected


@pytest.mark.parametrize("sentence", _sentences("innocents"))
def test_an_innocent_sentence_is_left_alone(sentence: str) -> None:
    verdict = screen(sentence, check_pii=False)
    assert not verdict.injection_detected, verdict.details
