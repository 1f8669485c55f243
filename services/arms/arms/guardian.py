"""An arm that hands a text back with every private value replaced by a placeholder."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator

from octollm.arm import ArmContext, Outcome
from octollm.contracts import TaskContract
from octollm.errors import ArmFailed
from octollm.redaction import Redacted, redact
from octollm.verdict import MAX_SCREENED_CHARACTERS, PiiMatch

MAX_ROUNDS = 4
"""Without what was redacted, neighbours may look private; this many rounds in a row are a loop."""

_ASKS = re.compile(
    r"\b(?:redact|anonymi[sz]|pseudonymi[sz]|de-?identif|mask(?:ed|ing)?\b|saniti[sz])"
    r"|\b(?:scrub|strip|remove|hide|replace)\b.{0,40}\b(?:personal|private|sensitive|pii)\b",
    re.IGNORECASE | re.DOTALL,
)


class Guardian:
    """Redacts the context of a contract or, when there is none, its goal."""

    name = "guardian"
    description = "Replaces private values in the context (or goal) by stable placeholders."

    def score(self, contract: TaskContract) -> float:
        """Return 0.9 when the goal asks for redaction, else 0.05."""
        return 0.9 if _ASKS.search(contract.goal) else 0.05

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Redact until the screening finds nothing more.

        The output is the redacted text, a rule, and the report; `data.text_characters` says how
        much of the output is the text. Raises `ArmFailed` when private data is still found
        after `MAX_ROUNDS`, and what `context.screen` raises.
        """
        from_context = bool(contract.context and contract.context.strip())
        text = contract.context if from_context and contract.context else contract.goal
        counts: Counter[str] = Counter()
        distinct = 0
        for _ in range(MAX_ROUNDS):
            matches = await _screen(text, context)
            if not matches:
                return _outcome(text, counts, distinct, "context" if from_context else "goal")
            redacted = await asyncio.to_thread(_redact_everywhere, text, matches)
            text = redacted.text
            counts.update(redacted.counts)
            distinct += len(redacted.values)
        raise ArmFailed("Private data was still found in the text after it was redacted")


def _redact_everywhere(text: str, matches: list[PiiMatch]) -> Redacted:
    """Redact the matches and every other place where one of the matched values stands.

    A recogniser may need its surroundings to be sure ("SSN: ..."), and miss the same value
    where it stands alone.
    """
    by_value = {text[match.start : match.end]: match for match in matches}
    everywhere = list(matches)
    for value, match in by_value.items():
        everywhere += [
            match.model_copy(update={"start": start, "end": start + len(value)})
            for start in _places(text, value)
        ]
    return redact(text, everywhere)


def _places(text: str, value: str) -> Iterator[int]:
    """Yield where `value` stands in `text`, without overlaps."""
    position = text.find(value) if value else -1
    while position >= 0:
        yield position
        position = text.find(value, position + len(value))


async def _screen(text: str, context: ArmContext) -> list[PiiMatch]:
    """Return the private matches in a text of any length, with positions in the whole text."""
    matches: list[PiiMatch] = []
    for start, piece in _pieces(text, MAX_SCREENED_CHARACTERS):
        verdict = await context.screen(piece)
        matches += [
            match.model_copy(update={"start": match.start + start, "end": match.end + start})
            for match in verdict.pii_matches
            if match.start < match.end
        ]
    return matches


def _pieces(text: str, limit: int) -> Iterator[tuple[int, str]]:
    """Cut a text that grew past the limit of one screening, at a line end or a space if it can.

    The text comes in below the limit; placeholders longer than what they stand for may lift it
    above.
    """
    start = 0
    while len(text) - start > limit:
        end = start + limit
        cut = max(text.rfind("\n", start, end), text.rfind(" ", start, end)) + 1
        end = cut if cut > start else end
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _outcome(text: str, counts: Counter[str], distinct: int, source: str) -> Outcome:
    total = counts.total()
    values = "1 private value" if total == 1 else f"{total} private values"
    summary = f"Replaced {values} ({distinct} distinct):" if total else "Found no private values."
    report = "\n".join([summary, *(f"- {kind}: {n}" for kind, n in sorted(counts.items()))])
    return Outcome(
        output=f"{text}\n\n---\n\n{report}\n",
        data={
            "source": source,
            "text_characters": len(text),
            "total": total,
            "distinct": distinct,
            "counts": dict(sorted(counts.items())),
        },
    )
