"""Every door is screened: asks the Reflex Layer about texts, applies the policy to its answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from app.config import Settings
from app.document import Document, Part, documents
from app.reflex import RETRY_AFTER_SECONDS, SHORT_CHARACTERS, Crowded, Reflex, crowded
from octollm.contracts import PiiPolicy
from octollm.errors import (
    Found,
    InjectionDetected,
    PiiDetected,
    ReflexUnavailable,
    RefusedByPolicy,
)
from octollm.service import tracing
from octollm.verdict import PiiMatch, ReflexResponse

MAX_FINDINGS = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """What was found where; never the text itself."""

    field: str
    kind: str
    start: int
    end: int


class Screening:
    """The policy's thresholds and the client that asks."""

    def __init__(self, reflex: Reflex, settings: Settings) -> None:
        self._reflex = reflex
        self._settings = settings
        self._turns = asyncio.Semaphore(settings.screening_concurrency)

    async def check(
        self, parts: Iterable[Part], policy: PiiPolicy, door: str
    ) -> dict[int, list[PiiMatch]]:
        """Return when all texts may pass `door`, such as `submit` or `output`.

        Under the policy `redact` they may pass once what is returned has been replaced: private
        values by the number of their text among the parts. Raises PiiDetected or
        InjectionDetected, with findings, and ReflexUnavailable when the texts could not be
        screened (unless failing open was chosen).
        """
        with tracing.span("screen texts", {"octollm.door": door}):
            return await self._check(list(documents(parts)), policy, door)

    async def _check(
        self, batch: list[Document], policy: PiiPolicy, door: str
    ) -> dict[int, list[PiiMatch]]:
        answers = await self._answers([document.text for document in batch], door)
        screened = [
            (document, answer)
            for document, answer in zip(batch, answers, strict=True)
            if not isinstance(answer, BaseException)
        ]
        refused = refusal(
            screened,
            policy,
            pii_confidence=self._settings.pii_block_confidence,
            injection_score=self._settings.injection_block_score,
        )
        if refused is not None:
            raise refused
        if any(verdict.incomplete for _, verdict in screened):
            # Nobody is away, so that failing open does not count: such a text could be made.
            raise ReflexUnavailable(
                "A text could not be screened to its end.", retry_after=RETRY_AFTER_SECONDS
            )
        for answer in answers:
            crowd = isinstance(answer, BaseException) and isinstance(answer.__cause__, Crowded)
            away = isinstance(answer, ReflexUnavailable) and not crowd
            if away and self._settings.reflex_fail_open:
                log.warning("a text passed unscreened: the Reflex Layer is away", door=door)
            elif isinstance(answer, BaseException):
                raise answer
        if policy != "redact":
            return {}
        return private_values(screened, self._settings.pii_block_confidence)

    async def _answers(
        self, texts: list[str], door: str
    ) -> Sequence[ReflexResponse | BaseException]:
        """Ask about the texts of one task; for what takes long, tasks take turns."""
        if len(texts) == 1 and len(texts[0]) <= SHORT_CHARACTERS:
            try:
                return [await self._reflex.process(texts[0], context=door)]
            except ReflexUnavailable as none:
                return [none]
        async with self._turn():
            asking = [self._reflex.process(text, context=door) for text in texts]
            return await asyncio.gather(*asking, return_exceptions=True)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for a turn before the client's clock starts: a crowd at our own door is no fault of
        the Reflex Layer's. Raises ReflexUnavailable after `screening_wait`."""
        try:
            async with asyncio.timeout(self._settings.screening_wait):
                await self._turns.acquire()
        except TimeoutError:
            raise crowded() from Crowded()
        try:
            yield
        finally:
            self._turns.release()


def refusal(
    screened: Iterable[tuple[Document, ReflexResponse]],
    policy: PiiPolicy,
    *,
    pii_confidence: float,
    injection_score: float,
) -> RefusedByPolicy | None:
    """Decide, without acting, whether screened texts are refused; injection comes first.

    An injection counts from `injection_score` of its document on, private data from
    `pii_confidence` on, under the policy `block`; under `redact` only if nobody can tell where.
    """
    injections: list[Finding] = []
    private: list[Finding] = []
    for document, verdict in screened:
        if verdict.injection_detected and verdict.injection_score >= injection_score:
            attempts = [(m.injection_type, m.start, m.end) for m in verdict.injection_matches]
            injections += _findings(document, attempts or [_SOMEWHERE])
        nowhere = not verdict.pii_matches
        if verdict.pii_detected and (policy == "block" or (policy == "redact" and nowhere)):
            values = [
                (m.pii_type, m.start, m.end)
                for m in verdict.pii_matches
                if m.confidence >= pii_confidence
            ]
            private += _findings(document, [_SOMEWHERE] if nowhere else values)
    if injections:
        return _refuse(InjectionDetected, injections + private)
    if private:
        return _refuse(PiiDetected, private)
    return None


def private_values(
    screened: Iterable[tuple[Document, ReflexResponse]], confidence: float
) -> dict[int, list[PiiMatch]]:
    """Return what is private from that confidence on, by the number of the text it stands in."""
    found: dict[int, list[PiiMatch]] = {}
    for document, verdict in screened:
        for match in verdict.pii_matches:
            if match.confidence >= confidence and match.start < match.end:
                part, start, end = document.locate_part(match.start, match.end)
                if start < end:
                    found.setdefault(part.place, []).append(
                        match.model_copy(update={"start": start, "end": end})
                    )
    return found


_SOMEWHERE = ("unspecified", 0, 0)
"""What a verdict that gives no places is taken to mean: found, somewhere in the document."""


def _findings(document: Document, spans: Iterable[tuple[str, int, int]]) -> list[Finding]:
    found = []
    for kind, start, end in spans:
        field, first, last = document.locate(start, end)
        found.append(Finding(field, kind, first, last))
    return found


def described(findings: Sequence[Found]) -> str:
    """Say in one sentence what was found where, by kind alone."""
    kinds = ", ".join(sorted({found["kind"] for found in findings}))
    fields = ", ".join(sorted({found["field"] for found in findings})[:5])
    return f"Found {kinds} in {fields}."


def _refuse(error: type[RefusedByPolicy], findings: list[Finding]) -> RefusedByPolicy:
    unique = sorted(set(findings), key=lambda f: (f.field, f.start, f.kind))
    told = [Found(field=f.field, kind=f.kind, start=f.start, end=f.end) for f in unique]
    return error(described(told), findings=told[:MAX_FINDINGS])
