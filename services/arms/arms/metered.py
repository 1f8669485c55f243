"""A model behind an account: each request is replayed, or reserved, made and settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import (
    CompletedStreamedResponse,
    Model,
    ModelRequestParameters,
    StreamedResponse,
)
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings, merge_model_settings
from pydantic_ai.usage import RequestUsage
from tenacity import AsyncRetrying

from arms import requests
from arms.billing import bill, ended
from arms.reserving import Call, Terms, reserve
from arms.retrying import retrying, was_turned_away
from octollm.errors import BudgetExceeded
from octollm.ledger import Grant, Kept, Ledger, Settled
from octollm.shielding import to_the_end

SHORT_OF = "octollm.short_of"
"""Beside an answer that was granted fewer tokens than it was to have: what there was too little of.
It is kept with the answer, so that one that is replayed is told as it was the first time."""

_log = logging.getLogger(__name__)


@dataclass
class _Purchase:
    """A call being made: what it is made with, what is noted beside its answer for whoever reads
    that, and what there is of it."""

    settings: ModelSettings
    noted: dict[str, Any] | None = None
    response: ModelResponse | None = None
    stream: StreamedResponse | None = None


@dataclass(init=False)
class MeteredModel(WrapperModel):
    """A model whose every request draws on the account of one attempt at a task.

    Raises `BudgetExceeded`, `PriceUnknown`, and what the model raises.
    """

    def __init__(
        self,
        wrapped: Model,
        terms: Terms,
        ledger: Ledger,
        seconds_left: Callable[[], float],
    ) -> None:
        super().__init__(wrapped)
        self._terms = terms
        self._ledger = ledger
        self._seconds_left = seconds_left

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        call = self._call(messages, model_settings, model_request_parameters)
        async with self._ledger.turn(call.hash):
            return await self._retrying()(self._made, call)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: Any = None,
    ) -> AsyncGenerator[StreamedResponse]:
        call = self._call(messages, model_settings, model_request_parameters)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._ledger.turn(call.hash))

            async def opened() -> StreamedResponse:
                leave = await self._leave(call)
                if isinstance(leave, ModelResponse):
                    return CompletedStreamedResponse(
                        leave, model_request_parameters=model_request_parameters, replay_events=True
                    )
                return await stack.enter_async_context(self._streamed(call, leave, run_context))

            yield await self._retrying()(opened)

    def _retrying(self) -> AsyncRetrying:
        return retrying(self._terms.retries, self._seconds_left, self._terms.patience)

    def hash_of(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> str:
        """Return what identifies a request, in messages that no model has prepared yet."""
        prepared = self.prepare_messages(messages, parameters)
        return requests.request_hash(self._terms.name, prepared, settings, parameters)

    async def recalled(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> ModelResponse | None:
        """Return what this model has answered to such a request, None if it was not asked, or if
        that cannot be read."""
        kept = await self._ledger.recall(self.hash_of(messages, settings, parameters))
        return None if kept is None else self._read(kept)

    def _call(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> Call:
        own = requests.request_hash(self._terms.name, messages, settings, parameters)
        return Call(own, messages, settings, parameters)

    def _read(self, kept: Kept) -> ModelResponse | None:
        """Return what was answered before; None if another release kept it in another form."""
        try:
            return requests.from_json(kept.response)
        except ValidationError:
            _log.warning("kept_answer_unreadable model=%s", self._terms.name)
            return None

    async def _leave(self, call: Call) -> Grant | ModelResponse:
        """Return leave to make a call, or what was answered before."""
        leave = await reserve(call, self.wrapped, self._terms, self._ledger)
        if isinstance(leave, Grant):
            return leave
        if (response := self._read(leave)) is not None:
            return response
        call.after = leave.call_id
        return await self._leave(call)

    async def _made(self, call: Call) -> ModelResponse:
        leave = await self._leave(call)
        if isinstance(leave, ModelResponse):
            return leave
        async with self._purchase(call, leave) as purchase:
            purchase.response = await self.wrapped.request(
                call.messages, purchase.settings, call.parameters
            )
            purchase.response.metadata = purchase.noted
        return purchase.response

    @asynccontextmanager
    async def _streamed(
        self, call: Call, grant: Grant, run_context: Any
    ) -> AsyncIterator[StreamedResponse]:
        async with (
            self._purchase(call, grant) as purchase,
            self.wrapped.request_stream(
                call.messages, purchase.settings, call.parameters, run_context
            ) as stream,
        ):
            purchase.stream = stream
            stream.metadata = purchase.noted
            yield stream
            if (read := stream.get()).state == "complete" and not ended(read):
                raise ModelAPIError(self.model_name, "The stream ended and did not say why.")

    @asynccontextmanager
    async def _purchase(self, call: Call, grant: Grant) -> AsyncIterator[_Purchase]:
        """Let the body make the call, and settle with what came of it."""
        purchase = _Purchase(
            merge_model_settings(call.settings, _with_limits(call.settings, grant)) or {},
            {SHORT_OF: grant.short_of} if grant.short_of else None,
        )
        try:
            async with asyncio.timeout(grant.seconds) as limit:
                yield purchase
        except BaseException as error:
            try:
                await to_the_end(self._broken_off(call, grant, purchase, error))
            except Exception as unwritten:  # it stays reserved, and counts as spent
                _log.warning("call_not_noted error=%s", type(unwritten).__name__)
            if isinstance(error, TimeoutError) and limit.expired():
                raise BudgetExceeded(
                    "The model took all the time left.", dimension="time"
                ) from None
            raise
        await to_the_end(self._ended(call, grant, purchase))

    async def _broken_off(
        self, call: Call, grant: Grant, purchase: _Purchase, error: BaseException
    ) -> None:
        if purchase.stream is not None:  # the error may be its reader's, who has read it all
            await self._ended(call, grant, purchase)
        elif was_turned_away(error):
            await self._ledger.release(grant.call_id)
        else:
            await self._ledger.leave_uncertain(grant.call_id, {})

    async def _ended(self, call: Call, grant: Grant, purchase: _Purchase) -> None:
        """Settle what was answered to its end; what was not is uncertain."""
        response = purchase.stream.get() if purchase.stream is not None else purchase.response
        if response is None or self._terms.price is None:
            raise AssertionError("a call that was made has a response and a price")
        if purchase.stream is not None and not (response.state == "complete" and ended(response)):
            await self._ledger.leave_uncertain(grant.call_id, requests.to_json(response))
            return
        most = RequestUsage(input_tokens=call.input_tokens, output_tokens=grant.output_tokens)
        usage = bill(response.usage, self._terms.price, most=most)
        if usage.input_tokens > call.input_tokens or usage.output_tokens > grant.output_tokens:
            _log.warning(
                "more_tokens_than_granted model=%s input=%d/%d output=%d/%d",
                self._terms.name,
                usage.input_tokens,
                call.input_tokens,
                usage.output_tokens,
                grant.output_tokens,
            )
        await self._ledger.settle(grant.call_id, Settled(usage, requests.to_json(response)))


def _with_limits(settings: ModelSettings | None, grant: Grant) -> ModelSettings:
    """Return what a call is sent with on top of what its arm asked for. Retries are ours: a
    vendor's client would make them behind the ledger's back."""
    headers = dict((settings or {}).get("extra_headers") or {})
    if grant.key:
        headers["Idempotency-Key"] = grant.key
    return ModelSettings(max_tokens=grant.output_tokens, max_retries=0, extra_headers=headers)
