"""An arm that answers from the tenant's own documents, word for word, and says where it stands."""

from __future__ import annotations

import asyncio
import re

from pydantic import JsonValue

from octollm.arm import ArmContext, Found, Outcome
from octollm.contracts import TaskContract
from octollm.errors import ArmFailed
from octollm.verdict import ReflexResponse

DEFAULT_LIMIT, MAX_LIMIT = 5, 20
SPARE = 5
"""How many passages more are looked for, to stand in for those that must be left out."""

_VERB = r"(?:find|look(?:ing)? (?:up|for)|search|quote|cite|retrieve|locate)\b"
_PLACE = r"(?:documents?|docs|knowledge base|library|handbooks?|manuals?|policies|sources)\b"
_ASKS = re.compile(
    rf"\b{_VERB}.{{0,200}}?\b{_PLACE}|\b{_PLACE}.{{0,40}}?\b(?:say|says|state|tell|mention)s?\b"
    rf"|^\W*(?:please )?(?:look up|quote|search for)\b",
    re.IGNORECASE | re.DOTALL,
)
_ASKING_WORDS = re.compile(
    rf"^\W*(?:please )?{_VERB}(?: (?:in|through|from))?"
    rf"(?: (?:my|our|the|your|all)\b)*(?: {_PLACE})?",
    re.IGNORECASE,
)


class Retriever:
    """Quotes the passages that suit the goal best. Needs no model."""

    name = "retriever"
    description = "Quotes what your own documents say about the goal, each with its source."

    def score(self, contract: TaskContract) -> float:
        """Return 0.8 when the goal asks to find, look up or quote from documents, else 0.05."""
        return 0.8 if _ASKS.search(contract.goal) else 0.05

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Search for the words of the goal and quote what is found, the best first.

        `constraints.limit` (1 to 20, default 5) is how many passages at most. One that may not
        pass is left out, with an event `content.quarantined` `{document, start, kinds}`. Finding
        nothing is an outcome too, that says so. Raises ArmFailed for a bad limit, and what
        `context.search` and `context.screen` raise.
        """
        limit = _limit(contract.constraints)
        found = await context.search(_query(contract.goal), limit + SPARE)
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
        return _outcome(quoted, left_out)


def _limit(constraints: dict[str, JsonValue]) -> int:
    limit = constraints.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_LIMIT:
        raise ArmFailed(f"constraints.limit must be a whole number from 1 to {MAX_LIMIT}")
    return limit


def _query(goal: str) -> str:
    """Return what to search for: the goal without the words that ask for a search.

    They would find every passage in which somebody finds something.
    """
    rest = _ASKING_WORDS.sub("", goal, count=1)
    return rest if any(character.isalnum() for character in rest) else goal


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


def _outcome(quoted: list[Found], left_out: int) -> Outcome:
    passages: list[JsonValue] = [
        {
            "document": passage.document,
            "start": passage.start,
            "text": passage.text,
            "rank": round(passage.rank, 4),
        }
        for passage in quoted
    ]
    parts = [_quotation(passage) for passage in quoted]
    if not parts:
        parts = ["Nothing was found in your documents: no passage can be quoted for this goal."]
    if left_out:
        number = "1 passage was" if left_out == 1 else f"{left_out} passages were"
        parts.append(f"{number} left out by the screening.")
    return Outcome(
        output="\n\n".join(parts) + "\n", data={"passages": passages, "quarantined": left_out}
    )


def _quotation(passage: Found) -> str:
    """Return a passage as a Markdown block quote; each of its lines is marked, so none escapes."""
    lines = re.split(r"\r\n|\r|\n", passage.text)
    quote = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"{quote}\n\n— {_code(passage.document)}, from character {passage.start:,}"


def _code(text: str) -> str:
    """Return text as a Markdown code span, whatever back-ticks it holds (CommonMark §6.1)."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"
