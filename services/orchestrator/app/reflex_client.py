"""The Orchestrator's only way to the Reflex Layer: retries, a breaker, one overall deadline.

Whatever goes wrong ends in `ReflexUnavailable`, so that nothing passes unscreened. What an answer
means for retries and breaker is told in `reflex_attempt`. The breaker counts attempts, not calls,
over all callers; when it opens, the calls in the middle of their retries stop as well.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, Self, TypeVar

import httpx2
import structlog
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, wait_exponential, wait_random

from app.breaker import Breaker, BreakerOpen, BreakerState
from app.reflex_attempt import Failed, Question, about_all, about_one, exchange
from app.reflex_config import ReflexClientConfig
from app.reflex_metrics import ReflexMetrics
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexRequest, ReflexResponse

HEALTH_TIMEOUT_SECONDS = 2.0
RETRY_AFTER_SECONDS = 5.0
"""What a caller is told when neither the breaker nor the service gives a time."""

ONE_BY_ONE_SECONDS = 60.0
"""For how long a service that refused a batch is asked text by text."""

_DOING_OF_ONE: Final = ("refused", "invalid_answer", "error")
"""How a batch fails that one of its texts may be to blame for; then each is asked about alone."""

log = structlog.get_logger("reflex_client")

V = TypeVar("V")


class ReflexClient:
    """One per process and event loop; to be closed, or used as an async context manager.

    `transport` replaces the network, say by `httpx2.ASGITransport` of a Reflex app in the same
    process. `clock` (seconds, for the breaker) and `sleep` are there for tests.
    """

    def __init__(
        self,
        config: ReflexClientConfig,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        registry: CollectorRegistry | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._config, self._clock, self._sleep = config, clock, sleep
        self._one_by_one_until = float("-inf")
        self._breaker = Breaker(
            config.breaker_failures, config.breaker_reset_seconds, clock, _log_breaker
        )
        self._turns = asyncio.Semaphore(config.max_concurrent)
        growing = wait_exponential(multiplier=config.backoff_min, max=config.backoff_max)
        self._backoff = growing + wait_random(0, config.backoff_min)
        # Private text goes straight to the service: no proxy out of the environment, no redirect.
        self._http = httpx2.AsyncClient(
            base_url=config.base_url,
            transport=transport,
            timeout=httpx2.Timeout(config.attempt_timeout, connect=config.connect_timeout),
            # Shorter than uvicorn keeps an idle connection (5 s), so that none is cut under us.
            limits=httpx2.Limits(keepalive_expiry=2.0),
            # No compression: such an answer could grow past the limit in one step.
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {config.key}"} if config.key else {}),
            follow_redirects=False,
            trust_env=False,
        )
        self._metrics = ReflexMetrics(registry, lambda: self._breaker.state)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    @property
    def breaker_state(self) -> BreakerState:
        return self._breaker.state

    async def process(
        self,
        text: str,
        *,
        user_id: str | None = None,
        context: str | None = None,
        check_pii: bool = True,
        check_injection: bool = True,
        use_cache: bool = True,
    ) -> ReflexResponse:
        """Return the verdict on `text`, within the configured `timeout`.

        Raises ReflexUnavailable with `retry_after` (seconds) if there is none to be had. Neither
        its message nor the errors linked to it hold the text.
        """
        asked = _request(
            text,
            user_id=user_id,
            context=context,
            check_pii=check_pii,
            check_injection=check_injection,
            use_cache=use_cache,
        )
        (answer,) = await self._answers([asked])
        if isinstance(answer, ReflexUnavailable):
            raise answer
        return answer

    async def process_all(
        self, texts: Sequence[tuple[str, str | None]]
    ) -> list[ReflexResponse | ReflexUnavailable]:
        """Return for each of up to 64 texts, given with its context, what `process` would return
        or raise. All are asked about at once; where that cannot be, each alone."""
        return await self._answers([_request(text, context=context) for text, context in texts])

    async def health(self) -> None:
        """Ask `GET /health`, once and whatever the breaker's state.

        Raises ReflexUnavailable, saying why, unless the answer is 200 within 2 s.
        """
        until = asyncio.get_running_loop().time() + HEALTH_TIMEOUT_SECONDS
        answer = await exchange(self._http, "GET", "health", None, until)
        if isinstance(answer, Failed):
            raise ReflexUnavailable(answer.detail, retry_after=RETRY_AFTER_SECONDS)
        if answer.status != 200:
            detail = f"the Reflex Layer's health check answered {answer.status}"
            raise ReflexUnavailable(detail, retry_after=RETRY_AFTER_SECONDS)

    async def _answers(
        self, asked: Sequence[ReflexRequest | Failed]
    ) -> list[ReflexResponse | ReflexUnavailable]:
        outcomes = ["cancelled"] * len(asked)
        try:
            results = await self._screen(asked)
            outcomes = [r.outcome if isinstance(r, Failed) else r.status for r in results]
        finally:
            for outcome in outcomes:
                self._metrics.requests.labels(outcome).inc()
        return [self._unavailable(r) if isinstance(r, Failed) else r for r in results]

    def _unavailable(self, failed: Failed) -> ReflexUnavailable:
        log.warning("reflex call failed", outcome=failed.outcome, detail=failed.detail)
        return ReflexUnavailable(failed.detail, retry_after=self._retry_after(failed))

    async def _screen(
        self, asked: Sequence[ReflexRequest | Failed]
    ) -> list[ReflexResponse | Failed]:
        deadline = asyncio.get_running_loop().time() + self._config.timeout
        requests = [request for request in asked if isinstance(request, ReflexRequest)]
        if 1 < len(requests) == len(asked) and self._clock() >= self._one_by_one_until:
            together = await self._asked(about_all(requests), deadline)
            if not isinstance(together, Failed):
                return together
            if together.outcome not in _DOING_OF_ONE:
                return [together] * len(requests)
            if together.outcome == "refused":  # as by the public service, which knows no batches
                self._one_by_one_until = self._clock() + ONE_BY_ONE_SECONDS
        return await asyncio.gather(*(self._alone(request, deadline) for request in asked))

    async def _alone(
        self, request: ReflexRequest | Failed, deadline: float
    ) -> ReflexResponse | Failed:
        if isinstance(request, Failed):
            return request
        return await self._asked(about_one(request), deadline)

    async def _asked(self, question: Question[V], deadline: float) -> V | Failed:
        """Ask until there is an answer or no sense in asking again."""
        result: V | Failed = await self._retrying(deadline)(self._attempt, question, deadline)
        return result

    def _retrying(self, deadline: float) -> AsyncRetrying:
        """Retry while there are retries left and the next wait ends before the deadline."""
        loop, retries = asyncio.get_running_loop(), self._config.retries

        def stop(state: RetryCallState) -> bool:
            return state.attempt_number > retries or loop.time() + state.upcoming_sleep >= deadline

        def give_up(state: RetryCallState) -> Failed:
            failed = _failure(state)
            if state.attempt_number > retries:
                return failed
            return replace(failed, detail=f"{failed.detail}; no time is left for another try")

        return AsyncRetrying(
            retry=retry_if_result(lambda result: isinstance(result, Failed) and result.retry),
            wait=lambda state: max(
                min(self._backoff(state), self._config.backoff_max),
                _failure(state).retry_after or 0,
            ),
            stop=stop,
            before_sleep=lambda _: self._metrics.retries.inc(),
            retry_error_callback=give_up,
            sleep=self._sleep,
        )

    async def _attempt(self, question: Question[V], deadline: float) -> V | Failed:
        try:
            async with self._turn(deadline):
                with self._breaker.attempt() as attempt:
                    result = await self._ask(question, deadline)
                    attempt.healthy = result.healthy if isinstance(result, Failed) else True
        except BreakerOpen:
            return Failed("breaker_open", "the Reflex Layer failed too often; it is left in peace")
        except TimeoutError:
            return Failed("deadline", "too many texts are waiting to be screened")
        if isinstance(result, Failed) and self._breaker.state is BreakerState.OPEN:
            return replace(result, retry=False)
        return result

    async def _ask(self, question: Question[V], deadline: float) -> V | Failed:
        """Make one attempt, within its own time-out and the deadline."""
        now = asyncio.get_running_loop().time()
        usual = min(self._config.attempt_timeout, self._config.timeout)
        given = min(usual, deadline - now)
        started = time.perf_counter()
        answer = await exchange(self._http, "POST", question.path, question.body, now + given)
        self._metrics.seconds.observe(time.perf_counter() - started)
        if isinstance(answer, Failed):
            # Too little time was our doing: it says nothing about the service.
            short = answer.outcome == "timeout" and given < usual / 2
            return replace(answer, healthy=None) if short else answer
        return question.judge(answer)

    @asynccontextmanager
    async def _turn(self, deadline: float) -> AsyncIterator[None]:
        """Hold one of the `max_concurrent` places. Raises TimeoutError if none gets free."""
        async with asyncio.timeout_at(deadline):
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    def _retry_after(self, failed: Failed) -> float:
        """Seconds until another call may be worth it, at least 1."""
        if failed.outcome == "breaker_open" or self._breaker.state is BreakerState.OPEN:
            seconds = self._breaker.seconds_left
        elif failed.retry_after is not None:
            seconds = failed.retry_after
        else:
            seconds = RETRY_AFTER_SECONDS
        return float(max(1, math.ceil(seconds)))


def _request(text: str, **options: str | bool | None) -> ReflexRequest | Failed:
    try:
        return ReflexRequest.model_validate({"text": text, **options})
    except ValidationError as error:
        fields = ", ".join(sorted({str(item["loc"][0]) for item in error.errors()}))
        return Failed("refused", f"the Reflex Layer takes no such request ({fields})")


def _failure(state: RetryCallState) -> Failed:
    """The result of an attempt that is to be retried."""
    result = state.outcome.result() if state.outcome else None
    if not isinstance(result, Failed):
        raise AssertionError("only a failure is retried")
    return result


def _log_breaker(state: BreakerState) -> None:
    log.warning("reflex breaker changed", state=state.name.lower())
