"""Pure and synchronous: text -> verdict. The only caller of the recognisers and the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import TypeAdapter

from octollm.verdict import InjectionMatch, PiiMatch, ReflexResponse
from reflex_layer import injection
from reflex_layer.deadline import Deadline, OutOfTime
from reflex_layer.injection.speech import vocabulary
from reflex_layer.pii.overlaps import resolved
from reflex_layer.pii.recogniser import Found
from reflex_layer.ruleset import BUILT_IN, Ruleset
from reflex_layer.text import Shadow, shadow

MAX_ATTEMPTS: Final = 200
"""How many injection matches an answer lists, the gravest first; the score counts all."""

_PII_MATCHES: Final = TypeAdapter(tuple[PiiMatch, ...])


@dataclass
class Verdict:
    """What was found in a text, without the text; never changed. Spans are those of the text."""

    status: Literal["success", "blocked"]
    private: tuple[Found, ...]
    injection_detected: bool
    injection_matches: tuple[InjectionMatch, ...]
    injection_score: float
    incomplete: bool
    details: str
    ruleset: str

    @property
    def pii_matches(self) -> tuple[PiiMatch, ...]:
        """The private data as it is told; made when somebody asks, all at once."""
        if not self.private:
            return ()
        return _PII_MATCHES.validate_python(
            [
                {"pii_type": kind, "start": start, "end": end, "confidence": confidence}
                for kind, start, end, confidence in self.private
            ]
        )

    def response(
        self, request_id: str, *, cache_hit: bool, processing_time_ms: float
    ) -> ReflexResponse:
        """Return the answer of `POST /process` to one request."""
        return ReflexResponse(
            request_id=request_id,
            status=self.status,
            pii_detected=bool(self.private),
            pii_matches=list(self.pii_matches),
            injection_detected=self.injection_detected,
            injection_matches=list(self.injection_matches),
            injection_score=self.injection_score,
            incomplete=self.incomplete,
            details=self.details,
            cache_hit=cache_hit,
            processing_time_ms=processing_time_ms,
            ruleset=self.ruleset,
        )


def screen(
    text: str,
    rules: Ruleset = BUILT_IN,
    *,
    check_pii: bool = True,
    check_injection: bool = True,
) -> Verdict:
    """Look for private data and prompt injection in `text`, in time linear in its length.

    A text that takes longer than `rules.time_budget` is answered with what was found until then,
    as `incomplete` and `blocked`.
    """
    seen = shadow(text)
    if check_injection:
        vocabulary()  # the first text of a process may wait for it, but not at its own expense
    deadline = Deadline(rules.time_budget)
    found: list[Found] = []
    assessment = injection.NOTHING
    incomplete = False
    try:
        if check_injection:
            assessment = injection.assess(seen, rules.thresholds.injection_flag_score, deadline)
        if check_pii:
            for some in rules.pii.batches(seen, deadline):
                found += some
    except OutOfTime:
        incomplete = True
    found = resolved(found, rules.thresholds.pii_block_confidence, seen.lower)
    return _verdict(seen, rules, found, assessment, incomplete=incomplete)


def warm_up(rules: Ruleset = BUILT_IN) -> None:
    """Build what is built on first use, automata and vocabulary, so that no request waits."""
    for recogniser in rules.pii.recognisers:
        for example in recogniser.positive:
            screen(example, rules)
    for rule in injection.RULES:
        for example in rule.positive:
            screen(example, rules)


def _verdict(
    seen: Shadow,
    rules: Ruleset,
    found: list[Found],
    assessment: injection.Assessment,
    *,
    incomplete: bool,
) -> Verdict:
    reasons = []
    if any(f.confidence >= rules.thresholds.pii_block_confidence for f in found):
        reasons.append("private data")
    if assessment.score >= rules.thresholds.injection_block_score:
        reasons.append("prompt injection")
    if incomplete:
        reasons.append("running out of time")
    return Verdict(
        status="blocked" if reasons else "success",
        private=_of_text(seen, found),
        injection_detected=assessment.detected,
        injection_matches=_injection_matches(seen, assessment.attempts),
        injection_score=assessment.score,
        incomplete=incomplete,
        details=_details(found, assessment.attempts, reasons),
        ruleset=rules.version,
    )


def _of_text(seen: Shadow, found: list[Found]) -> tuple[Found, ...]:
    """Return findings in a shadow with the spans of its text."""
    if seen.places is None:
        return tuple(found)
    return tuple(Found(f.kind, *seen.span(f.start, f.end), f.confidence) for f in found)


def _injection_matches(
    seen: Shadow, attempts: Sequence[injection.Attempt]
) -> tuple[InjectionMatch, ...]:
    if not attempts:
        return ()
    gravest = sorted(attempts, key=lambda a: (a.lowered, -a.confidence))[:MAX_ATTEMPTS]
    return tuple(_injection_match(seen, a) for a in sorted(gravest, key=lambda a: a.start))


def _injection_match(seen: Shadow, attempt: injection.Attempt) -> InjectionMatch:
    start, end = seen.span(attempt.start, attempt.end)
    return InjectionMatch(
        injection_type=attempt.type,
        severity=attempt.severity,
        start=start,
        end=end,
        confidence=attempt.confidence,
        context_analysis=attempt.context,
    )


def _details(found: list[Found], attempts: Sequence[injection.Attempt], reasons: list[str]) -> str:
    """Say in one sentence what was found, by kind alone."""
    if not (found or attempts or reasons):
        return "Nothing was found."
    kinds = sorted({f.kind for f in found} | {a.type for a in attempts})
    verdict = f"blocked for {' and '.join(reasons)}" if reasons else "below the blocking levels"
    what = f"Found {', '.join(kinds)}" if kinds else "Nothing was found"
    return f"{what}; {verdict}."
