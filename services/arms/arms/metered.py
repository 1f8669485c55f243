"""A model behind an account: each request is replayed, or reserved, made and settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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

from arms import requests
from arms.billing import bill
from arms.prices import Price
from arms.retrying import retrying, was_turned_away
from octollm.errors import BudgetExceeded, PriceUnknown
from octollm.ledger import Ask, Grant, Ledger, Settled

LEAST_OUTPUT_TOKENS = 16
"""Fewer are no answer; OpenAI's Responses API refuses to be asked for fewer."""

_COUNT_MARGIN = 1.05
"""Providers call what they count an estimate."""


@dataclass(frozen=True)
class Terms:
    """How one model may be used: at what price, how long its answers, how often tried again."""

    name: str
    price: Price | None
    max_output_tokens: int
    retries: int


@dataclass
class _Call:
    """What a model is to be asked. `input_tokens` is the most that it counts."""

    hash: str
    messages: list[ModelMessage]
    settings: ModelSettings | None
    parameters: ModelRequestParameters
    input_tokens: int = 0


@dataclass
class _Purchase:
    """A call being made: what it is made with, and what there is of its answer."""

    settings: ModelSettings
    response: ModelResponse | None = None
    stream: StreamedResponse | None = None


@dataclass(init=False)
class MeteredModel(WrapperModel):
    """A model whose every request draws on the account of one attempt at a task.

    Raises `BudgetExceeded`, `PriceUnknown`, and what the model raises.
    """

    def __init__(self, wrapped: Model, terms: Terms, ledger: Ledger, deadline: datetime) -> None:
        super().__init__(wrapped)
        self._terms = terms
        self._ledger = ledger
        self._deadline = deadline

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        call = self._call(messages, model_settings, model_request_parameters)
        async with self._ledger.turn(call.hash):
            if (kept := await self._ledger.recall(call.hash)) is not None:
                return requests.from_json(kept)
            return await retrying(self._terms.retries, self._deadline)(self._made, call)

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
            if (kept := await self._ledger.recall(call.hash)) is not None:
                yield CompletedStreamedResponse(
                    requests.from_json(kept),
                    model_request_parameters=model_request_parameters,
                    replay_events=True,
                )
                return

            async def opened() -> StreamedResponse:
                return await stack.enter_async_context(self._streamed(call, run_context))

            yield await retrying(self._terms.retries, self._deadline)(opened)

    def _call(
        self,
        messages: list[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> _Call:
        name = self._terms.name
        return _Call(
            hash=requests.request_hash(name, messages, dict(settings or {}), parameters),
            messages=messages,
            settings=settings,
            parameters=parameters,
        )

    async def _made(self, call: _Call) -> ModelResponse:
        async with self._purchase(call) as purchase:
            purchase.response = await self.wrapped.request(
                call.messages, purchase.settings, call.parameters
            )
        return purchase.response

    @asynccontextmanager
    async def _streamed(self, call: _Call, run_context: Any) -> AsyncIterator[StreamedResponse]:
        async with (
            self._purchase(call) as purchase,
            self.wrapped.request_stream(
                call.messages, purchase.settings, call.parameters, run_context
            ) as stream,
        ):
            purchase.stream = stream
            yield stream

    @asynccontextmanager
    async def _purchase(self, call: _Call) -> AsyncIterator[_Purchase]:
        """Reserve, let the body make the call, and settle with what came of it."""
        grant = await self._reserved(call)
        purchase = _Purchase(
            merge_model_settings(call.settings, _with_limits(call.settings, grant)) or {}
        )
        try:
            async with asyncio.timeout(grant.seconds) as limit:
                yield purchase
        except BaseException as error:
            await _to_the_end(self._unsettled(grant, purchase, error))
            if isinstance(error, TimeoutError) and limit.expired():
                raise BudgetExceeded(
                    "The model took all the time left.", dimension="time"
                ) from None
            raise
        await _to_the_end(self._settled(call, grant, purchase))

    async def _reserved(self, call: _Call) -> Grant:
        """Reserve for the most tokens the input can count; if that is too many, have it counted."""
        price = self._terms.price
        if price is None:
            raise PriceUnknown(
                f"Nobody knows what {self._terms.name} costs; "
                "the operator can give its price in OCTOLLM_MODEL_PRICES."
            )
        call.input_tokens = requests.most_input_tokens(call.messages, call.parameters)
        most = self._terms.max_output_tokens
        wanted = min((call.settings or {}).get("max_tokens") or most, most)
        ask = _priced(Ask(call.hash, self._terms.name, call.input_tokens, wanted), price)
        try:
            return await self._ledger.reserve(replace(ask, least_output_tokens=wanted))
        except BudgetExceeded:
            counted = await self._counted(call)
        if counted is not None:
            call.input_tokens = min(call.input_tokens, counted)
            ask = _priced(replace(ask, input_tokens=call.input_tokens), price)
        return await self._ledger.reserve(
            replace(ask, least_output_tokens=min(wanted, LEAST_OUTPUT_TOKENS))
        )

    async def _counted(self, call: _Call) -> int | None:
        """Return how many tokens the provider itself counts, None if it cannot."""
        try:
            usage = await self.wrapped.count_tokens(call.messages, call.settings, call.parameters)
        except (NotImplementedError, ModelAPIError):
            return None
        return int(usage.input_tokens * _COUNT_MARGIN) + LEAST_OUTPUT_TOKENS

    async def _settled(self, call: _Call, grant: Grant, purchase: _Purchase) -> None:
        response = purchase.response
        if purchase.stream is not None:
            response = purchase.stream.get()
            if response.state != "complete":  # the reader stopped before the end
                await self._ledger.leave_uncertain(grant.call_id, requests.to_json(response))
                return
        if response is None or self._terms.price is None:
            raise AssertionError("a call that was made has a response and a price")
        most = RequestUsage(input_tokens=call.input_tokens, output_tokens=grant.output_tokens)
        settled = bill(response.usage, self._terms.price, most=most)
        await self._ledger.settle(grant.call_id, Settled(settled, requests.to_json(response)))

    async def _unsettled(self, grant: Grant, purchase: _Purchase, error: BaseException) -> None:
        if purchase.stream is None and was_turned_away(error):
            await self._ledger.release(grant.call_id)
            return
        partial = requests.to_json(purchase.stream.get()) if purchase.stream else {}
        await self._ledger.leave_uncertain(grant.call_id, partial)


def _with_limits(settings: ModelSettings | None, grant: Grant) -> ModelSettings:
    """Return what a call is sent with on top of what its arm asked for. Retries are ours: a
    vendor's client would make them behind the ledger's back."""
    headers = dict((settings or {}).get("extra_headers") or {})
    if grant.key:
        headers["Idempotency-Key"] = grant.key
    return ModelSettings(max_tokens=grant.output_tokens, max_retries=0, extra_headers=headers)


def _priced(ask: Ask, price: Price) -> Ask:
    of_input, per_output_token = price.worst_case(ask.input_tokens)
    return replace(
        ask,
        input_usd=of_input,
        usd_per_output_token=per_output_token,
        price_version=price.version,
    )


async def _to_the_end(entry: Coroutine[Any, Any, None]) -> None:
    """Make an entry in the ledger whatever happens: a cancellation waits until it is made."""
    task = asyncio.ensure_future(entry)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
