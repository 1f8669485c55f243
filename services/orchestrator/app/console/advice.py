"""Pure: why a task failed, in words that say what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from octollm.contracts import TaskError, TaskResponse
from octollm.problem import PROBLEM_TYPE_PREFIX


@dataclass(frozen=True)
class Advice:
    """What went wrong, and what may help."""

    title: str
    detail: str
    help: str


_HELP: Final[Mapping[str, str]] = {
    "budget-exceeded": "Edit the task and give it more of what ran out, or ask for less.",
    "attempts-exhausted": "It was started as often as it may be, and something failed each time: "
    "the timeline says what. Send it again once that is mended.",
    "output-refused": "What was made held what the policy forbids, so nobody is shown it. Ask "
    "for an answer without it, or choose another policy for private data.",
    "criteria-not-met": "The best output is below, with what was judged of it. Edit the goal or "
    "the criteria, allow more repairs, or give it more budget.",
    "price-unknown": "The operator sets a price for this model in OCTOLLM_MODEL_PRICES.",
    "model-failed": "The provider refused for good: the operator looks at the model's key, name "
    "and context length: the command octollm arms check asks it.",
    "arm-failed": "The arm cannot fulfil this contract: choose another arm, or change what it is "
    "given.",
}


def advice_on(error: TaskError | None, task: TaskResponse) -> Advice | None:
    """Return what to say about a failure; None where there was none."""
    if error is None:
        return None
    slug = error.type.removeprefix(PROBLEM_TYPE_PREFIX)
    detail = "" if error.detail == error.title else error.detail
    return Advice(error.title, detail, _HELP.get(slug, "The timeline below says how it went."))
