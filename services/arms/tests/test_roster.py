"""Which arms there are, and how they divide the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arms.roster import BUILT_IN, load_arms

README = Path(__file__).parents[1] / "README.md"


def test_the_built_in_arms_are_loaded() -> None:
    assert {make().name for make in BUILT_IN} <= set(load_arms().arms)
    assert {"digest", "drill", "guardian", "retriever"} <= set(load_arms().arms)


@pytest.mark.parametrize("name", sorted(make().name for make in BUILT_IN))
def test_every_built_in_arm_is_explained(name: str) -> None:
    assert f"`{name}`" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("goal", "context", "name"),
    [
        ("Redact this", "ann", "guardian"),
        ("Summarise this", "a log", "digest"),
        ("Summarise this and mask card numbers", "a log", "guardian"),
        ("Hm", None, "digest"),
        ("Find in our documents how long parental leave is", None, "retriever"),
        ("Find the errors in this log", "a log", "digest"),
    ],
)
def test_the_built_in_arms_divide_the_work(
    contract: Any, goal: str, context: str | None, name: str
) -> None:
    scores = {
        arm.name: arm.score(contract(goal, context=context))
        for arm in (make() for make in BUILT_IN)
    }
    best = max(scores.values())
    assert [arm for arm, score in scores.items() if score == best] == [name]
