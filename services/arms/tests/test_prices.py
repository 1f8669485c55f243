"""What models cost, and that what is reserved is never less."""

from __future__ import annotations

from decimal import Decimal

import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic_ai.usage import RequestUsage

from arms.config import TokenPrice
from arms.prices import price_of

OWN = TokenPrice(input_per_million=Decimal(3), output_per_million=Decimal(5))
PUBLISHED = [
    (provider.id, model.id)
    for provider in get_snapshot().providers
    for model in provider.models
    if provider.id in ("openai", "anthropic", "google", "groq", "mistral", "deepseek")
]
TOKENS = st.integers(0, 3_000_000)


@pytest.mark.parametrize(
    "name", ["openai:gpt-5-mini", "anthropic:claude-sonnet-5", "google:gemini-2.5-flash"]
)
def test_the_large_providers_prices_are_known(name: str) -> None:
    provider, model = name.split(":")
    price = price_of(provider, model, {})
    assert price is not None
    assert price.version.startswith("genai-prices ")
    of_input, of_output = price.worst_case(1_000)
    assert 0 < of_input < 1
    assert 0 < of_output < Decimal("0.001")


@pytest.mark.parametrize(
    "name", ["openai:nonsuch", "nonsuch:gpt-5", "openai-compatible:gpt-5", "openai-compatible:x"]
)
def test_what_nobody_publishes_has_no_price(name: str) -> None:
    provider, model = name.split(":")
    assert price_of(provider, model, {}) is None


def test_a_model_of_one_s_own_costs_nothing() -> None:
    price = price_of("ollama", "qwen3", {})
    assert price is not None
    assert price.worst_case(1_000_000) == (Decimal(0), Decimal(0))
    assert price.of(RequestUsage(input_tokens=9, output_tokens=9)) == 0


@pytest.mark.parametrize(
    "name", ["openai:gpt-5-mini", "ollama:qwen3", "openai-compatible:x", "nonsuch:y"]
)
def test_the_operator_s_price_goes_before_any_other(name: str) -> None:
    provider, model = name.split(":")
    price = price_of(provider, model, {name: OWN})
    assert price is not None
    assert price.version == "OCTOLLM_MODEL_PRICES"
    assert price.of(RequestUsage(input_tokens=1_000_000, output_tokens=1_000_000)) == 8
    assert price.worst_case(2_000_000) == (Decimal(6), Decimal("0.000005"))


def test_what_was_cached_costs_less() -> None:
    price = price_of("openai", "gpt-5-mini", {})
    assert price is not None
    whole = price.of(RequestUsage(input_tokens=1_000))
    assert 0 < price.of(RequestUsage(input_tokens=1_000, cache_read_tokens=900)) < whole


def test_a_usage_that_contradicts_itself_counts_as_not_cached() -> None:
    price = price_of("openai", "gpt-5-mini", {})
    assert price is not None
    plain = price.of(RequestUsage(input_tokens=10, output_tokens=5))
    odd = RequestUsage(input_tokens=10, output_tokens=5, cache_read_tokens=900)
    assert price.of(odd) == plain


@given(st.sampled_from(PUBLISHED), TOKENS, TOKENS, st.data())
def test_no_usage_costs_more_than_was_reserved_for_it(
    name: tuple[str, str], input_tokens: int, output_tokens: int, data: st.DataObject
) -> None:
    price = price_of(*name, {})
    assume(price is not None)  # some are listed under a name that they are not found by
    assert price is not None
    of_input, per_token = price.worst_case(input_tokens)
    used = data.draw(st.integers(0, input_tokens))
    read = data.draw(st.integers(0, used))
    usage = RequestUsage(
        input_tokens=used,
        cache_read_tokens=read,
        cache_write_tokens=data.draw(st.integers(0, used - read)),
        output_tokens=data.draw(st.integers(0, output_tokens)),
    )
    assert price.of(usage) <= of_input + per_token * output_tokens
