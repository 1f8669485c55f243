"""The page about the Reflex Layer names everything there is."""

from pathlib import Path

import pytest

from octollm.verdict import InjectionType, PiiType, ReflexRequest, ReflexResponse
from reflex_layer.config import Settings
from reflex_layer.guard.judgement import GUARD_TYPE
from reflex_layer.injection import LEARNED, RULES
from reflex_layer.injection.lexicon import LANGUAGES
from reflex_layer.pii import RECOGNISERS

PAGE = (Path(__file__).parents[3] / "docs/components/reflex-layer.md").read_text(encoding="utf-8")
NAMES = [
    *(language.code for language in LANGUAGES),
    LEARNED,
    GUARD_TYPE,
    *(recogniser.kind for recogniser in RECOGNISERS),
    *sorted({rule.type for rule in RULES}),
    *(f"REFLEX_{name.upper()}" for name in Settings.model_fields),
    *ReflexRequest.model_fields,
]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_names(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", ReflexResponse.model_fields)
def test_the_page_shows_the_answers(name: str) -> None:
    assert f'"{name}"' in PAGE


def test_the_page_gives_the_defaults() -> None:
    for name, field in Settings.model_fields.items():
        shown = f"`{field.default}`" if field.default != "" else "none"
        assert f"| `REFLEX_{name.upper()}` | {shown} |" in PAGE


def test_every_kind_and_type_of_the_contract_is_built() -> None:
    assert {recogniser.kind for recogniser in RECOGNISERS} == set(PiiType)
    assert {rule.type for rule in RULES} == set(InjectionType)
