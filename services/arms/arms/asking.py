"""Asks a model through an agent, and says in the house's errors why there is no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pydantic_ai import Agent, capture_run_messages
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    FallbackExceptionGroup,
    ModelAPIError,
    ModelAuthenticationError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    OutputTokenLimitExceeded,
    UnexpectedModelBehavior,
    UsageLimitExceeded,
)
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import Model
from pydantic_ai.usage import UsageLimits

from arms.metered import SHORT_OF
from arms.retrying import PASSING
from octollm.arm import ArmContext
from octollm.errors import BudgetExceeded, ModelFailed

MAX_REQUESTS = 8
"""How often an agent may turn to its model for one answer, corrections of its form included."""

Output = TypeVar("Output")
Deps = TypeVar("Deps")

_PASSING_STATUSES = (408, 409)
"""Of those no category is for: what vendors' own clients try again."""

_REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (ModelAuthenticationError, "the key is missing or not accepted"),
    (ModelNotFoundError, "there is no model of this name, or not for this key"),
    (ModelContextWindowExceededError, "the input is too long for it"),
    (ModelQuotaExceededError, "the account's credit or quota is used up"),
    (ModelRequestRejectedError, "the provider refuses the request"),
    (ModelHTTPError, "the provider refuses the request"),
    (ContentFilterError, "the provider's own filter withheld the answer"),
    (OutputTokenLimitExceeded, "the answer did not fit into the tokens that were left for it"),
    (UnexpectedModelBehavior, "the answer was not of the form asked for, also when asked again"),
    (UsageLimitExceeded, "the answer was not of the form asked for, also when asked again"),
)


class ModelAway(Exception):
    """No model answers for now; whoever runs arms tries again."""


async def ask(agent: Agent[Deps, Output], model: Model, prompt: str, deps: Deps) -> Output:
    """Return what a model answers, of the agent's type. `deps` is what its validators are given.

    Raises `BudgetExceeded`, `PriceUnknown`, `ModelFailed` for what would happen again, and
    `ModelAway` for what may be over in a moment.
    """
    with translated():
        run = await agent.run(prompt, model=model, deps=deps, usage_limits=_LIMITS)
    return run.output


async def ask_for_text(
    agent: Agent[None, str], model: Model, prompt: str, context: ArmContext
) -> tuple[str, bool]:
    """Return the text a model writes and whether it was cut short; draft it as it comes.

    Raises what `ask` raises.
    """
    with translated():
        async with agent.run_stream(prompt, model=model, usage_limits=_LIMITS) as run:
            text = ""
            async for text in run.stream_text(debounce_by=None):
                context.draft(text)
            ended = run.response.finish_reason in _ENDED
    return text, not ended


_ENDED = ("stop", "tool_call")
"""Why a model stops that has said all; others ran out of tokens or into a filter."""

_LIMITS = UsageLimits(request_limit=MAX_REQUESTS)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the library's errors into ours, without quoting anything a provider said."""
    with capture_run_messages() as messages:
        try:
            yield
        except FallbackExceptionGroup as group:
            raise _ours(_last(group)) from None
        except OutputTokenLimitExceeded as error:
            raise _cut_by_the_budget(messages) or _ours(error) from None
        except AgentRunError as error:
            raise _ours(error) from None


def _cut_by_the_budget(messages: Sequence[ModelMessage]) -> BudgetExceeded | None:
    """Return what a budget had too little of for the last answer; None if it had enough."""
    answers = [message for message in messages if isinstance(message, ModelResponse)]
    dimension = (answers[-1].metadata or {}).get(SHORT_OF) if answers else None
    if dimension is None:
        return None
    return BudgetExceeded("The answer was cut off where the budget ended.", dimension=dimension)


def _last(group: FallbackExceptionGroup) -> Exception:
    """Return the budget's error if the group holds one, else the last one."""
    for error in group.exceptions:
        if isinstance(error, BudgetExceeded):
            return error
    last: Exception = group.exceptions[-1]
    return last


def _ours(error: Exception) -> Exception:
    why = next((text for kind, text in _REFUSALS if isinstance(error, kind)), None)
    if isinstance(error, ModelAPIError) and (
        why is None
        or isinstance(error, PASSING)
        or (isinstance(error, ModelHTTPError) and error.status_code in _PASSING_STATUSES)
    ):
        return ModelAway(f"{error.model_name} did not answer ({type(error).__name__})")
    if why is None:
        return error
    if isinstance(error, ModelAPIError):
        return ModelFailed(f"{error.model_name}: {why}.")
    return ModelFailed(f"{why[0].upper()}{why[1:]}.")
