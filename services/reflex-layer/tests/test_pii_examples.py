"""Every recogniser does what its own examples say."""

import pytest
from _pytest.mark.structures import ParameterSet

from reflex_layer.pii import RECOGNISERS, Recognisers
from reflex_layer.pii.overlaps import resolved
from reflex_layer.pii.recogniser import Recogniser
from reflex_layer.text import shadow

BUILT_IN = Recognisers()


def _cases(which: str) -> list[ParameterSet]:
    return [
        pytest.param(recogniser, example, id=f"{recogniser.kind}-{number}")
        for recogniser in RECOGNISERS
        for number, example in enumerate(getattr(recogniser, which))
    ]


def _found(recogniser: Recogniser, text: str) -> list[str]:
    """Return the values found by the recogniser, the way the service reaches it."""
    seen = BUILT_IN.reading(shadow(text))
    assert {f.kind for f in recogniser.find(seen)} <= {recogniser.kind}
    found = resolved(
        [f for f in BUILT_IN.find_all(seen) if f.kind == recogniser.kind], 0.0, seen.lower
    )
    places = [seen.span(f.start, f.end) for f in found]
    return [text[start:end] for start, end in places]


@pytest.mark.parametrize(("recogniser", "example"), _cases("positive"))
def test_finds_what_stands_in_brackets(recogniser: Recogniser, example: str) -> None:
    expected = [piece.split("⟧")[0] for piece in example.split("⟦")[1:]]
    assert _found(recogniser, example.replace("⟦", "").replace("⟧", "")) == expected


@pytest.mark.parametrize(("recogniser", "example"), _cases("negative"))
def test_leaves_alone_what_only_looks_alike(recogniser: Recogniser, example: str) -> None:
    assert _found(recogniser, example) == []


def test_every_recogniser_has_examples_of_both_sorts() -> None:
    assert all(r.positive and r.negative for r in RECOGNISERS)
