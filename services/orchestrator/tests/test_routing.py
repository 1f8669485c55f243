"""Which arm takes a contract."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.routing import check_known, choose
from octollm.arm import Arm, ArmContext, Outcome
from octollm.contracts import TaskContract
from octollm.errors import UnknownArm

SECRET = "ada@example.org"


class Scored:
    """An arm that answers a fixed score, or raises it."""

    description = "For this test."

    def __init__(self, name: str, score: Any) -> None:
        self.name = name
        self._score = score
        self.asked = 0

    def score(self, contract: TaskContract) -> float:
        self.asked += 1
        if isinstance(self._score, Exception):
            raise self._score
        return self._score  # type: ignore[no-any-return] # what a careless arm may answer

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        return Outcome(self.name)


def arms(**scores: Any) -> dict[str, Arm]:
    return {name: Scored(name, score) for name, score in scores.items()}


def contract(assigned_arm: str | None = None) -> TaskContract:
    return TaskContract(task_id="t", goal=f"Write to {SECRET}", assigned_arm=assigned_arm)


def test_an_arm_that_is_named_runs_whatever_it_scores() -> None:
    assert choose(contract("a"), arms(a=0, b=1)).name == "a"
    assert choose(contract("a"), arms(a=RuntimeError(), b=1)).name == "a"


def test_a_named_arm_is_found_by_its_name_in_the_roster() -> None:
    assert choose(contract("alias"), {"alias": Scored("a", 0)}).name == "a"


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownArm) as caught:
        choose(contract("c"), arms(b=1, a=1))
    message = "there is no arm of this name; there are: a, b"
    assert caught.value.detail == f"assigned_arm: {message}"
    assert caught.value.extra == {
        "available": ["a", "b"],
        "errors": [{"field": "assigned_arm", "message": message}],
    }


def test_a_name_can_be_checked_without_asking_any_arm() -> None:
    known = Scored("a", RuntimeError())
    check_known("a", {"a": known})
    check_known(None, {"a": known})
    check_known(None, {})
    with pytest.raises(UnknownArm, match="there are: none"):
        check_known("a", {})
    assert known.asked == 0


def test_the_best_score_wins() -> None:
    assert choose(contract(), arms(a=0.2, b=0.9, c=0.5)).name == "b"


def test_equal_scores_go_to_the_first_name() -> None:
    assert choose(contract(), arms(c=0.5, a=0.5, b=0.5)).name == "a"


def test_a_score_above_one_counts_as_one() -> None:
    assert choose(contract(), arms(b=99, a=1)).name == "a"
    assert choose(contract(), arms(b=99, a=0.99)).name == "b"


@pytest.mark.parametrize(
    "score",
    [RuntimeError("no"), math.nan, math.inf, -math.inf, "0.9", "high", None, [1], 1j, 10**400, -1],
)
def test_a_score_that_is_none_counts_as_zero(score: Any) -> None:
    assert choose(contract(), arms(a=score, b=0.1)).name == "b"


def test_each_arm_is_asked_once() -> None:
    asked = {name: Scored(name, 0.5) for name in "abc"}
    choose(contract(), dict(asked))
    assert [arm.asked for arm in asked.values()] == [1, 1, 1]


@pytest.mark.parametrize("score", [RuntimeError(SECRET), "high"])
def test_a_failing_score_is_logged_by_arm_and_class_alone(
    score: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="app.routing")
    choose(contract(), arms(a=score, b=0.1))
    kind = type(score).__name__ if isinstance(score, Exception) else "TypeError"
    assert caplog.messages == [f"arm_score_failed arm=a error={kind}"]
    assert SECRET not in caplog.text


@pytest.mark.parametrize("those", [{}, {"a": 0, "b": 0}, {"b": -1, "a": RuntimeError()}])
def test_no_arm_is_made_to_do_what_it_says_it_cannot(those: dict[str, Any]) -> None:
    with pytest.raises(UnknownArm, match="name one") as caught:
        choose(contract(), arms(**those))
    assert caught.value.extra["available"] == sorted(those)
    assert caught.value.errors[0]["field"] == "assigned_arm"
    assert SECRET not in caught.value.detail
