"""Hides on pages what a task under the policy `allow` lets through: a screen is seen by others too.

What cannot be screened at the moment is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.concealing import Concealing
from octollm.contracts import TaskResponse
from octollm.errors import ReflexUnavailable, RefusedByPolicy

DOOR: Final = "console"
WITHHELD: Final = "Hidden: it cannot be screened at the moment."


async def masked_goals(concealing: Concealing, goals: Mapping[str, str]) -> dict[str, str]:
    """Return goals by id, placeholders in the place of private values."""
    _, kept = await _masked(concealing, "", dict(goals))
    return {name: str(kept.get(name, WITHHELD)) for name in goals}


async def masked(concealing: Concealing, task: TaskResponse) -> TaskResponse:
    """Return a task with placeholders in the place of private values, wherever they stand."""
    judgements = task.result.judgements if task.result else []
    texts: dict[str, Any] = {
        "goal": task.goal,
        "context": task.context or "",
        "constraints": task.constraints,
        "criteria": task.acceptance_criteria,
        "metadata": task.metadata,
        "data": task.result.data if task.result else {},
        "evidence": [judgement.evidence for judgement in judgements],
    }
    output, kept = await _masked(concealing, task.result.output if task.result else "", texts)
    update: dict[str, Any] = {
        "goal": kept.get("goal", WITHHELD),
        "context": kept.get("context") or None,
        "constraints": kept.get("constraints", {}),
        "acceptance_criteria": kept.get("criteria", [WITHHELD] * len(task.acceptance_criteria)),
        "metadata": kept.get("metadata", {}),
    }
    if task.result is not None:
        evidence = kept.get("evidence", [WITHHELD] * len(judgements))
        seen = [
            judgement.model_copy(update={"evidence": said})
            for judgement, said in zip(judgements, evidence, strict=True)
        ]
        result = {"output": output, "data": kept.get("data", {}), "judgements": seen}
        update["result"] = task.result.model_copy(update=result)
    return task.model_copy(update=update)


async def _masked(
    concealing: Concealing, output: str, texts: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    try:
        return await concealing.made(output, texts, "redact", DOOR, {})
    except (RefusedByPolicy, ReflexUnavailable):
        return WITHHELD, {}
