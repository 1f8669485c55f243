"""An arm that judges whether a text meets criteria that only a reader can judge."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from pydantic_ai import Agent, ModelRetry, RunContext

from arms import prompt
from arms.asking import ask
from arms.model import Models
from octollm.arm import ArmContext, Outcome
from octollm.contracts import TaskContract
from octollm.criteria import MAX_EVIDENCE_CHARACTERS


class Opinion(BaseModel):
    """What the judge says of one criterion."""

    criterion: Annotated[int, Field(ge=0)]
    verdict: Literal["passed", "failed", "undecided"]
    evidence: str


class Opinions(BaseModel):
    """One opinion for each criterion."""

    opinions: list[Opinion]


class Judge:
    """Judges the context of a contract by its criteria; the goal is what was asked for."""

    name = "judge"
    description = "Has a language model judge whether the context meets the criteria. Never chosen."

    def __init__(self, models: Models) -> None:
        self._models = models
        self._agent = Agent(
            instructions=prompt.instructions(self.name), output_type=Opinions, deps_type=int
        )
        self._agent.output_validator(_of_all)

    @property
    def unavailable(self) -> str | None:
        """Return which setting is missing, None when there is a model."""
        return self._models.unavailable

    async def aclose(self) -> None:
        """Close the connections to the models."""
        await self._models.aclose()

    def score(self, contract: TaskContract) -> float:
        """Return 0: a judge works only when it is named."""
        return 0.0

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Return `data.judgements`: `{criterion, verdict, evidence}` for each criterion.

        Raises what `arms.asking.ask` raises.
        """
        wanted = contract.acceptance_criteria
        question = "\n\n".join(
            [
                f"What was asked for:\n{prompt.section('goal', contract.goal)}",
                f"Criteria:\n{prompt.section('criteria', prompt.criteria(wanted))}",
                f"The text:\n{prompt.section('text', contract.context or '')}",
            ]
        )
        answer = await ask(self._agent, self._models.opened(context), question, len(wanted))
        opinions = sorted(answer.opinions, key=lambda one: one.criterion)
        lines = [f"{one.criterion}. {one.verdict}: {one.evidence}" for one in opinions]
        return Outcome(
            "\n".join(lines),
            {
                "judgements": [
                    {
                        "criterion": one.criterion,
                        "verdict": one.verdict,
                        "evidence": one.evidence[:MAX_EVIDENCE_CHARACTERS],
                    }
                    for one in opinions
                ],
            },
        )


def _of_all(context: RunContext[int], answer: Opinions) -> Opinions:
    """Send an answer back that leaves criteria out, judges one twice or one that is not there."""
    if sorted(one.criterion for one in answer.opinions) != list(range(context.deps)):
        raise ModelRetry(f"Give exactly one opinion for each criterion 0 to {context.deps - 1}.")
    return answer
