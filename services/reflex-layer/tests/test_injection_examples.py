"""Every rule does what its own examples say."""

import pytest
from _pytest.mark.structures import ParameterSet

from reflex_layer.injection import BUILT_IN, RULES, find_all
from reflex_layer.injection.rule import Rule
from reflex_layer.text import shadow


def _cases(which: str) -> list[ParameterSet]:
    return [
        pytest.param(index, rule, example, id=f"{rule.name}-{number}")
        for index, rule in enumerate(RULES)
        for number, example in enumerate(getattr(rule, which))
    ]


@pytest.mark.parametrize(("index", "rule", "example"), _cases("positive"))
def test_finds_its_attacks(index: int, rule: Rule, example: str) -> None:
    assert list(BUILT_IN.spans(index, shadow(example)))
    assert rule.type in {attempt.type for attempt in find_all(shadow(example))}


@pytest.mark.parametrize(("index", "rule", "example"), _cases("negative"))
def test_leaves_alone_what_is_no_attack(index: int, rule: Rule, example: str) -> None:
    assert not list(BUILT_IN.spans(index, shadow(example))), rule.name
    assert not find_all(shadow(example))


def test_every_rule_has_a_name_of_its_own_and_examples_of_both_sorts() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.positive and rule.negative for rule in RULES)
