"""Pure: what a provider says a call used, as it is written into the account.

Anything may come over the wire: no usage, one below zero, one of a size no column holds.
"""

from __future__ import annotations

from dataclasses import replace

from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from arms.prices import Price
from octollm.ledger import Usage

MAX_TOKENS = 100_000_000
"""No call uses more, and the sum of a task's calls still fits into its row."""


def bill(said: RequestUsage, price: Price, *, most: RequestUsage) -> Usage:
    """Return the usage of a call and what it costs.

    `most` is what was reserved, and counts for what the provider does not say or cannot mean. What
    it says of cached and other tokens lowers no cost when it cannot be true.
    """
    silent = said.input_tokens <= 0 and said.output_tokens <= 0
    given = replace(
        said,
        input_tokens=_tokens(said.input_tokens if said.input_tokens > 0 else most.input_tokens),
        output_tokens=_tokens(
            most.output_tokens if silent or said.output_tokens < 0 else said.output_tokens
        ),
    )
    try:
        cost = price.of(given)
    except ValueError:  # more tokens cached than there were, or fewer than none
        plain = RequestUsage(input_tokens=given.input_tokens, output_tokens=given.output_tokens)
        cost = price.of(plain)
    return Usage(given.input_tokens, given.output_tokens, cost)


def ended(response: ModelResponse) -> bool:
    """Whether a stream that was read to its end came to the end of the answer.

    Every format says at the end why the model stopped (OpenAI's `finish_reason`, Anthropic's
    `stop_reason`, Gemini's `finishReason`), and a stream without it was cut: whatever stands before
    a provider may close a connection politely. Some servers of OpenAI's format never say it, for
    whom pydantic-ai puts "stop"; of those the usage is proof, which is sent last of all.
    """
    if (response.provider_details or {}).get("finish_reason"):
        return True
    if response.finish_reason is None:
        return False
    told = response.usage.input_tokens > 0 or response.usage.output_tokens > 0
    return response.finish_reason != "stop" or told


def _tokens(said: float) -> int:
    return min(int(said), MAX_TOKENS)
