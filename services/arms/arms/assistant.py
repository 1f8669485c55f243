"""An arm that has one model answer a goal."""

from __future__ import annotations

from pydantic_ai import Agent

from arms import prompt
from arms.asking import ask_for_text
from arms.model import Models
from octollm.arm import ArmContext, Outcome
from octollm.contracts import TaskContract


class Assistant:
    """Answers a goal in text, with the context as material."""

    name = "assistant"
    description = "Has a language model work on the goal, with the context as its material."
    repairs = True

    def __init__(self, models: Models) -> None:
        self._models = models
        self._agent = Agent(instructions=prompt.instructions(self.name), output_type=str)

    @property
    def unavailable(self) -> str | None:
        """Return which setting is missing, None when there is a model."""
        return self._models.unavailable

    async def aclose(self) -> None:
        """Close the connections to the models."""
        await self._models.aclose()

    def score(self, contract: TaskContract) -> float:
        """Return 0.3: it can do anything that words can, where no other arm is made for it."""
        return 0.3

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Return the model's answer; it is drafted while it is written.

        Raises what `arms.asking.ask` raises.
        """
        text, cut = await ask_for_text(
            self._agent,
            self._models.opened(context),
            prompt.of_contract(contract, context.feedback),
            context,
        )
        return Outcome(text, partial=cut)
