"""What the Reflex Layer counts, by the names of the public v1.1.0 specification."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from octollm.verdict import InjectionType, PiiType
from reflex_layer.screen import Verdict

_SECONDS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class Metrics:
    """The counters of one app; every label comes from a closed set."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "reflex_requests", "Texts screened, by verdict.", ["status"], registry=registry
        )
        self._pii = Counter(
            "reflex_pii_detections", "Private values found.", ["pii_type"], registry=registry
        )
        self._injections = Counter(
            "reflex_injection_detections",
            "Attempts to override instructions found.",
            ["injection_type"],
            registry=registry,
        )
        self._seconds = Histogram(
            "reflex_processing_seconds",
            "Time to a verdict, cache hits included.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._cache_hits = Counter(
            "reflex_cache_hits", "Verdicts answered from memory.", registry=registry
        )
        for status in ("success", "blocked"):
            self._requests.labels(status)
        for pii_type in PiiType:
            self._pii.labels(pii_type)
        for injection_type in InjectionType:
            self._injections.labels(injection_type)

    def record(self, verdict: Verdict, seconds: float, *, cache_hit: bool) -> None:
        """Count one answered request."""
        self._requests.labels(verdict.status).inc()
        self._seconds.observe(seconds)
        if cache_hit:
            self._cache_hits.inc()
        for private in verdict.pii_matches:
            self._pii.labels(private.pii_type).inc()
        for attempt in verdict.injection_matches:
            self._injections.labels(attempt.injection_type).inc()
