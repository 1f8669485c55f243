"""Which arms there are, and how they divide the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from arms.config import ModelSettings
from arms.roster import load_arms

README = Path(__file__).parents[1] / "README.md"

ARMS = load_arms(ModelSettings(model="")).arms


def test_the_built_in_arms_are_loaded() -> None:
    assert set(ARMS) == {
        "assistant",
        "coder",
        "digest",
        "drill",
        "guardian",
        "judge",
        "planner",
        "retriever",
    }


@pytest.mark.parametrize("name", sorted(ARMS))
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
        for arm in ARMS.values()
        if not getattr(arm, "unavailable", None)
    }
    best = max(scores.values())
    assert [arm for arm, score in scores.items() if score == best] == [name]
