"""An arm that parts a goal into steps and has other arms carry them out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue
from pydantic_ai import Agent, ModelRetry, RunContext

from arms import plan as plans
from arms import prompt
from arms.asking import ask
from arms.model import Models
from arms.plan import Plan, Step
from octollm.arm import ArmContext, Outcome
from octollm.contracts import MAX_CONTEXT_CHARACTERS, TaskContract
from octollm.errors import ArmFailed


class Planner:
    """Makes a plan and carries it out: independent steps at the same time, outputs handed on."""

    name = "planner"
    description = "Has a language model part the goal into steps, and other arms carry them out."
    repairs = True

    def __init__(self, models: Models) -> None:
        self._models = models
        self._agent = Agent(
            instructions=prompt.instructions(self.name), output_type=Plan, deps_type=dict[str, str]
        )
        self._agent.output_validator(_can_be_done)

    @property
    def unavailable(self) -> str | None:
        """Return which setting is missing, None when there is a model."""
        return self._models.unavailable

    async def aclose(self) -> None:
        """Close the connections to the models."""
        await self._models.aclose()

    def score(self, contract: TaskContract) -> float:
        """Return 0.1: a plan is made when it is asked for."""
        return 0.1

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Return what the last step made; `data` has the plan and every step's output.

        Emits `plan.made` with the steps. Raises `ArmFailed` where no other arm can be asked, and
        what `arms.asking.ask` and the steps raise.
        """
        if not context.colleagues:
            raise ArmFailed("There is no other arm that could carry out a plan.")
        arms = "\n".join(f"- {name}: {what}" for name, what in sorted(context.colleagues.items()))
        plan = await ask(
            self._agent,
            self._models.opened(context),
            f"Arms:\n{arms}\n\n{prompt.of_contract(contract, context.feedback)}",
            dict(context.colleagues),
        )
        steps: list[JsonValue] = [step.model_dump(mode="json") for step in plan.steps]
        await context.emit("plan.made", {"steps": steps})
        made = await _carry_out(plan, contract, context)
        last, outputs = made[plan.last.id], _outputs(made)
        return Outcome(last.output, {"plan": steps, "steps": {**outputs}}, partial=last.partial)


def _can_be_done(context: RunContext[dict[str, str]], plan: Plan) -> Plan:
    if why := plans.fault(plan, context.deps):
        raise ModelRetry(why)
    return plan


async def _carry_out(plan: Plan, contract: TaskContract, context: ArmContext) -> dict[str, Outcome]:
    """Run every step as soon as what it needs is done; return the outcomes by step.

    What is done is drafted, so that it is kept should the plan be cut short. The first step that
    fails ends the others.
    """
    steps = {step.id: step for step in plan.steps}
    made: dict[str, Outcome] = {}
    sorter = plans.sorter(plan)
    sorter.prepare()
    done: asyncio.Queue[str] = asyncio.Queue()

    async def run(step: Step) -> None:
        made[step.id] = await context.delegate(_contract_of(step, contract, _outputs(made)))
        context.draft("\n\n".join(f"[{name}]\n{text}" for name, text in _outputs(made).items()))
        done.put_nowait(step.id)

    try:
        async with asyncio.TaskGroup() as group:
            while sorter.is_active():
                for ready in sorter.get_ready():
                    group.create_task(run(steps[ready]))
                sorter.done(await done.get())
    except BaseExceptionGroup as failed:
        raise _first(failed) from None
    return made


def _outputs(made: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: outcome.output for name, outcome in made.items()}


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error of the step that failed first; the others were ended by it."""
    error: BaseException = failed.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _contract_of(step: Step, contract: TaskContract, outputs: Mapping[str, str]) -> TaskContract:
    """Return what the arm of a step is to fulfil, with the outputs it needs as its material.

    What is too long for all is cut in each, and says how much is missing.
    """
    material = [contract.context] if step.material and contract.context else []
    material += [f"[{need}]\n{outputs[need]}" for need in step.needs]
    return contract.model_copy(
        update={
            "goal": step.goal,
            "context": "\n\n".join(_shared(material)) or None,
            "acceptance_criteria": list(step.criteria),
            "assigned_arm": step.arm,
            "max_repairs": min(contract.max_repairs, 1),
            "metadata": {"step": step.id},
        }
    )


def _shared(material: list[str]) -> list[str]:
    """Return texts that fit together into a context, of long ones the beginning.

    What is left out is told: an arm must not take a part for the whole.
    """
    if sum(map(len, material)) <= MAX_CONTEXT_CHARACTERS:
        return material
    share = MAX_CONTEXT_CHARACTERS // len(material)
    return [
        text if len(text) <= share else f"{text[:share]}\n[{len(text) - share:,} characters more]"
        for text in material
    ]
