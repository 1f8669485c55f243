"""Which failed requests were surely not paid for, and when one is made again."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_ai.exceptions import (
    ModelConnectionError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelServerError,
    ModelUnavailableError,
)
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from tenacity.stop import stop_base

PASSING = (
    ModelRateLimitError,
    ModelUnavailableError,
    ModelServerError,
    ModelConnectionError,
)
"""What may be over in a moment."""

TURN_TO_NEXT = (*PASSING, ModelQuotaExceededError)
"""What another model may not suffer from. One that refuses a request refuses it anywhere."""

_UNHEARD = frozenset({408, 499, 502, 504, 520, 521, 522, 523, 524})
"""Said by what stands before a provider: what it waited for may have been done and billed."""

_BACKOFF = wait_exponential(multiplier=0.5, max=19) + wait_random(0, 1)


class _UnlessTooLate(stop_base):
    """Stops when the next wait would last past the deadline, or past all patience."""

    def __init__(self, seconds_left: Callable[[], float], patience: float) -> None:
        self._seconds_left = seconds_left
        self._patience = patience

    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.upcoming_sleep >= min(self._seconds_left(), self._patience)


def _wait(retry_state: RetryCallState) -> float:
    """Wait as long as the provider says (Retry-After), else ever longer."""
    error = retry_state.outcome.exception() if retry_state.outcome else None
    asked = getattr(error, "retry_after", None)
    return float(asked) if asked else _BACKOFF(retry_state)


def retrying(retries: int, seconds_left: Callable[[], float], patience: float) -> AsyncRetrying:
    """Return what makes a request up to `retries` times again, as long as there is time for it.

    A wait of `patience` seconds or more is not waited. The last error is raised as it is.
    """
    return AsyncRetrying(
        retry=retry_if_exception_type(PASSING),
        wait=_wait,
        stop=stop_after_attempt(retries + 1) | _UnlessTooLate(seconds_left, patience),
        reraise=True,
    )


def was_turned_away(error: BaseException) -> bool:
    """Whether a provider certainly did no work: it was not reached, or answered with an error."""
    if isinstance(error, ModelConnectionError):
        return error.phase in ("pool", "connect")
    return (
        isinstance(error, ModelHTTPError)
        and not error.in_stream
        and error.status_code not in _UNHEARD
    )
