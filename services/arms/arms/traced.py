"""Model calls in traces: each that is really made is a span, and hands its trace on.

What stands in the spans is the library's doing, after OpenTelemetry's conventions for GenAI:
`gen_ai.operation.name`, `gen_ai.request.model`, `gen_ai.usage.input_tokens` and the like.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.models.instrumented import InstrumentationSettings, InstrumentedModel
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from octollm.service import tracing


def traced(model: Model, capture_content: bool) -> Model:
    """Return a model whose requests are spans, if this process traces at all.

    With `capture_content` they hold messages and errors in full, else neither.
    """
    if not tracing.is_on():
        return model
    told = InstrumentationSettings(
        include_content=capture_content,
        include_binary_content=False,
        include_model_request_parameters=False,
    )
    return InstrumentedModel(_Handing(model), told)


class _Handing(WrapperModel):
    """Sends the current trace to the provider, as `traceparent` (W3C Trace Context)."""

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        settings = _with_trace(model_settings)
        return await self.wrapped.request(messages, settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: Any = None,
    ) -> AsyncGenerator[StreamedResponse]:
        settings = _with_trace(model_settings)
        async with self.wrapped.request_stream(
            messages, settings, model_request_parameters, run_context
        ) as stream:
            yield stream


def _with_trace(settings: ModelSettings | None) -> ModelSettings:
    given = settings or ModelSettings()
    headers = {**(given.get("extra_headers") or {}), **tracing.headers()}
    return ModelSettings(**{**given, "extra_headers": headers})
