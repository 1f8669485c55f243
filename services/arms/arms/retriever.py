"""An arm that answers from the tenant's own documents, word for word, and says where it stands."""

from __future__ import annotations

import asyncio
import re

from pydantic import BaseModel, JsonValue
from pydantic_ai import Agent, ModelRetry, RunContext

from arms import prompt, searching
from arms.asking import ask
from arms.model import Models
from arms.quoting import as_data, quotation
from octollm.arm import ArmContext, Found, Outcome
from octollm.contracts import TaskContract
from octollm.errors import ArmFailed
from octollm.verdict import ReflexResponse

DEFAULT_LIMIT, MAX_LIMIT = 5, 20
SPARE = 5
"""How many passages more are looked for, to stand in for those that must be left out."""

_CITATION = re.compile(r"\[(\d{1,3})\]")


class Answer(BaseModel):
    """An answer from passages, with the number of each it rests on in brackets, such as [2]."""

    answer: str


class Retriever:
    """Quotes the passages that suit the goal best; with a model it answers from them, too."""

    name = "retriever"
    description = "Quotes what your own documents say about the goal, each with its source."
    repairs = True

    def __init__(self, models: Models) -> None:
        self._models = models
        self._agent = Agent(
            instructions=prompt.instructions(self.name), output_type=Answer, deps_type=int
        )
        self._agent.output_validator(_cites)

    async def aclose(self) -> None:
        """Close the connections to the models."""
        await self._models.aclose()

    def score(self, contract: TaskContract) -> float:
        """Return 0.8 when the goal asks to find, look up or quote from documents, else 0.05."""
        return 0.8 if searching.asks(contract.goal) else 0.05

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Search for the words of the goal and quote what is found, the best first.

        `constraints.limit` (1 to 20, default 5) is how many passages at most. One that may not
        pass is left out, with an event `content.quarantined` `{document, start, kinds}`. Finding
        nothing is an outcome too, that says so. Raises ArmFailed for a bad limit, and what
        `context.search` and `context.screen` raise.
        """
        limit = _limit(contract.constraints)
        found = await context.search(searching.words_of(contract.goal), limit + SPARE)
        verdicts = await asyncio.gather(*(context.screen(passage.text) for passage in found))
        quoted: list[Found] = []
        left_out = 0
        for passage, verdict in zip(found, verdicts, strict=True):
            if len(quoted) == limit:
                break
            if _may_pass(verdict, contract):
                quoted.append(passage)
                continue
            left_out += 1
            await context.emit("content.quarantined", _event(passage, verdict))
        answer = await self._answer(contract, context, quoted) if quoted else None
        return _outcome(quoted, left_out, answer)

    async def _answer(
        self, contract: TaskContract, context: ArmContext, quoted: list[Found]
    ) -> str | None:
        """Have a model answer from the passages and cite them by number; None without a model."""
        if self._models.unavailable:
            return None
        texts = {f"[{n}]": await context.conceal(one.text) for n, one in enumerate(quoted, 1)}
        question = prompt.of_contract(contract, context.feedback, **texts)
        model = self._models.opened(context)
        return (await ask(self._agent, model, question, len(quoted))).answer


def _limit(constraints: dict[str, JsonValue]) -> int:
    limit = constraints.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise ArmFailed(f"constraints.limit must be a whole number from 1 to {MAX_LIMIT}")
    return limit


def _may_pass(verdict: ReflexResponse, contract: TaskContract) -> bool:
    """Decide about a passage that was let in by the rules, or the policy, of another day.

    Blocked private data passes under a policy that lets it; where an attack stands beside it, the
    verdict does not tell which of the two it was blocked for, and the passage stays out.
    """
    if verdict.status != "blocked":
        return True
    attacked = verdict.injection_detected or verdict.incomplete
    return not attacked and contract.pii_policy != "block"


def _event(passage: Found, verdict: ReflexResponse) -> dict[str, JsonValue]:
    kinds = {match.injection_type for match in verdict.injection_matches}
    kinds |= {match.pii_type for match in verdict.pii_matches}
    names: list[JsonValue] = [*sorted(kinds)]
    return {"document": passage.document, "start": passage.start, "kinds": names}


def _cites(context: RunContext[int], answer: Answer) -> Answer:
    """Send an answer back that cites nothing, or what is not there."""
    cited = {int(number) for number in _CITATION.findall(answer.answer)}
    if not cited or not cited <= set(range(1, context.deps + 1)):
        raise ModelRetry(f"Cite the passages you use by their numbers, [1] to [{context.deps}].")
    return answer


def _outcome(quoted: list[Found], left_out: int, answer: str | None) -> Outcome:
    parts = [answer.strip()] if answer else []
    parts += [
        quotation(passage, number if answer else None) for number, passage in enumerate(quoted, 1)
    ]
    if not quoted:
        parts = ["Nothing was found in your documents: no passage can be quoted for this goal."]
    if left_out:
        number = "1 passage was" if left_out == 1 else f"{left_out} passages were"
        parts.append(f"{number} left out by the screening.")
    data: dict[str, JsonValue] = {"passages": as_data(quoted), "quarantined": left_out}
    if answer:
        data["answer"] = answer
    return Outcome("\n\n".join(parts) + "\n", data)
