"""Any plan has a fault that can be said, or one last step and an order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arms.plan import MAX_STEPS, Plan, Step, fault, sorter

ARMS = ("assistant", "digest")
IDS = st.sampled_from(["a", "b", "c", "d", "e"])
STEPS = st.builds(
    Step,
    id=IDS,
    arm=st.sampled_from([*ARMS, "nonsuch", ""]),
    goal=st.just("Do it."),
    needs=st.lists(IDS | st.text(max_size=3), max_size=4),
)
TIDY = st.lists(IDS, min_size=1, unique=True).flatmap(
    lambda ids: st.tuples(
        *(
            st.builds(
                Step,
                id=st.just(one),
                arm=st.sampled_from(ARMS),
                goal=st.just("Do it."),
                needs=st.lists(st.sampled_from(ids), max_size=3),
            )
            for one in ids
        )
    ).map(list)
)
PLANS = st.builds(Plan, steps=st.lists(STEPS, min_size=1, max_size=MAX_STEPS) | TIDY)


@given(PLANS, st.sampled_from([ARMS, (), ("assistant",)]))
def test_a_plan_has_a_fault_or_can_be_carried_out(plan: Plan, arms: tuple[str, ...]) -> None:
    why = fault(plan, arms)
    if why is not None:
        assert why.endswith(".")
        return
    order = list(sorter(plan).static_order())
    assert sorted(order) == sorted(step.id for step in plan.steps)
    assert order[-1] == plan.last.id
    assert {step.arm for step in plan.steps} <= set(arms)
    before: set[str] = set()
    needs = {step.id: set(step.needs) for step in plan.steps}
    for one in order:
        assert needs[one] <= before
        before.add(one)


def step(name: str, *needs: str, arm: str = "assistant") -> Step:
    return Step(id=name, arm=arm, goal="Do it.", needs=list(needs))


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([step("a"), step("a")], "same id"),
        ([step("a", arm="nonsuch")], "assistant, digest"),
        ([step("a", "z", "y")], "none of: y, z"),
        ([step("a", "a")], "circle"),
        ([step("a"), step("b", "c"), step("c", "b")], "circle"),
        ([step("a"), step("b")], "single step"),
    ],
)
def test_what_is_wrong_is_said(steps: list[Step], why: str) -> None:
    assert why in str(fault(Plan(steps=steps), ARMS))


def test_a_diamond_and_a_need_named_twice_are_fine() -> None:
    steps = [step("a"), step("b", "a"), step("c", "a", "a"), step("d", "b", "c")]
    plan = Plan(steps=steps)
    assert fault(plan, ARMS) is None
    assert plan.last.id == "d"
