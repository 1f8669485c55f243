"""Has an arm fulfil a contract: run, screen, judge, and repair while the budget allows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, get_args

import structlog

from app import checking, judging, outcomes, routing
from app.concealing import Concealing
from app.work import Progress, Work
from octollm.arm import Arm, Feedback, Outcome
from octollm.contracts import TaskContract, TaskResult
from octollm.criteria import Judgement, JudgementVerdict
from octollm.errors import (
    ArmFailed,
    BudgetExceeded,
    CriteriaNotMet,
    ModelFailed,
    OutputRefused,
    RefusedByPolicy,
)
from octollm.service import tracing

NOT_DELEGATED = frozenset({"planner", "judge"})
NOT_OFFERED = NOT_DELEGATED | {"drill"}  # which is for people who rehearse, and works on nothing
LEFT_OUT = "[Left out: this text tried to give instructions.]"

log = structlog.get_logger(__name__)


class Processing:
    """Runs arms, and lets nothing in or out that is not screened."""

    def __init__(self, concealing: Concealing, arms: Mapping[str, Arm]) -> None:
        self._concealing = concealing
        self._arms = arms

    async def run(self, work: Work) -> TaskResult:
        """Return what an arm made of a contract, screened and judged.

        Raises CriteriaNotMet when a criterion still fails after all repairs (`progress.best` is
        then the best there was), UnknownArm, ArmUnavailable, OutputRefused, ReflexUnavailable and
        whatever the arm raises.
        """
        contract, progress = work.contract, work.progress
        arm = routing.choose(contract, self._arms)
        log.info("arm started", arm=arm.name, attempt=work.context.attempt)
        started = time.perf_counter()
        feedback: Feedback | None = None
        for repair in range(contract.max_repairs + 1):
            try:
                outcome = await self._made(arm, work, feedback)
                progress.made = outcomes.unjudged(arm.name, outcome)
                judgements = await self._judged(work, outcome)
            except BudgetExceeded as error:
                if progress.best is None:
                    raise
                raise outcomes.not_met(progress.best, error.detail) from None
            seconds = round(time.perf_counter() - started, 3)
            result = progress.made.model_copy(
                update={
                    "spend": outcome.spend.model_copy(update={"seconds": seconds}),
                    "accepted": judging.accepted(judgements),
                    "judgements": judgements,
                    "repairs": repair,
                }
            )
            progress.best = judging.better(progress.best, result)
            if result.accepted is not False:
                return result
            if not getattr(arm, "repairs", False):
                raise outcomes.not_met(progress.best, f"{arm.name} makes the same again.")
            feedback = Feedback(outcome.output, tuple(judgements))
        raise outcomes.not_met(progress.best, _exhausted(contract.max_repairs))

    async def partial_result(self, work: Work) -> TaskResult | None:
        """Return what there is of a task that was cut short, if it may be shown: its best output,
        else one that was not judged, else its draft."""
        progress = work.progress
        kept = progress.best or progress.made
        if kept is not None or not progress.draft.strip():
            return kept
        try:
            draft = await self._passed(work, outcomes.draft(progress.draft))
        except Exception as error:
            log.info("a draft was not kept", error=type(error).__name__)
            return None
        return TaskResult(arm=progress.arm, output=draft.output, partial=True)

    async def _made(self, arm: Arm, work: Work, feedback: Feedback | None) -> Outcome:
        """Run an arm once and return what it made, screened."""
        if feedback is not None:
            failed = [j.criterion for j in feedback.judgements if j.verdict == "failed"]
            await work.emit("repair.started", {"failed": failed})

        def draft(text: str) -> None:
            work.progress.arm, work.progress.draft = arm.name, text
            if not work.step and arm.name != "judge":  # theirs is not the output of the task
                work.context.draft(text)

        context = replace(
            work.context,
            feedback=feedback,
            draft=draft,
            emit=partial(self._emit, work),
            conceal=partial(self._conceal, work),
            delegate=partial(self._delegate, work),
            colleagues={} if work.step else self._colleagues(),
        )
        told = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": arm.name}
        try:
            with tracing.span(f"invoke_agent {arm.name}", told):
                outcome = await arm.run(work.contract, context)
        except (SystemExit, KeyboardInterrupt) as error:  # asyncio would end the process with it
            raise ArmFailed(f"{arm.name} raised {type(error).__name__}.") from None
        outcomes.check_storable(arm.name, outcome)
        return await self._passed(work, outcome)

    async def _passed(self, work: Work, outcome: Outcome) -> Outcome:
        """Return an outcome as it may be stored. Raises OutputRefused and ReflexUnavailable."""
        output, data = await self._concealed(work, outcome.output, outcome.data, "output")
        return replace(outcome, output=output, data=data)

    async def _concealed(
        self, work: Work, text: str, data: dict[str, Any], door: str
    ) -> tuple[str, dict[str, Any]]:
        """Return texts as they may be stored and sent: what they hide is kept by then."""
        try:
            texts = await self._concealing.made(
                text, data, work.contract.pii_policy, door, work.values, work.taken
            )
        except RefusedByPolicy as refused:
            raise outcomes.refused(refused) from None
        await work.keep()
        return texts

    async def _conceal(self, work: Work, text: str) -> str:
        """Return a text from outside the task as an arm may give it to a model."""
        return (await self._concealed(work, text, {}, "document"))[0]

    async def _judged(self, work: Work, outcome: Outcome) -> list[Judgement]:
        """Judge an outcome by the contract's criteria, checks first; each judgement is an event."""
        criteria = work.contract.acceptance_criteria
        if not criteria:
            return []
        with tracing.span("judge criteria") as span:
            judgements = await self._opinions(work, outcome)
            for verdict in get_args(JudgementVerdict):
                count = sum(judgement.verdict == verdict for judgement in judgements)
                span.set_attribute(f"octollm.criteria.{verdict}", count)
        for judgement in judgements:
            await work.emit("criterion.judged", judgement.model_dump(mode="json"))
        return judgements

    async def _opinions(self, work: Work, outcome: Outcome) -> list[Judgement]:
        criteria = work.contract.acceptance_criteria
        judgements = await checking.by_checks(criteria, outcome.output, work.values)
        sentences = judging.sentences(criteria)
        if sentences:
            judgements += await self._by_judge(work, outcome, sentences)
        return sorted(judgements, key=lambda judgement: judgement.criterion)

    async def _by_judge(
        self, work: Work, outcome: Outcome, sentences: list[int]
    ) -> list[Judgement]:
        """Have the judge judge. Where it cannot, nothing is decided: what was made and paid for is
        not lost for want of an opinion."""
        judge = self._arms.get("judge")
        why = routing.unavailable(judge) if judge else "There is no judge."
        if judge is None or why:
            return judging.undecided(sentences, why or "", "nobody")
        question = work.contract.model_copy(
            update={
                "context": outcome.output,
                "acceptance_criteria": [
                    work.contract.acceptance_criteria[index] for index in sentences
                ],
            }
        )
        try:
            answer = await self._made(judge, replace(work, contract=question), None)
        except BudgetExceeded as error:
            return judging.undecided(sentences, error.detail, "nobody")
        except (ArmFailed, ModelFailed, OutputRefused) as error:
            why = f"The judge gave no opinion: {error.detail}"
            return judging.undecided(sentences, why, judge.name)
        return judging.read(answer.data, sentences, outcome.output, judge.name)

    async def _delegate(self, work: Work, contract: TaskContract) -> Outcome:
        """Have another arm fulfil a contract within the same budget, and return what it made.

        What it is to do has come from a model, so it is screened like anything that comes in. An
        output that tries to give instructions is left out, for the next arm would read it.
        """
        step = str(contract.metadata.get("step", ""))
        if contract.assigned_arm in NOT_DELEGATED or contract.assigned_arm is None:
            raise ArmFailed("A step needs an arm, and neither the planner nor the judge.")
        ours = replace(work, contract=contract, progress=Progress(), step=step)
        await ours.emit("step.started", {"arm": contract.assigned_arm})
        texts = {"criteria": contract.model_dump(mode="json")["acceptance_criteria"]}
        goal, texts = await self._concealed(ours, contract.goal, texts, "step")
        contract = contract.model_copy(
            update={"goal": goal, "acceptance_criteria": texts["criteria"]}
        )
        ours = replace(ours, contract=contract)
        try:
            result = await self.run(ours)
        except CriteriaNotMet:
            if ours.progress.best is None:
                raise
            result = ours.progress.best
        except OutputRefused as refused:
            if not outcomes.was_injection(refused):
                raise
            kinds = sorted({finding["kind"] for finding in refused.findings})
            await ours.emit("content.quarantined", {"kinds": kinds})
            result = TaskResult(arm=contract.assigned_arm, output=LEFT_OUT, partial=True)
        await ours.emit("step.completed", {"arm": result.arm, "accepted": result.accepted})
        return Outcome(result.output, result.data, partial=result.partial)

    async def _emit(self, work: Work, event_type: str, data: dict[str, Any]) -> None:
        """Add an arm's event once its texts have passed the screening."""
        outcomes.check_event(event_type, data)
        _, data = await self._concealed(work, "", data, "event")
        await work.emit(event_type, data)

    def _colleagues(self) -> dict[str, str]:
        return {
            name: arm.description
            for name, arm in self._arms.items()
            if name not in NOT_OFFERED and not routing.unavailable(arm)
        }


def _exhausted(repairs: int) -> str:
    if repairs == 0:
        return "No repair was allowed."
    return "One repair did not help." if repairs == 1 else f"{repairs} repairs did not help."
