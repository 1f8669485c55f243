"""Sets a call's worst case aside: by the bytes of its input, or by what the provider counts."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace

from pydantic_ai.exceptions import ModelAPIError, UserError
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings, merge_model_settings

from arms import requests
from arms.prices import Price
from octollm.errors import BudgetExceeded, ModelFailed, PriceUnknown
from octollm.ledger import Ask, Grant, Kept, Ledger

LEAST_OUTPUT_TOKENS = 16
"""Fewer are no answer; OpenAI's Responses API refuses to be asked for fewer."""

COUNT_SECONDS = 10.0
"""How long a provider is given to count; without its number there is still ours."""

_COUNT_MARGIN = 1.05
"""Providers call what they count an estimate."""


@dataclass(frozen=True)
class Terms:
    """How one model may be used: at what price, how long its answers, how often tried again.

    `patience` is how many seconds at most are waited before it is asked again: little where
    another model can be turned to.
    """

    name: str
    price: Price | None
    max_output_tokens: int
    retries: int
    patience: float = math.inf


@dataclass
class Call:
    """What a model is to be asked. `input_tokens` is the most that it counts; the answers of
    settled calls up to `after` cannot be read."""

    hash: str
    messages: list[ModelMessage]
    settings: ModelSettings | None
    parameters: ModelRequestParameters
    input_tokens: int = 0
    after: int = 0


async def reserve(call: Call, model: Model, terms: Terms, ledger: Ledger) -> Grant | Kept:
    """Reserve for the most tokens the input can count; if that is too many, have it counted.

    What was answered before is returned instead, and needs neither price nor count. Raises
    `PriceUnknown`, `BudgetExceeded`, and `ModelFailed` for an input that nobody can count.
    """
    price = terms.price
    all_text = requests.is_all_text(call.messages, call.parameters)
    must_look = price is None or not all_text
    if must_look and (kept := await ledger.recall(call.hash, call.after)) is not None:
        return kept
    if price is None:
        raise PriceUnknown(
            f"Nobody knows what {terms.name} costs; "
            "the operator can give its price in OCTOLLM_MODEL_PRICES."
        )
    most = terms.max_output_tokens
    wanted = min((call.settings or {}).get("max_tokens") or most, most)
    call.input_tokens = requests.most_input_tokens(call.messages, call.parameters)
    if all_text:
        try:
            ask = _ask(call, terms.name, price, wanted)
            return await ledger.reserve(replace(ask, least_output_tokens=wanted))
        except BudgetExceeded as refused:
            if refused.extra.get("dimension") == "time":
                raise
    counted = await _counted(call, model)
    if counted is None and not all_text:
        raise ModelFailed(f"{terms.name}: nobody can say how many tokens its input has.")
    if counted is not None:
        call.input_tokens = min(call.input_tokens, counted) if all_text else counted
    ask = _ask(call, terms.name, price, wanted)
    return await ledger.reserve(replace(ask, least_output_tokens=min(wanted, LEAST_OUTPUT_TOKENS)))


async def _counted(call: Call, model: Model) -> int | None:
    """Return how many tokens the provider itself counts, None if it cannot."""
    once = merge_model_settings(call.settings, ModelSettings(max_retries=0))
    try:
        async with asyncio.timeout(COUNT_SECONDS):
            usage = await model.count_tokens(call.messages, once, call.parameters)
    except (NotImplementedError, ModelAPIError, UserError, TimeoutError):
        return None
    return int(usage.input_tokens * _COUNT_MARGIN) + LEAST_OUTPUT_TOKENS


def _ask(call: Call, name: str, price: Price, output_tokens: int) -> Ask:
    of_input, per_output_token = price.worst_case(call.input_tokens)
    return Ask(
        call.hash,
        name,
        call.input_tokens,
        output_tokens,
        input_usd=of_input,
        usd_per_output_token=per_output_token,
        price_version=price.version,
        after=call.after,
    )
