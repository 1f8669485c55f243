"""What the service holds: the guard of the settings, or none, and what becomes of verdicts by it.

Knows no HTTP framework: the service hands it requests with the verdicts of the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from octollm.verdict import ReflexRequest
from reflex_layer.config import Settings
from reflex_layer.guard.judgement import Failure, Guard, GuardUnusable, Judgement, merged
from reflex_layer.guard.opening import guard_of
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import Verdict

_JUDGED: Final = "judged"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

log = structlog.get_logger(__name__)


class Judged(NamedTuple):
    """A verdict, and whether it may be kept: one that misses a judgement must not outlive that."""

    verdict: Verdict
    may_be_cached: bool


class Guarded:
    """The guard of one app. To be opened before texts come, else those count as not judged."""

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        """Read what the settings name, with the files of a local model; raises GuardUnusable."""
        with _named():
            self._guard = guard_of(settings)
        self._budget, self._fail_open = settings.guard_time_budget, settings.guard_fail_open
        self._concurrency = settings.guard_concurrency
        self._metrics = _Metrics(registry)

    @property
    def version(self) -> str:
        """What the guard adds to the version of the ruleset; nothing without one."""
        return self._guard.version if self._guard else ""

    async def open(self) -> None:
        """Load the model; raises GuardUnusable, with nothing left open."""
        if self._guard is not None:
            with _named():
                try:
                    await self._guard.start()
                except GuardUnusable:
                    await self._guard.aclose()
                    raise

    async def aclose(self) -> None:
        """Close the guard."""
        if self._guard is not None:
            await self._guard.aclose()

    async def judged(
        self, requests: Sequence[ReflexRequest], verdicts: Sequence[Verdict], rules: Ruleset
    ) -> list[Judged]:
        """Return the verdicts that the rules and the guard come to together, in order.

        The guard is not asked without `check_injection`, nor about a text that the rules did not
        get through in time: that one is blocked, whatever a guard says.
        """
        guard = self._guard
        if guard is None:
            return [Judged(verdict, may_be_cached=True) for verdict in verdicts]
        # The texts of one batch wait for each other here, so that it costs none of them its time.
        turns = asyncio.Semaphore(self._concurrency)

        async def together(request: ReflexRequest, verdict: Verdict) -> Judged:
            if not request.check_injection or verdict.incomplete:
                return Judged(verdict, may_be_cached=True)
            async with turns:
                judgement = await self._asked(guard, request.text)
            both = merged(verdict, judgement, rules.thresholds, fail_open=self._fail_open)
            return Judged(both, may_be_cached=judgement.failure is None)

        return await asyncio.gather(*map(together, requests, verdicts))

    async def _asked(self, guard: Guard, text: str) -> Judgement:
        started = perf_counter()
        judgement = await guard.judge(text, self._budget)
        self._metrics.record(judgement, perf_counter() - started)
        if judgement.failure is not None:
            log.warning(
                "text not judged by the guard",
                failure=str(judgement.failure),
                consequence="passes by the rules alone" if self._fail_open else "blocked",
            )
        return judgement


@contextmanager
def _named() -> Iterator[None]:
    """Have what makes a guard unusable name the setting."""
    try:
        yield
    except GuardUnusable as fault:
        raise GuardUnusable(f"REFLEX_GUARD: {fault}") from None


class _Metrics:
    """What a guard does; every label comes from a closed set."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._judgements = Counter(
            "reflex_guard_judgements",
            "Texts handed to the guard, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "reflex_guard_seconds",
            "Time to a judgement or its failure.",
            buckets=_SECONDS,
            registry=registry,
        )
        for outcome in (_JUDGED, *Failure):
            self._judgements.labels(outcome)

    def record(self, judgement: Judgement, seconds: float) -> None:
        """Count one text."""
        self._judgements.labels(judgement.failure or _JUDGED).inc()
        self._seconds.observe(seconds)
