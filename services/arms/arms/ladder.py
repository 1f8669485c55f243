"""Models one behind the other: what any of them has answered is not asked of another one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import (
    CompletedStreamedResponse,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.settings import ModelSettings

from arms.metered import MeteredModel
from arms.retrying import TURN_TO_NEXT
from octollm.ledger import Ledger


class Ladder(FallbackModel):
    """Turns to the next model when one does not answer, and first looks what there is of each.

    Each model words a request its own way, and so has a hash of its own for it: after a crash the
    first one may be back, while it is the second that has answered and was paid.
    """

    def __init__(self, models: Sequence[MeteredModel], ledger: Ledger) -> None:
        super().__init__(*models, fallback_on=TURN_TO_NEXT)
        self._metered = tuple(models)
        self._ledger = ledger

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        async with self._turn(messages, model_settings, model_request_parameters):
            kept = await self._recalled(messages, model_settings, model_request_parameters)
            if kept is not None:
                return kept
            return await super().request(messages, model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: Any = None,
    ) -> AsyncGenerator[StreamedResponse]:
        async with self._turn(messages, model_settings, model_request_parameters):
            kept = await self._recalled(messages, model_settings, model_request_parameters)
            if kept is not None:
                yield CompletedStreamedResponse(
                    kept, model_request_parameters=model_request_parameters, replay_events=True
                )
                return
            async with super().request_stream(
                messages, model_settings, model_request_parameters, run_context
            ) as stream:
                yield stream

    def _turn(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> AbstractAsyncContextManager[object]:
        """Return what is held while any of the models is asked; each holds a turn of its own too,
        which has another name."""
        return self._ledger.turn(
            "ladder " + self._metered[0].hash_of(messages, settings, parameters)
        )

    async def _recalled(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse | None:
        for model in self._metered:
            if (kept := await model.recalled(messages, settings, parameters)) is not None:
                return kept
        return None
