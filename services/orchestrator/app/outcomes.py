"""Pure: whether what an arm made can be stored, and why it may not be."""

from __future__ import annotations

import re
from typing import Any

from octollm.arm import Outcome
from octollm.contracts import TaskResult
from octollm.errors import (
    ArmFailed,
    CriteriaNotMet,
    InjectionDetected,
    OutputRefused,
    RefusedByPolicy,
)
from octollm.fields import check_storable_object, made_storable, storable

EVENT_TYPE = re.compile(r"[a-z][a-z0-9_.-]{0,63}")


def check_storable(arm: str, outcome: object) -> None:
    """Raise ArmFailed unless an arm made what the protocol says and the database can hold it."""
    if not isinstance(outcome, Outcome) or not isinstance(outcome.output, str):
        raise ArmFailed(f"{arm} returned no Outcome with a text.")
    if not isinstance(outcome.data, dict) or not all(isinstance(key, str) for key in outcome.data):
        raise ArmFailed(f"The data of {arm} is no JSON object.")
    try:
        storable(outcome.output)
        check_storable_object(outcome.data)
    except ValueError as error:
        raise ArmFailed(f"The output of {arm} cannot be stored: {error}.") from None


def draft(text: str) -> Outcome:
    """Return what an arm had written when it was cut short, as the database can hold it."""
    return Outcome(made_storable(text), partial=True)


def unjudged(arm: str, outcome: Outcome) -> TaskResult:
    """Return what an arm made as a result of which nothing is known yet."""
    return TaskResult(arm=arm, output=outcome.output, data=outcome.data, partial=outcome.partial)


def not_met(best: TaskResult | None, why: str) -> CriteriaNotMet:
    """Return what ends a task whose best result still fails some criteria."""
    failed = [f"{j.criterion}" for j in best.judgements if j.verdict == "failed"] if best else []
    if len(failed) == 1:
        return CriteriaNotMet(f"Criterion {failed[0]} is not met. {why}")
    named = f"{', '.join(failed[:-1])} and {failed[-1]}" if failed else ""
    return CriteriaNotMet(f"Criteria {named} are not met. {why}")


def refused(why: RefusedByPolicy) -> OutputRefused:
    """Return what ends a task whose output a policy refuses; `because` is the policy's slug."""
    return OutputRefused(why.detail, because=why.slug, findings=why.findings)


def was_injection(why: OutputRefused) -> bool:
    """Return True if an output was refused for the instructions in it."""
    return why.extra.get("because") == InjectionDetected.slug


def check_event(event_type: str, data: dict[str, Any]) -> None:
    """Raise ArmFailed for an event an arm may not add: `task.…` is the house's own to say."""
    if not EVENT_TYPE.fullmatch(event_type) or event_type.startswith("task."):
        raise ArmFailed("The arm added an event of a type that is not allowed.")
    try:
        check_storable_object(data)
    except ValueError as error:
        raise ArmFailed(f"The arm added an event that cannot be stored: {error}.") from None
