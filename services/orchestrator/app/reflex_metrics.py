"""What `/metrics` tells about the way to the Reflex Layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from app.reflex_attempt import FailedOutcome

OUTCOMES = ("success", "blocked", "cancelled", *get_args(FailedOutcome))
"""How a call can end; every outcome is exported from the start, as 0."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class ReflexMetrics:
    """`requests` counts calls by outcome; `seconds` times single attempts, without waits."""

    def __init__(self, registry: CollectorRegistry | None, state: Callable[[], int]) -> None:
        self.requests = Counter(
            "octollm_reflex_requests",
            "Calls for a verdict, by outcome.",
            ["outcome"],
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.requests.labels(outcome)
        self.retries = Counter(
            "octollm_reflex_retries", "Attempts made again after a failure.", registry=registry
        )
        self.seconds = Histogram(
            "octollm_reflex_request_seconds",
            "Time of one attempt at the Reflex Layer.",
            buckets=_BUCKETS,
            registry=registry,
        )
        breaker = Gauge(
            "octollm_reflex_breaker_state",
            "0 closed, 1 half-open, 2 open.",
            registry=registry,
        )
        breaker.set_function(lambda: float(state()))
