"""One exchange with the Reflex Layer, and what its result means.

| what happened                                        | retried | breaker | outcome        |
|------------------------------------------------------|---------|---------|----------------|
| no answer in time                                    | yes     | failure | timeout        |
| no connection, connection cut, 408, 502, 503, 504    | yes     | failure | unavailable    |
| 429, or the public service's 200 `RateLimited`       | yes     | healthy | rate_limited   |
| no JSON, wrong shape, span outside, over 8 MiB       | no      | failure | invalid_answer |
| 500 and other 5xx, an exception of an in-process app | no      | failure | error          |
| other 4xx, redirects                                 | no      | healthy | refused        |

A 500 can be one text's doing, so it is not worth another try; alone it cannot open the breaker,
since any answer in between starts the count anew. `Retry-After` is honoured wherever an answer
may be retried (RFC 9110 §10.2.3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Generic, Literal, TypeVar

import httpx2
from opentelemetry.trace import SpanKind, StatusCode

from app.reflex_reader import (
    InvalidAnswer,
    RateLimitedAnswer,
    read_results,
    read_verdict,
    verdict_in,
)
from octollm.service import tracing
from octollm.verdict import ReflexBatchRequest, ReflexRequest, ReflexResponse

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_RETRY_AFTER_SECONDS = 3_600.0
"""What a longer Retry-After is taken for."""

_TRANSIENT = {408, 502, 503, 504}

FailedOutcome = Literal[
    "timeout",
    "unavailable",
    "rate_limited",
    "invalid_answer",
    "error",
    "refused",
    "breaker_open",
    "deadline",
]


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP. `content` is None if it was too large to be read."""

    status: int
    headers: Mapping[str, str]
    content: bytes | None


@dataclass(frozen=True)
class Failed:
    """Why there is no verdict; `detail` never quotes the text.

    `healthy` is what it tells the breaker (None: nothing); `retry_after` is in seconds.
    """

    outcome: FailedOutcome
    detail: str
    retry: bool = False
    healthy: bool | None = None
    retry_after: float | None = None


V = TypeVar("V")


@dataclass(frozen=True)
class Question(Generic[V]):
    """What the Reflex Layer is asked, and how its answer is read."""

    path: str
    body: bytes
    judge: Callable[[Answer], V | Failed]


def about_one(request: ReflexRequest) -> Question[ReflexResponse]:
    """Return the question about one text: `POST /process`."""
    body = request.model_dump_json(exclude_none=True).encode()
    return Question("process", body, partial(_judged, read=partial(_verdict, text=request.text)))


def about_all(requests: Sequence[ReflexRequest]) -> Question[list[ReflexResponse | Failed]]:
    """Return the question about up to 64 texts: `POST /process/batch`."""
    batch = ReflexBatchRequest.model_construct(items=list(requests))
    body = batch.model_dump_json(exclude_none=True).encode()
    texts = [request.text for request in requests]
    return Question("process/batch", body, partial(_judged, read=partial(_verdicts, texts=texts)))


async def exchange(
    http: httpx2.AsyncClient, method: str, path: str, body: bytes | None, until: float
) -> Answer | Failed:
    """Send one request and read its answer, until the event loop's time `until`.

    httpx2's errors hold the request and with it the text, so none of them leaves this function.
    In a trace it is a span, after the conventions for HTTP clients.
    """
    asked = {
        "http.request.method": method,
        "server.address": http.base_url.host,
        "url.template": f"/{path}",
    }
    with tracing.span(f"{method} /{path}", asked, SpanKind.CLIENT) as span:
        result = await _exchanged(http, method, path, body, until)
        if isinstance(result, Answer):
            span.set_attribute("http.response.status_code", result.status)
        if isinstance(result, Failed) or result.status >= 400:
            outcome = str(result.status) if isinstance(result, Answer) else result.outcome
            span.set_attribute("error.type", outcome)
            span.set_status(StatusCode.ERROR)
    return result


async def _exchanged(
    http: httpx2.AsyncClient, method: str, path: str, body: bytes | None, until: float
) -> Answer | Failed:
    try:
        async with (
            asyncio.timeout_at(until),
            http.stream(method, path, content=body, headers=tracing.headers()) as response,
        ):
            return Answer(response.status_code, response.headers, await _content(response))
    except (TimeoutError, httpx2.TimeoutException):
        detail = "the Reflex Layer did not answer in time"
        return Failed("timeout", detail, retry=True, healthy=False)
    except (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError):
        return Failed("refused", "the request to the Reflex Layer could not be sent")
    except (httpx2.TransportError, OSError):
        detail = "the connection to the Reflex Layer failed"
        return Failed("unavailable", detail, retry=True, healthy=False)
    except Exception as error:
        # An app in the same process raises whatever it likes through its transport.
        return Failed(
            "error", f"the Reflex Layer failed with {type(error).__name__}", healthy=False
        )


def _judged(answer: Answer, read: Callable[[bytes, float | None], V | Failed]) -> V | Failed:
    """Return what is read from the content of a 200, or why there is nothing to read."""
    status = answer.status
    detail = f"the Reflex Layer answered {status}"
    wait = retry_after(answer.headers.get("retry-after"))
    if status == 200:
        if answer.content is None:
            return Failed("invalid_answer", "the Reflex Layer's answer is too large", healthy=False)
        return read(answer.content, wait)
    if status == 429:
        return Failed("rate_limited", detail, retry=True, healthy=True, retry_after=wait)
    if status in _TRANSIENT:
        return Failed("unavailable", detail, retry=True, healthy=False, retry_after=wait)
    if status >= 500:
        return Failed("error", detail, healthy=False)
    if status >= 300:
        return Failed("refused", detail, healthy=True)
    return Failed("invalid_answer", detail, healthy=False)


def _verdict(content: bytes, wait: float | None, text: str) -> ReflexResponse | Failed:
    return _read(lambda: read_verdict(content, text), wait)


def _verdicts(
    content: bytes, wait: float | None, texts: Sequence[str]
) -> list[ReflexResponse | Failed] | Failed:
    results = _read(lambda: read_results(content, len(texts)), wait)
    if isinstance(results, Failed):
        return results
    return [
        _read(partial(verdict_in, result, text), wait)
        for result, text in zip(results, texts, strict=True)
    ]


def _read(read: Callable[[], V], wait: float | None) -> V | Failed:
    try:
        return read()
    except RateLimitedAnswer:
        detail = "the Reflex Layer's rate limit is reached"
        return Failed("rate_limited", detail, retry=True, healthy=True, retry_after=wait)
    except InvalidAnswer as invalid:
        return Failed("invalid_answer", f"not a verdict: {invalid}", healthy=False)


def retry_after(header: str | None) -> float | None:
    """Return the seconds a Retry-After asks for, in either of its forms; None if it has neither.

    Never below 0 nor above `MAX_RETRY_AFTER_SECONDS`.
    """
    value = (header or "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        try:
            date = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


async def _content(response: httpx2.Response) -> bytes | None:
    """Read the body of a 200, up to the limit. No other body is of interest."""
    content = bytearray()
    if response.status_code == 200:
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                return None
    return bytes(content)
