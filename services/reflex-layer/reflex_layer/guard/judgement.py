"""Pure: what a guard answers about a text, and what becomes of a verdict by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from octollm.verdict import InjectionMatch
from reflex_layer.injection.scoring import severity
from reflex_layer.ruleset import Thresholds
from reflex_layer.screen import MAX_ATTEMPTS, Verdict

GUARD_TYPE: Final = "Guard"
"""The `injection_type` of what a guard finds: it says that a text attacks, not how."""

Span = tuple[int, int]
"""Unicode code points of the text, the end exclusive."""


class GuardUnusable(Exception):
    """The guard that `REFLEX_GUARD` names cannot be used; the message says why, for people."""


class Failure(StrEnum):
    """Why a guard did not judge a text, or not all of it. A label of the metrics."""

    NOT_READY = "not_ready"
    TIMEOUT = "timeout"
    TOO_LONG = "too_long"
    UNREACHABLE = "unreachable"
    BAD_STATUS = "bad_status"
    BAD_ANSWER = "bad_answer"
    UNKNOWN_LABEL = "unknown_label"
    ERROR = "error"


@dataclass(frozen=True)
class Judgement:
    """How surely a text attacks, 0 to 1, and the window of it that the score comes from.

    With a `failure`, they are those of the part that was judged, None if none was.
    """

    score: float | None = None
    span: Span | None = None
    failure: Failure | None = None


class Guard(Protocol):
    """A classifier of texts. To be used from one event loop."""

    @property
    def version(self) -> str:
        """What tells guards apart whose judgements may differ."""
        ...

    async def start(self) -> None:
        """Get ready to judge; raises GuardUnusable. Before that, no text is judged."""
        ...

    async def judge(self, text: str, budget: float) -> Judgement:
        """Judge `text` within `budget` seconds, waiting for a turn included. Raises nothing."""
        ...

    async def aclose(self) -> None:
        """End what runs, and give back what is held."""
        ...


class Highest:
    """The highest score seen so far among the windows of one text."""

    def __init__(self) -> None:
        self._best: tuple[float, Span] | None = None

    def see(self, score: float, span: Span) -> None:
        """Take note of the score of one window; of equal ones the first stays."""
        if self._best is None or score > self._best[0]:
            self._best = score, span

    def judgement(self, failure: Failure | None = None) -> Judgement:
        """Return what has been seen, as all of the text or as what was judged of it."""
        score, span = self._best or (None, None)
        return Judgement(score, span, failure)


def merged(
    verdict: Verdict, judgement: Judgement, thresholds: Thresholds, *, fail_open: bool
) -> Verdict:
    """Return the verdict of the rules and the guard together.

    The score is the greater of the two: without a guard's alarm it is what the rules say, and no
    guard can talk an attack down. A text that was not judged, or not all of it, is `incomplete`
    and blocked, or with `fail_open` goes by what was found.
    """
    score = round(judgement.score or 0.0, 4)
    accuses = judgement.span is not None and score >= thresholds.injection_flag_score
    matches = verdict.injection_matches
    if accuses and judgement.span is not None:
        matches = _with(matches, _match(score, judgement.span))
    stopped = judgement.failure is not None and not fail_open
    blocked = stopped or score >= thresholds.injection_block_score
    both = replace(
        verdict,
        status="blocked" if blocked else verdict.status,
        injection_detected=verdict.injection_detected or accuses,
        injection_matches=matches,
        injection_score=max(verdict.injection_score, score),
        incomplete=verdict.incomplete or stopped,
    )
    return replace(both, details=_details(both, verdict, judgement, thresholds))


def _match(score: float, span: Span) -> InjectionMatch:
    return InjectionMatch(
        injection_type=GUARD_TYPE,
        severity=severity(score),
        start=span[0],
        end=span[1],
        confidence=score,
    )


def _with(matches: tuple[InjectionMatch, ...], own: InjectionMatch) -> tuple[InjectionMatch, ...]:
    """Return all by position; where they would be too many, the least of the others gives way."""
    others = sorted(matches, key=lambda match: -match.confidence)[: MAX_ATTEMPTS - 1]
    return tuple(sorted((*others, own), key=lambda match: (match.start, match.end)))


def _details(both: Verdict, rules: Verdict, judgement: Judgement, thresholds: Thresholds) -> str:
    """Say in one sentence what was found, by kind alone, and what the guard did not do."""
    kinds = {found.kind for found in both.private}
    kinds |= {match.injection_type for match in both.injection_matches}
    private = any(found.confidence >= thresholds.pii_block_confidence for found in both.private)
    attacked = both.injection_score >= thresholds.injection_block_score
    reasons = ["private data"] * private + ["prompt injection"] * attacked
    reasons += ["running out of time"] * rules.incomplete
    reasons += ["want of the guard's judgement"] * (both.incomplete and not rules.incomplete)
    found = f"Found {', '.join(sorted(kinds))}" if kinds else "Nothing was found"
    if reasons:
        found += f"; blocked for {' and '.join(reasons)}"
    elif kinds:
        found += "; below the blocking levels"
    if judgement.failure is not None:
        found += f"; the guard could not judge all of it ({judgement.failure})"
    return found + "."
