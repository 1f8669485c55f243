"""What a model's tokens cost: the operator's prices first, then those that are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import genai_prices
from pydantic_ai.usage import RequestUsage

from arms.config import TokenPrice

MILLION = Decimal(1_000_000)
FREE_PROVIDERS = frozenset({"ollama", "test"})
"""Models that run on one's own machine, where nobody sends a bill."""
UNPUBLISHED = frozenset({"openai-compatible"})
"""Providers that may be anyone: a model's name says nothing of what they charge."""


@dataclass(frozen=True)
class Price:
    """The price of one model. `version` says where it is from, and as of when."""

    version: str
    model: str
    provider: str
    own: TokenPrice | None = None

    def of(self, usage: RequestUsage) -> Decimal:
        """Return what a usage costs, in US dollars. Cached and tiered tokens count as published.

        Where a usage contradicts itself, such as by more cached tokens than there were at all, its
        input counts as not cached.
        """
        if self.own is not None:
            return (
                usage.input_tokens * self.own.input_per_million
                + usage.output_tokens * self.own.output_per_million
            ) / MILLION
        try:
            found = genai_prices.calc_price(usage, self.model, provider_id=self.provider)
        except ValueError:
            plain = RequestUsage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
            found = genai_prices.calc_price(plain, self.model, provider_id=self.provider)
        return found.total_price

    def worst_case(self, input_tokens: int) -> tuple[Decimal, Decimal]:
        """Return what so much input costs at most, and each token of output after it.

        Input that a provider puts into its cache may cost more than input that it does not.
        """
        plain = self.of(RequestUsage(input_tokens=input_tokens))
        cached = self.of(RequestUsage(input_tokens=input_tokens, cache_write_tokens=input_tokens))
        with_output = self.of(RequestUsage(input_tokens=input_tokens, output_tokens=int(MILLION)))
        return max(plain, cached), (with_output - plain) / MILLION


NOTHING = TokenPrice(input_per_million=Decimal(0), output_per_million=Decimal(0))


def price_of(provider: str, model: str, own: Mapping[str, TokenPrice]) -> Price | None:
    """Return the price of a model, or None if nobody knows it.

    `own` are the operator's prices by `provider:model`. Published prices are those that come with
    the installed release of genai-prices; nothing is fetched.
    """
    if (given := own.get(f"{provider}:{model}")) is not None:
        return Price("OCTOLLM_MODEL_PRICES", model, provider, given)
    if provider in FREE_PROVIDERS:
        return Price("runs locally", model, provider, NOTHING)
    if provider in UNPUBLISHED:
        return None
    published = Price(f"genai-prices {genai_prices.__version__}", model, provider)
    try:
        published.of(RequestUsage(input_tokens=1, output_tokens=1))
    except LookupError:
        return None
    return published
