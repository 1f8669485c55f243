"""An arm that writes code, with tests and an explanation."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic_ai import Agent

from arms import prompt
from arms.asking import ask
from arms.markdown import code_block
from arms.model import Models
from octollm.arm import ArmContext, Outcome
from octollm.contracts import TaskContract

_ASKS = re.compile(
    r"\b(?:write|implement|code|program|refactor|fix|port|debug)\b.{0,80}"
    r"\b(?:function|class|script|program|module|code|bug|method|endpoint|query|regex|parser|tests?)\b",
    re.IGNORECASE | re.DOTALL,
)


class Code(BaseModel):
    """Code that does what was asked, tests that show it, and what to know about it."""

    language: Annotated[str, Field(pattern=r"^[A-Za-z0-9+#.-]{1,30}$")]
    code: Annotated[str, Field(min_length=1)]
    tests: str
    explanation: str


class Coder:
    """Writes code, tests and an explanation."""

    name = "coder"
    description = "Has a language model write code, with tests and an explanation."
    repairs = True

    def __init__(self, models: Models) -> None:
        self._models = models
        self._agent = Agent(instructions=prompt.instructions(self.name), output_type=Code)

    @property
    def unavailable(self) -> str | None:
        """Return which setting is missing, None when there is a model."""
        return self._models.unavailable

    async def aclose(self) -> None:
        """Close the connections to the models."""
        await self._models.aclose()

    def score(self, contract: TaskContract) -> float:
        """Return 0.6 when the goal asks for code, else 0.05."""
        return 0.6 if _ASKS.search(contract.goal) else 0.05

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Return the code in Markdown; `data` has `language`, `code`, `tests` and `explanation`.

        Raises what `arms.asking.ask` raises.
        """
        made = await ask(
            self._agent,
            self._models.opened(context),
            prompt.of_contract(contract, context.feedback),
            None,
        )
        parts = [code_block(made.language, made.code)]
        if made.tests.strip():
            parts.append(f"Tests:\n\n{code_block(made.language, made.tests)}")
        return Outcome("\n\n".join([*parts, made.explanation.strip()]), made.model_dump())
