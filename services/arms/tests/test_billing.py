"""What a provider says a call used, however little sense it makes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic_ai.usage import RequestUsage

from arms.billing import MAX_TOKENS, bill
from arms.config import TokenPrice
from arms.prices import Price, price_of

PRICE = Price("own", "m", "p", TokenPrice(input_per_million=1, output_per_million=2))
MOST = RequestUsage(input_tokens=100, output_tokens=50)


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ((30, 10), (30, 10)),
        ((30, 0), (30, 0)),
        ((0, 0), (100, 50)),
        ((0, 10), (100, 10)),
        ((-30, -10), (100, 50)),
        ((30, -10), (30, 50)),
        ((10**13, 2.5), (MAX_TOKENS, 2)),
    ],
)
def test_what_is_not_said_or_cannot_be_counts_as_reserved(
    said: tuple[int, int], tokens: tuple[int, int]
) -> None:
    usage = bill(RequestUsage(input_tokens=said[0], output_tokens=said[1]), PRICE, most=MOST)
    assert (usage.input_tokens, usage.output_tokens) == tokens
    assert usage.cost_usd == Decimal(tokens[0] + 2 * tokens[1]) / 1_000_000


def test_more_cached_tokens_than_there_were_lower_no_price() -> None:
    published = price_of("openai", "gpt-5-mini", {})
    assert published is not None
    plain = RequestUsage(input_tokens=10, output_tokens=3)
    said = RequestUsage(input_tokens=10, output_tokens=3, cache_read_tokens=500)
    assert bill(said, published, most=MOST).cost_usd == published.of(plain)
