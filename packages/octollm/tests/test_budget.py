"""What a task may have used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from octollm.budget import Spend


def test_nothing_is_spent_before_anything_was_done() -> None:
    assert Spend() == Spend(tokens=0, seconds=0, cost_usd=0)


@pytest.mark.parametrize("wrong", [{"tokens": -1}, {"seconds": -0.1}, {"cost_usd": -1}])
def test_nothing_is_spent_backwards(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Spend.model_validate(wrong)
