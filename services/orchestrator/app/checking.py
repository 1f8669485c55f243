"""Judges an output by the checks among its criteria, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Discriminator, TypeAdapter, ValidationError

from app import checks
from octollm.criteria import Check, Criterion, Judgement, JudgementVerdict
from octollm.redaction import restore, restore_json

_CHECK: TypeAdapter[Check] = TypeAdapter(Annotated[Check, Discriminator("type")])
_WITH_VALUES = "Judged with the private values in their places, which are not shown here."


async def by_checks(
    criteria: Sequence[Criterion], output: str, values: Mapping[str, str]
) -> list[Judgement]:
    """Judge an output as its owner will read it; `values` are what placeholders stand for.

    Each check has a thread for the second it may take: the loop that sends the worker's
    heartbeats goes on, and between two of them the task can be cancelled.
    """
    found = []
    for index, criterion in enumerate(criteria):
        if not isinstance(criterion, str):
            verdict, evidence = await asyncio.to_thread(_judged, criterion, output, values)
            found.append(
                Judgement(criterion=index, verdict=verdict, evidence=evidence, judged_by="check")
            )
    return found


def _judged(check: Check, output: str, values: Mapping[str, str]) -> tuple[JudgementVerdict, str]:
    """Judge what the owner reads. Evidence is taken from what everybody may read, and given only
    where that says the same."""
    verdict, evidence = checks.judge(check, output)
    real, whole = _restored(check, values), restore(output, values)
    if real == check and whole == output:
        return verdict, evidence
    true_verdict = checks.judge(real, whole)[0]
    return (verdict, evidence) if true_verdict == verdict else (true_verdict, _WITH_VALUES)


def _restored(check: Check, values: Mapping[str, str]) -> Check:
    try:
        return _CHECK.validate_python(restore_json(check.model_dump(mode="json"), values))
    except ValidationError:  # it quotes the values
        return check
