"""Pure: what the screening found, with the text around it and nothing private in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from octollm.contracts import TaskRequest
from octollm.problem import Found
from octollm.verdict import InjectionType

AROUND: Final = 32
"""How many characters of a text are shown on each side of what was found in it."""

MASK: Final = "••••••"


@dataclass(frozen=True)
class Shown:
    """A finding: where it stands, and what stands around it, masks included."""

    field: str
    kind: str
    start: int
    end: int
    attack: bool
    before: str = ""
    what: str = ""
    after: str = ""


def shown(findings: Iterable[Found], request: TaskRequest) -> list[Shown]:
    """Return findings with an excerpt where they lie in the goal or the context.

    What attacks is shown; what is private is masked, in the text around it too.
    """
    texts = {"goal": request.goal, "context": request.context or ""}
    found = list(findings)
    private: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in found:
        if not _attacks(one):
            private[one["field"]].append((one["start"], one["end"]))
    return [_shown(one, texts.get(one["field"]), private[one["field"]]) for one in found]


def _shown(one: Found, text: str | None, private: list[tuple[int, int]]) -> Shown:
    start, end, attack = one["start"], one["end"], _attacks(one)
    plain = Shown(one["field"], one["kind"], start, end, attack)
    if text is None or end <= start:
        return plain
    first, last = max(0, start - AROUND), min(len(text), end + AROUND)
    return Shown(
        plain.field,
        plain.kind,
        start,
        end,
        attack,
        before=("…" if first else "") + _masked(text, first, start, private),
        what=_masked(text, start, end, private),
        after=_masked(text, end, last, private) + ("…" if last < len(text) else ""),
    )


def _masked(text: str, start: int, end: int, private: list[tuple[int, int]]) -> str:
    pieces, position = [], start
    for first, last in sorted(private):
        if last <= position or first >= end:
            continue
        pieces += [text[position : max(first, position)], MASK]
        position = min(last, end)
    return "".join([*pieces, text[position:end]])


def _attacks(one: Found) -> bool:
    return one["kind"] in set(InjectionType)
