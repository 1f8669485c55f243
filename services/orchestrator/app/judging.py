"""Pure: what is made of judgements. Undecided is never passed."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from octollm.contracts import TaskResult
from octollm.criteria import MAX_EVIDENCE_CHARACTERS, Criterion, Judgement

_LEAST_QUOTE = 2
"""Characters a quotation needs to be evidence of anything."""

_OPINIONS = TypeAdapter(list[dict[str, Any]])


def sentences(criteria: Sequence[Criterion]) -> list[int]:
    """Return which criteria only a reader can judge."""
    return [index for index, criterion in enumerate(criteria) if isinstance(criterion, str)]


def undecided(criteria: Sequence[int], why: str, judged_by: str) -> list[Judgement]:
    """Return that nothing is known about some criteria, and why."""
    why = why[:MAX_EVIDENCE_CHARACTERS]
    return [
        Judgement(criterion=index, verdict="undecided", evidence=why, judged_by=judged_by)
        for index in criteria
    ]


def read(
    data: Mapping[str, Any], criteria: Sequence[int], output: str, judged_by: str
) -> list[Judgement]:
    """Return a judge's opinions on `criteria`, in their order, as far as they can be believed.

    `passed` counts only with a quotation that stands in the output. A criterion the judge left out
    is undecided.
    """
    try:
        opinions = _OPINIONS.validate_python(data.get("judgements", []))
    except ValidationError:
        opinions = []
    by_number = {opinion.get("criterion"): opinion for opinion in opinions}
    return [
        _believed(index, by_number.get(number), output, judged_by)
        for number, index in enumerate(criteria)
    ]


def _believed(
    index: int, opinion: Mapping[str, Any] | None, output: str, judged_by: str
) -> Judgement:
    verdict = opinion.get("verdict") if opinion else None
    evidence = str(opinion.get("evidence", ""))[:MAX_EVIDENCE_CHARACTERS] if opinion else ""
    if verdict not in ("passed", "failed", "undecided"):
        return undecided([index], "The judge did not say.", judged_by)[0]
    if verdict == "passed" and not _quotes(evidence, output):
        verdict, evidence = "undecided", "The judge quoted nothing that stands in the output."
    return Judgement(criterion=index, verdict=verdict, evidence=evidence, judged_by=judged_by)


def _quotes(evidence: str, output: str) -> bool:
    """Return True if the evidence stands in the output, white space, case and quotation marks
    aside."""
    quoted = _plain(evidence.strip().strip("\"'`“”„«»‘’ .…"))
    return len(quoted) >= _LEAST_QUOTE and quoted in _plain(output)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def accepted(judgements: Sequence[Judgement]) -> bool | None:
    """Return True if all criteria passed, False if one failed; None if neither is known."""
    verdicts = {judgement.verdict for judgement in judgements}
    if "failed" in verdicts:
        return False
    return True if verdicts == {"passed"} else None


def better(one: TaskResult | None, other: TaskResult) -> TaskResult:
    """Return the result of which more criteria passed and fewer failed; the later one if equal."""
    if one is None:
        return other
    return max(one, other, key=_worth) if _worth(one) != _worth(other) else other


def _worth(result: TaskResult) -> tuple[int, int]:
    verdicts = [judgement.verdict for judgement in result.judgements]
    return -verdicts.count("failed"), verdicts.count("passed")
