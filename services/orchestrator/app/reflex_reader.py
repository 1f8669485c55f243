"""Reads what a Reflex Layer answers, ours or the public v1.1 and v1.2 services'.

    ours            status `success`; `start`/`end` in code points; has `ruleset`
    public, spans   status `success`; `start`/`end`/`matched_text`, bytes of UTF-8; kinds as Rust
                    names (v1.1) or in snake_case (later)
    public, client  status `Success`; `position` with `value` or `matched_text`, and `context`:
                    what the public documents and its own client expect

The public answers echo the matched value. It is used to verify the span and then dropped.
Their `ruleset` and `details` are missing and get a fixed wording here.
Source: github.com/doublegate/OctoLLM, services/reflex-layer/src and services/orchestrator/app.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import accumulate
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from octollm.verdict import InjectionType, PiiType, ReflexResponse

SEVERITY_WEIGHT = {"low": 0.2, "medium": 0.5, "high": 0.7, "critical": 0.9}
"""The public service's own severity scores (2, 5, 7 and 9 of 10; injection/types.rs)."""

_RENAMED: dict[str, str] = {
    "ignorepreviousinstructions": InjectionType.IGNORE_PREVIOUS,
    "directpromptextraction": InjectionType.PROMPT_EXTRACTION,
    "indirectpromptextraction": InjectionType.PROMPT_EXTRACTION,
    "systemrolemanipulation": InjectionType.SYSTEM_ROLE,
}

_PII_KINDS: dict[str, str] = {kind.lower(): kind for kind in PiiType}
_INJECTION_KINDS: dict[str, str] = _RENAMED | {kind.lower(): kind for kind in InjectionType}


class InvalidAnswer(Exception):
    """The answer is no verdict on the text. The message never quotes text or answer."""


class RateLimitedAnswer(Exception):
    """A rate limit, which the public service answers with 200 and a status of its own."""


def read_verdict(content: bytes, text: str) -> ReflexResponse:
    """Return the verdict in `content`, the body of a 200, on the `text` that was sent.

    Raises InvalidAnswer, also for spans that do not lie in the text, and RateLimitedAnswer.
    """
    return verdict_in(_decode(content), text)


def read_results(content: bytes, count: int) -> list[dict[str, Any]]:
    """Return the answers in the body of a 200 to a batch of `count` texts, each still to be read.

    Raises InvalidAnswer unless there are so many.
    """
    results = _decode(content).get("results")
    if not isinstance(results, list) or len(results) != count:
        raise InvalidAnswer("the answer does not have a result for each text")
    if not all(isinstance(result, dict) for result in results):
        raise InvalidAnswer("a result is not a JSON object")
    return results


def verdict_in(document: dict[str, Any], text: str) -> ReflexResponse:
    """Return the verdict that one answer holds; raises what `read_verdict` raises."""
    status = _folded(document.get("status"))
    if status == "ratelimited":
        raise RateLimitedAnswer
    if status == "error":
        raise InvalidAnswer("the service reported an error of its own")
    if "ruleset" not in document:
        document = _translate(document, text)
    verdict = _validate(document | {"status": status})
    spans = [(match.start, match.end) for match in verdict.pii_matches]
    spans += [(match.start, match.end) for match in verdict.injection_matches]
    if not all(start <= end <= len(text) for start, end in spans):
        raise InvalidAnswer("a span does not lie in the text")
    # A flag must not hide what was found.
    return verdict.model_copy(
        update={
            "pii_detected": verdict.pii_detected or bool(verdict.pii_matches),
            "injection_detected": verdict.injection_detected or bool(verdict.injection_matches),
        }
    )


def _decode(content: bytes) -> dict[str, Any]:
    # Raised after the fact, here and below: the caught errors quote what they choked on, and
    # none of that may hang on ours.
    with suppress(ValueError):
        document: Any = from_json(content, allow_inf_nan=False)
        if isinstance(document, dict):
            return document
    raise InvalidAnswer("the answer is not a JSON object")


def _validate(document: dict[str, Any]) -> ReflexResponse:
    with suppress(ValidationError):
        return ReflexResponse.model_validate(document)
    raise InvalidAnswer("the answer does not have the shape of a verdict")


