"""Pure and synchronous: text -> verdict. The only caller of the recognisers and the rules."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from octollm.verdict import InjectionMatch, PiiMatch, ReflexResponse
from reflex_layer import injection, pii
from reflex_layer.pii.recogniser import Found
from reflex_layer.text import Shadow, shadow

MAX_ATTEMPTS: Final = 200
"""How many injection matches an answer lists, the gravest first; the score counts all."""


@dataclass(frozen=True)
class Thresholds:
    """From which score, and from which confidence of private data, a text is blocked."""

    injection_block_score: float = 0.7
    pii_block_confidence: float = 0.5


@dataclass(frozen=True)
class Verdict:
    """What was found in a text, without the text. Spans are those of the text."""

    status: Literal["success", "blocked"]
    pii_matches: tuple[PiiMatch, ...]
    injection_matches: tuple[InjectionMatch, ...]
    injection_score: float
    details: str

    def response(
        self, request_id: str, *, cache_hit: bool, processing_time_ms: float
    ) -> ReflexResponse:
        """Return the answer of `POST /process` to one request."""
        return ReflexResponse(
            request_id=request_id,
            status=self.status,
            pii_detected=bool(self.pii_matches),
            pii_matches=list(self.pii_matches),
            injection_detected=bool(self.injection_matches),
            injection_matches=list(self.injection_matches),
            injection_score=self.injection_score,
            details=self.details,
            cache_hit=cache_hit,
            processing_time_ms=processing_time_ms,
            ruleset=RULESET,
        )


def screen(
    text: str,
    thresholds: Thresholds = Thresholds(),
    *,
    check_pii: bool = True,
    check_injection: bool = True,
) -> Verdict:
    """Look for private data and prompt injection in `text`, in time linear in its length."""
    seen = shadow(text)
    found = resolved(pii.find_all(seen), thresholds.pii_block_confidence) if check_pii else []
    attempts = injection.find_all(seen) if check_injection else []
    score = injection.score(attempts)
    private = any(f.confidence >= thresholds.pii_block_confidence for f in found)
    attacked = score >= thresholds.injection_block_score
    return Verdict(
        status="blocked" if private or attacked else "success",
        pii_matches=tuple(_pii_match(seen, f) for f in found),
        injection_matches=_injection_matches(seen, attempts),
        injection_score=score,
        details=_details(found, attempts, private=private, attacked=attacked),
    )


def resolved(found: Iterable[Found], block_confidence: float) -> list[Found]:
    """Return `found` by position, keeping of overlapping ones the better.

    One that blocks is better than one that does not, then the longer, then the more confident.
    """

    def worth(one: Found) -> tuple[bool, int, float]:
        return one.confidence >= block_confidence, one.end - one.start, one.confidence

    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif worth(one) > worth(kept[-1]):
            kept[-1] = one
    return kept


def warm_up() -> None:
    """Build the automata that RE2 builds on first use, so that no request waits for them."""
    for recogniser in pii.RECOGNISERS:
        for example in recogniser.positive:
            screen(example)
    for rule in injection.RULES:
        for example in rule.positive:
            screen(example)


def _pii_match(seen: Shadow, found: Found) -> PiiMatch:
    start, end = seen.span(found.start, found.end)
    return PiiMatch(pii_type=found.kind, start=start, end=end, confidence=found.confidence)


def _injection_matches(
    seen: Shadow, attempts: list[injection.Attempt]
) -> tuple[InjectionMatch, ...]:
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


def _details(
    found: list[Found], attempts: list[injection.Attempt], *, private: bool, attacked: bool
) -> str:
    """Say in one sentence what was found, by kind alone."""
    if not found and not attempts:
        return "Nothing was found."
    kinds = sorted({f.kind for f in found} | {a.type for a in attempts})
    reasons = ["private data"] * private + ["prompt injection"] * attacked
    verdict = f"blocked for {' and '.join(reasons)}" if reasons else "below the blocking levels"
    return f"Found {', '.join(kinds)}; {verdict}."


def _ruleset() -> str:
    """Return a version that changes whenever the code of the screening does."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for source in sorted(package.glob("*.py")) + sorted(package.glob("*/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


RULESET: Final = f"1.0.0+{_ruleset()}"
"""Version of what is looked for. Verdicts of different rulesets are not to be mixed."""
