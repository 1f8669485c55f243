"""Pure: what a plan is, when it can be carried out, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from typing import Annotated

from pydantic import BaseModel, Field

from octollm.contracts import MAX_GOAL_CHARACTERS
from octollm.criteria import MAX_CRITERION_CHARACTERS

MAX_STEPS = 12


class Step(BaseModel):
    """A part of the work: who does it, what it is, what its output must meet, what it needs."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    arm: str
    goal: Annotated[str, Field(min_length=1, max_length=MAX_GOAL_CHARACTERS)]
    criteria: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_CRITERION_CHARACTERS)]],
        Field(max_length=10),
    ] = []
    needs: list[str] = []
    material: bool = True


class Plan(BaseModel):
    """Steps that together answer a goal; the output of the last one is the result."""

    steps: Annotated[list[Step], Field(min_length=1, max_length=MAX_STEPS)]

    @property
    def last(self) -> Step:
        """The one step that no other needs; only a plan without a fault has it."""
        needed = {need for step in self.steps for need in step.needs}
        (last,) = [step for step in self.steps if step.id not in needed]
        return last


def fault(plan: Plan, arms: Collection[str]) -> str | None:
    """Return why a plan cannot be carried out by `arms`, in a sentence to its maker; or None."""
    ids = [step.id for step in plan.steps]
    if len(set(ids)) < len(ids):
        return "Two steps have the same id."
    for step in plan.steps:
        if step.arm not in arms:
            return (
                f"Step {step.id} names an arm that is not in the list: {', '.join(sorted(arms))}."
            )
        if unknown := sorted(set(step.needs) - set(ids)):
            return f"Step {step.id} needs steps there are none of: {', '.join(unknown)}."
    try:
        sorter(plan).prepare()
    except CycleError:
        return "Steps need each other in a circle."
    needed = {need for step in plan.steps for need in step.needs}
    if len(set(ids) - needed) != 1:
        return "The plan must end with a single step that needs the others."
    return None


def sorter(plan: Plan) -> TopologicalSorter[str]:
    """Return what hands out the ids of steps as soon as all they need is done."""
    return TopologicalSorter({step.id: set(step.needs) for step in plan.steps})
