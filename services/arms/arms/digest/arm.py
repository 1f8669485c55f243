"""The digest arm: which text, which format, how much; the formats do the reading."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue

from arms.digest import csv_format, json_format, log_format, text_format
from arms.digest.report import Digested, NotThisFormat, bounded, render
from octollm.arm import ArmContext, Outcome
from octollm.contracts import TaskContract
from octollm.errors import ArmFailed

DEFAULT_TOP = 5
MAX_TOP = 50

LONG_TEXT = 1_024
"""From so many characters on a text is read in a thread: below, it is read in the time that
the way to a thread and back costs."""

_READERS = {
    "log": log_format.digest,
    "csv": csv_format.digest,
    "json": json_format.digest,
    "text": text_format.digest,
}
_ASKS = re.compile(
    r"\b(?:digest|summar|analy[sz]|overview|statistic|what is in|what's in|inspect|profile)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wishes:
    """What the constraints ask for: a format by name or None, and how much is listed."""

    format: str | None = None
    top: int = DEFAULT_TOP

    @classmethod
    def read(cls, constraints: dict[str, JsonValue]) -> Self:
        """Check the constraints; raise `ArmFailed` naming the first one that is wrong."""
        wanted = constraints.get("format")
        if wanted is not None and (not isinstance(wanted, str) or wanted not in _READERS):
            raise ArmFailed(f"constraints.format must be one of {', '.join(_READERS)}")
        top = constraints.get("top", DEFAULT_TOP)
        if not isinstance(top, int) or isinstance(top, bool) or not 1 <= top <= MAX_TOP:
            raise ArmFailed(f"constraints.top must be a whole number from 1 to {MAX_TOP}")
        return cls(wanted, top)


class Digest:
    """Counts, statistics and the lines that matter most, of the context or else the goal."""

    name = "digest"
    description = "Digests a log, CSV, JSON or text: counts, statistics, the lines that matter."

    def score(self, contract: TaskContract) -> float:
        """Return 0.7 when the goal asks for a digest, 0.5 when there is a context, else 0.2."""
        if _ASKS.search(contract.goal):
            return 0.7
        return 0.5 if contract.context else 0.2

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Read the text, a long one in a thread, so that the event loop stays free.

        Raises `ArmFailed` for bad constraints and for content that is not in the format asked
        for; the reason never quotes the content.
        """
        wishes = Wishes.read(contract.constraints)
        has_context = bool(contract.context and contract.context.strip())
        text = contract.context if has_context and contract.context else contract.goal
        try:
            if len(text) < LONG_TEXT:
                digested = read(text, wishes)
            else:
                digested = await asyncio.to_thread(read, text, wishes)
        except NotThisFormat as error:
            raise ArmFailed(f"The content is not {wishes.format}: {error}") from None
        data: dict[str, JsonValue] = {
            "format": digested.format,
            "source": "context" if has_context else "goal",
            "characters": len(text),
        }
        return Outcome(output=render(digested), data=bounded(data | digested.data))


def guess(text: str) -> str:
    """Return the name of the format a text is most likely in.

    A table with a header comes before a log, since its rows may start with a time; one without
    comes after, since log lines often have equally many commas.
    """
    if json_format.fits(text):
        return "json"
    if csv_format.fits_with_header(text):
        return "csv"
    if log_format.fits(text):
        return "log"
    return "csv" if csv_format.fits(text) else "text"


def read(text: str, wishes: Wishes) -> Digested:
    """Digest a text as wished; raise `NotThisFormat` when it is not in the format wished for."""
    return _READERS[wishes.format or guess(text)](text, wishes.top)
