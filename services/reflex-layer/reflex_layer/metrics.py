"""What the Reflex Layer counts, by the names of the public v1.1.0 service where it has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from octollm.service.buckets import Charge
from octollm.verdict import InjectionType, PiiType
from reflex_layer.screen import Verdict

_SECONDS: Final = (5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)
_OTHER: Final = "custom"
"""The label of a kind that was not known at the start."""


class Metrics:
    """The counters of one app; every label comes from a set that is closed when it starts."""

    def __init__(
        self,
        registry: CollectorRegistry,
        pii_kinds: Iterable[str] = (),
        injection_kinds: Iterable[str] = (),
    ) -> None:
        """The kinds are those beside the built-in ones, from the settings."""

        def counter(name: str, help_text: str, *labels: str) -> Counter:
            return Counter(f"reflex_{name}", help_text, labels, registry=registry)

        requests = counter("requests", "Texts screened, by verdict.", "status")
        self._requests = {status: requests.labels(status) for status in ("success", "blocked")}
        self._blocked = counter("requests_blocked", "Texts that were blocked.")
        self._incomplete = counter("incomplete", "Texts not screened to the end; all are blocked.")
        self._pii = counter("pii_detections", "Private values found.", "pii_type")
        self._injections = counter(
            "injection_detections", "Attempts to override instructions found.", "injection_type"
        )
        self._hits = counter("cache_hits", "Verdicts answered from the cache.")
        self._misses = counter("cache_misses", "Verdicts looked for there and not found.")
        self._allowed = counter("rate_limit_allowed", "Requests within their limit.")
        self._rejected = counter("rate_limit_rejected", "Requests past their limit.", "dimension")
        self._seconds = Histogram(
            "reflex_processing_seconds",
            "Time to a verdict, cache hits included.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._pii_kinds = frozenset((*PiiType, *pii_kinds, _OTHER))
        self._injection_kinds = frozenset((*InjectionType, *injection_kinds, _OTHER))
        _show(self._rejected, ("key", "ip"))
        _show(self._pii, self._pii_kinds)
        _show(self._injections, self._injection_kinds)

    def looked_up(self, hits: int, misses: int) -> None:
        """Count what a look into the cache came to."""
        if hits:
            self._hits.inc(hits)
        if misses:
            self._misses.inc(misses)

    def charged(self, charge: Charge) -> None:
        """Count a request that has a limit."""
        if charge.retry_after is None:
            self._allowed.inc()
        else:
            self._rejected.labels(charge.dimension).inc()

    def screened(self, verdict: Verdict, seconds: float) -> None:
        """Count one answered text."""
        self._requests[verdict.status].inc()
        self._seconds.observe(seconds)
        if verdict.status == "blocked":
            self._blocked.inc()
        if verdict.incomplete:
            self._incomplete.inc()
        for private in verdict.private:
            kind = private.kind if private.kind in self._pii_kinds else _OTHER
            self._pii.labels(kind).inc()
        for attempt in verdict.injection_matches:
            kind = attempt.injection_type
            self._injections.labels(kind if kind in self._injection_kinds else _OTHER).inc()


def _show(counter: Counter, labels: Iterable[str]) -> None:
    """Export each label from the start, as 0."""
    for label in sorted(labels):
        counter.labels(label)
