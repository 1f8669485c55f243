"""Sends traces with OpenTelemetry's SDK, which the extra `otel` brings.

Everything about how is set by the standard variables, which the SDK and its exporters read:
sampling, batches, limits, headers, certificates, time-outs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points, version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from octollm.service.tracing import TracingUnavailable

EXPORTERS = "opentelemetry_traces_exporter"
"""The entry-point group in which packages register what can send traces."""

TYPED_BY_STRANGERS = frozenset({"http.request.method_original", "url.path", "url.query"})
"""Attributes of a request that can hold anything. `http.route` says where it went."""


def start(service: str, names: Iterable[str]) -> None:
    """Have the spans of this process sent by the exporters of these names, in the background and
    at its end. Raises TracingUnavailable for one that is not installed or cannot be made."""
    sending = [_exporter(name) for name in names]
    named = OTELResourceDetector().detect().attributes
    ours = {"service.name": service, "service.version": version("octollm")}
    provider = TracerProvider(resource=Resource.create({**ours, **named}))
    provider.sampler = _Discreet(provider.sampler)
    for exporter in sending:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def _exporter(name: str) -> SpanExporter:
    """Return the exporter a package registered under that name."""
    for entry in entry_points(group=EXPORTERS, name=name):
        try:
            made: SpanExporter = entry.load()()
        except Exception as error:  # a package's import or its own check of the environment
            raise TracingUnavailable(
                f"Traces cannot be sent by {name}: its exporter says {type(error).__name__}. "
                "See the OTEL_EXPORTER_* variables."
            ) from None
        return made
    raise TracingUnavailable(
        f"OTEL_TRACES_EXPORTER asks for {name[:40]!r}, and no installed package sends traces "
        "that way."
    )


class _Discreet(Sampler):
    """Decides as another sampler does, and keeps what strangers typed out of the span.

    A sampler is what the SDK asks which attributes a span begins with."""

    def __init__(self, decides: Sampler) -> None:
        self._decides = decides

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        kept = {k: v for k, v in (attributes or {}).items() if k not in TYPED_BY_STRANGERS}
        return self._decides.should_sample(
            parent_context, trace_id, name, kind, kept, links, trace_state
        )

    def get_description(self) -> str:
        return self._decides.get_description()
