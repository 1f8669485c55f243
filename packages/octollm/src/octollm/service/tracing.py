"""Traces: spans that say what took how long, and never what was said.

OpenTelemetry's API alone; nothing is recorded before `start` has found an exporter in the standard
environment variables. What leaves a span with an error gives it its class or slug, not its message:
messages quote the data they choked on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from anyio import move_on_after, to_thread
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from octollm.errors import OctoError, TaskFailure

Attributes = Mapping[str, str | int | float | bool]

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
NONE: Final = "none"
FLUSH_SECONDS: Final = 3.0

_OTLP: Final = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_W3C: Final = TraceContextTextMapPropagator()
_tracer: Final = trace.get_tracer("octollm")  # stands for whichever provider is set later


class TracingUnavailable(Exception):
    """Traces are asked for and cannot be sent; the message says what to change."""


def exporters(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the exporters that are asked for, as packages register them.

    By the variables of the OpenTelemetry specification ("Environment Variable Specification"),
    but for one thing: without an endpoint and without `OTEL_TRACES_EXPORTER` there is none.
    Raises TracingUnavailable for a protocol of OTLP that nobody speaks.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    usual = "otlp" if any(environment.get(name) for name in ENDPOINTS) else NONE
    named = environment.get("OTEL_TRACES_EXPORTER", "").strip() or usual
    names = [name.strip() for name in named.split(",")]
    return [_otlp(environment) if n == "otlp" else n for n in names if n not in ("", NONE)]


def _otlp(environment: Mapping[str, str]) -> str:
    asked = next((environment[name] for name in PROTOCOLS if environment.get(name)), None)
    protocol = asked or "http/protobuf"
    if protocol not in _OTLP:
        raise TracingUnavailable(
            f"{PROTOCOLS[1]} must be one of {', '.join(_OTLP)}, and is {protocol[:40]!r}."
        )
    return _OTLP[protocol]


def start(service: str) -> None:
    """Send this process's traces to the exporters of its environment, if it names any.

    `service` is the `service.name` unless `OTEL_SERVICE_NAME` gives another. To be called once, by
    the process's entry point. Raises TracingUnavailable.
    """
    names = exporters(os.environ)
    if not names:
        return
    try:
        from octollm.service import exporting  # the packages of the extra `otel`
    except ImportError:
        raise TracingUnavailable(
            "The OTEL_* variables ask for traces, and OpenTelemetry's SDK is not installed: "
            "pip install 'octollm-orchestrator[otel]', or set OTEL_TRACES_EXPORTER=none."
        ) from None
    exporting.start(service, names)


async def flush() -> None:
    """Send what is left, for `FLUSH_SECONDS` at most; to be called before the process ends.

    Without it a server's last spans are lost: uvicorn ends by the signal it was sent, and nothing
    that is to happen at a normal exit does."""
    flushed = getattr(trace.get_tracer_provider(), "force_flush", None)
    if flushed is not None:
        with move_on_after(FLUSH_SECONDS):
            await to_thread.run_sync(flushed, abandon_on_cancel=True)


def is_on() -> bool:
    """Return True if this process records traces."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


@contextmanager
def span(
    name: str, attributes: Attributes | None = None, kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """Time a step of what is being traced; outside a trace it is not recorded."""
    if not trace.get_current_span().get_span_context().is_valid:
        yield trace.INVALID_SPAN
        return
    with _tracer.start_as_current_span(
        name,
        kind=kind,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as begun:
        try:
            yield begun
        except BaseException as error:
            failed(error)
            raise


@contextmanager
def continued(
    name: str, traceparent: str | None, attributes: Attributes | None = None
) -> Iterator[Span]:
    """Time what goes on with the trace of another process, or begins one if there was none.

    What goes wrong inside is for the body to tell, by `failed`.
    """
    parent = _W3C.extract({"traceparent": traceparent} if traceparent else {}, Context())
    with _tracer.start_as_current_span(
        name,
        parent,
        SpanKind.CONSUMER,
        attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as begun:
        yield begun


def failed(error: BaseException) -> None:
    """Note an error on the current span. What is its caller's doing, or a cancellation, is told
    and is no failure."""
    current = trace.get_current_span()
    if not isinstance(error, OctoError):
        current.set_attribute("error.type", type(error).__qualname__)
        if isinstance(error, Exception):
            current.set_status(StatusCode.ERROR)
        return
    current.set_attribute("error.type", error.slug)
    if isinstance(error, TaskFailure) or error.status >= 500:
        current.set_status(StatusCode.ERROR)


def headers() -> dict[str, str]:
    """Return what hands the current trace on to another service: W3C Trace Context, no baggage."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier


def traceparent() -> str | None:
    """Return the current span as W3C `traceparent`, 55 characters; None outside a trace."""
    return headers().get("traceparent")