def _translate(document: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a public answer in our shape, still to be validated."""
    blocked = _folded(document.get("status")) == "blocked"
    places = _Places(text)
    pii = [_pii(match, places) for match in _matches(document, "pii_matches")]
    injection = [
        _injection(match, places, blocked) for match in _matches(document, "injection_matches")
    ]
    detected = document.get("injection_detected") is True
    return document | {
        "pii_matches": pii,
        "injection_matches": injection,
        "injection_score": _score(injection, detected),
        "details": f"{len(pii)} private values, {len(injection)} injection matches",
        "ruleset": "public",
    }


def _matches(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    matches = document.get(name)
    if not isinstance(matches, list) or not all(isinstance(match, dict) for match in matches):
        raise InvalidAnswer("the matches are not a list of objects")
    return matches


def _pii(match: dict[str, Any], places: _Places) -> dict[str, Any]:
    start, end = places.span(match)
    return {
        "pii_type": _kind(match.get("pii_type"), _PII_KINDS),
        "start": start,
        "end": end,
        "confidence": match.get("confidence"),
    }


def _injection(match: dict[str, Any], places: _Places, blocked: bool) -> dict[str, Any]:
    start, end = places.span(match)
    return {
        "injection_type": _kind(match.get("injection_type"), _INJECTION_KINDS),
        "severity": _severity(match, blocked),
        "start": start,
        "end": end,
        "confidence": match.get("confidence"),
        "context_analysis": match.get("context_analysis") or {},
    }


def _severity(match: dict[str, Any], blocked: bool) -> str:
    """A missing severity is read from the status (the public service blocks on a critical match
    alone) and from the confidence."""
    if "severity" in match:
        return _folded(match["severity"])
    if blocked:
        return "critical"
    confidence = match.get("confidence")
    return "high" if isinstance(confidence, float | int) and confidence >= 0.8 else "medium"


def _score(matches: list[dict[str, Any]], detected: bool) -> float:
    """The strongest match: severity weight times confidence. A detection without a match scores
    1, since nothing speaks against it."""
    if not matches:
        return 1.0 if detected else 0.0
    if not all(isinstance(match["confidence"], float | int) for match in matches):
        return 0.0  # the matches themselves will be refused
    return max(
        SEVERITY_WEIGHT.get(match["severity"], 1.0) * float(match["confidence"])
        for match in matches
    )


def _kind(name: Any, known: dict[str, str]) -> Any:
    """Return our name for a kind, or the name as sent. A custom kind is `{"Custom": name}`."""
    if isinstance(name, dict) and len(name) == 1:
        (name,) = name.values()
    return known.get(_folded(name), name)


def _folded(name: Any) -> str:
    return name.replace("_", "").lower() if isinstance(name, str) else ""


class _Places:
    """Turns the public services' places in a text into spans of code points."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._index: dict[int, int] | None = None

    def span(self, match: dict[str, Any]) -> tuple[int, int]:
        """Return where a match stands. Raises InvalidAnswer unless its value stands there.

        The services count bytes; their documents say characters, so that is tried second.
        """
        start = match.get("start", match.get("position"))
        value = match.get("value", match.get("matched_text"))
        if not isinstance(start, int) or not isinstance(value, str) or not value or start < 0:
            raise InvalidAnswer("a match has no place in the text")
        readings = [
            (self._code_point(start), start + len(value.encode(errors="replace"))),
            (start, start + len(value)),
        ]
        for begin, end in readings:
            if begin is None or match.get("end", end) != end:
                continue
            if self._text.startswith(value, begin):
                return begin, begin + len(value)
        raise InvalidAnswer("a match does not stand where the answer says")

    def _code_point(self, offset: int) -> int | None:
        """Return the code point that starts at a byte offset; None within a character."""
        if self._text.isascii():
            return offset
        if self._index is None:
            sizes = (len(character.encode()) for character in self._text)
            starts = accumulate(sizes, initial=0)
            self._index = {byte: point for point, byte in enumerate(starts)}
        return self._index.get(offset)
