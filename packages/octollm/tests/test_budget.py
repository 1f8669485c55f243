"""Deadlines, and what is left of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from octollm.budget import Spend, deadline, seconds_left

START = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)


def test_the_deadline_is_the_first_start_and_the_time_allowed() -> None:
    assert deadline(START, 90.5) == START + timedelta(seconds=90.5)


@pytest.mark.parametrize(("passed", "left"), [(0, 10), (4, 6), (10, 0), (11, 0)])
def test_time_left_counts_down_to_nothing_and_no_further(passed: int, left: int) -> None:
    assert seconds_left(deadline(START, 10), START + timedelta(seconds=passed)) == left


def test_nothing_is_spent_before_anything_was_done() -> None:
    assert Spend() == Spend(tokens=0, seconds=0, cost_usd=0)


@pytest.mark.parametrize("wrong", [{"tokens": -1}, {"seconds": -0.1}, {"cost_usd": -1}])
def test_nothing_is_spent_backwards(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Spend.model_validate(wrong)
