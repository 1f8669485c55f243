"""The Reflex client over a real socket, against a service that fails in every way."""

from __future__ import annotations

import asyncio
import json
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
import structlog
from prometheus_client import CollectorRegistry
from scripted_reflex import (
    CLEAN,
    ScriptedReflex,
    Step,
    after,
    cut,
    drip,
    flood,
    hang,
    response,
    results,
    status,
    verdict,
)

from app.reflex_attempt import MAX_ANSWER_BYTES
from app.reflex_client import ReflexClient
from app.reflex_config import ReflexClientConfig
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexResponse

SECRET = "call ada lovelace on 555-0142"
QUICK = {"backoff_min": 0.001, "backoff_max": 0.002, "breaker_failures": 1_000}


class Clock:
    """The breaker's seconds, which pass when told to."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def waits() -> list[float]:
    """What the client wanted to sleep, when made with `waits`."""
    return []


Make = Callable[..., ReflexClient]


@pytest.fixture
async def make(
    reflex: ScriptedReflex, registry: CollectorRegistry, clock: Clock
) -> AsyncIterator[Make]:
    """Build clients of the scripted service, with quick retries unless told otherwise."""
    clients: list[ReflexClient] = []

    def build(
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep, **changes: Any
    ) -> ReflexClient:
        config = ReflexClientConfig(**({"base_url": reflex.url} | QUICK | changes))
        clients.append(ReflexClient(config, registry=registry, clock=clock, sleep=sleep))
        return clients[-1]

    yield build
    for client in clients:
        await client.aclose()


@pytest.fixture
def counted(registry: CollectorRegistry) -> Callable[..., float]:
    def value(name: str, **labels: str) -> float:
        return registry.get_sample_value(f"octollm_reflex_{name}", labels) or 0.0

    return value


@pytest.fixture
def refused_url() -> Iterator[str]:
    """An address that refuses connections: bound, so that nobody else takes it, not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def recording(waits: list[float]) -> Callable[[float], Awaitable[None]]:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return sleep


async def failing(client: ReflexClient, text: str = SECRET) -> ReflexUnavailable:
    """Ask for a verdict that is not to be had, and return the error."""
    with pytest.raises(ReflexUnavailable) as caught:
        await client.process(text)
    return caught.value


# What is sent, and what comes back


async def test_a_verdict_comes_back(make: Make, reflex: ScriptedReflex) -> None:
    reflex.script(verdict(request_id="r-1"))
    answer = await make().process("hello")
    assert (answer.request_id, answer.status) == ("r-1", "success")


async def test_the_request_carries_what_was_asked(make: Make, reflex: ScriptedReflex) -> None:
    await make().process("grüße", user_id="u1", context="submit", check_pii=False, use_cache=False)
    (request,) = reflex.requests
    assert (request.method, request.path) == ("POST", "/process")
    assert request.headers["content-type"] == "application/json"
    assert request.json() == {
        "text": "grüße",
        "user_id": "u1",
        "context": "submit",
        "check_pii": False,
        "check_injection": True,
        "use_cache": False,
    }


async def test_the_key_goes_with_every_request_and_into_no_repr(
    make: Make, reflex: ScriptedReflex
) -> None:
    await make(key="hush-hush-hush-hush").process("hello")
    assert reflex.requests[0].headers["authorization"] == "Bearer hush-hush-hush-hush"
    assert "hush" not in repr(ReflexClientConfig("http://reflex", key="hush"))


async def test_without_a_key_none_is_sent(make: Make, reflex: ScriptedReflex) -> None:
    await make().process("hello")
    assert "authorization" not in reflex.requests[0].headers


async def test_a_base_url_may_have_a_path(make: Make, reflex: ScriptedReflex) -> None:
    await make(base_url=f"{reflex.url}/screening/").process("hello")
    assert reflex.requests[0].path == "/screening/process"


async def test_a_blocked_verdict_is_an_answer_not_an_error(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float]
) -> None:
    reflex.script(verdict(status="blocked"))
    assert (await make().process("hello")).status == "blocked"
    assert counted("requests_total", outcome="blocked") == 1


async def test_the_public_services_capitalised_answers_are_no_failures(
    make: Make, reflex: ScriptedReflex
) -> None:
    public = {key: value for key, value in CLEAN.items() if key != "ruleset"}
    reflex.default = status(200, json.dumps(public | {"status": "Success"}).encode())
    client = make(breaker_failures=1)
    assert [(await client.process("hello")).status for _ in range(3)] == ["success"] * 3
    assert client.breaker_state.name == "CLOSED"


async def test_an_app_in_the_same_process_is_asked_the_same_way() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        found = CLEAN | {"details": f"{scope['path']} {len(message['body'])}"}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    config = ReflexClientConfig("http://reflex.invalid")
    async with ReflexClient(config, transport=httpx2.ASGITransport(app)) as client:
        assert (await client.process("hello")).details.startswith("/process ")


async def test_an_app_in_the_same_process_that_raises_is_an_error_without_its_message() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError(SECRET)

    config = ReflexClientConfig("http://reflex.invalid")
    async with ReflexClient(config, transport=httpx2.ASGITransport(app)) as client:
        error = await failing(client)
    assert error.detail == "the Reflex Layer failed with LookupError"


# Failures that are tried again

TRANSIENT = {
    "cut before an answer": cut(),
    "cut in the headers": cut(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut in the body": cut(response(200, b"x" * 100)[:-50]),
    "no HTTP at all": cut(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "408": status(408),
    "502": status(502),
    "503": status(503),
    "504": status(504),
    "429": status(429),
    "429, now": status(429, Retry_After="0"),
    "429, since yesterday": status(
        429, Retry_After=format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    ),
    "429, nonsense": status(429, Retry_After="soon"),
    "429, absurd": status(429, Retry_After="Sun, 06 Nov 1994 08:49:37 +9999999999999"),
    "rate limit as 200": verdict(status="RateLimited"),
}


@pytest.mark.parametrize("step", TRANSIENT.values(), ids=TRANSIENT)
async def test_a_passing_failure_is_tried_again(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float], step: Step
) -> None:
    reflex.script(step, step, step, verdict(request_id="fourth"))
    assert (await make().process("hello")).request_id == "fourth"
    assert len(reflex.requests) == 4
    assert counted("retries_total") == 3
    assert counted("requests_total", outcome="success") == 1


@pytest.mark.parametrize("step", TRANSIENT.values(), ids=TRANSIENT)
async def test_after_three_retries_it_gives_up(
    make: Make, reflex: ScriptedReflex, step: Step
) -> None:
    reflex.default = step
    error = await failing(make())
    assert len(reflex.requests) == 4
    assert error.status == 503
    assert error.retry_after is not None
    assert error.retry_after >= 1


async def test_a_refused_connection_is_tried_again(
    make: Make, refused_url: str, counted: Callable[..., float]
) -> None:
    error = await failing(make(base_url=refused_url))
    assert error.detail == "the connection to the Reflex Layer failed"
    assert counted("retries_total") == 3
    assert counted("requests_total", outcome="unavailable") == 1


@pytest.mark.parametrize("step", [hang(), drip()], ids=["no answer", "a dripping body"])
async def test_an_attempt_has_its_own_time_out(
    make: Make, reflex: ScriptedReflex, step: Step
) -> None:
    reflex.script(step)
    assert (await make(attempt_timeout=0.2).process("hello")).status == "success"


async def test_the_waits_grow_with_jitter_between_one_and_five_seconds(
    make: Make, reflex: ScriptedReflex, waits: list[float]
) -> None:
    reflex.default = status(503)
    patient = make(recording(waits), backoff_min=1.0, backoff_max=5.0, timeout=60.0)
    await failing(patient)
    first, second, third = waits
    assert 1 <= first <= 2 <= second <= 3 <= 4 <= third <= 5
    await failing(patient)
    assert waits[:3] != waits[3:]


@pytest.mark.parametrize("code", [429, 503])
async def test_a_retry_after_in_seconds_is_honoured(
    make: Make, reflex: ScriptedReflex, waits: list[float], code: int
) -> None:
    reflex.script(status(code, Retry_After="7"))
    await make(recording(waits)).process("hello")
    assert waits == [7.0]


async def test_a_retry_after_date_is_honoured(
    make: Make, reflex: ScriptedReflex, waits: list[float]
) -> None:
    date = datetime.now(UTC) + timedelta(minutes=10)
    reflex.script(status(429, Retry_After=format_datetime(date, usegmt=True)))
    await make(recording(waits), timeout=1_000.0).process("hello")
    (wait,) = waits
    assert 500 < wait <= 600


# The overall deadline


async def test_the_whole_call_ends_in_time(make: Make, reflex: ScriptedReflex) -> None:
    reflex.default = hang()
    client = make(timeout=0.3, attempt_timeout=0.2)
    async with asyncio.timeout(5):
        error = await failing(client)
    assert "did not answer in time" in error.detail


async def test_an_attempt_may_not_outlive_the_call(make: Make, reflex: ScriptedReflex) -> None:
    reflex.default = drip()
    async with asyncio.timeout(5):
        error = await failing(make(timeout=0.2, attempt_timeout=60.0))
    assert "in time" in error.detail
    assert len(reflex.requests) == 1


async def test_a_wait_that_cannot_end_in_time_is_not_begun(
    make: Make, reflex: ScriptedReflex, waits: list[float]
) -> None:
    reflex.script(status(429, Retry_After="30"))
    error = await failing(make(recording(waits)))
    assert waits == []
    assert error.retry_after == 30
    assert "no time is left" in error.detail


async def test_a_retry_after_date_past_the_deadline_ends_the_call(
    make: Make, reflex: ScriptedReflex
) -> None:
    date = datetime.now(UTC) + timedelta(minutes=10)
    reflex.script(status(503, Retry_After=format_datetime(date, usegmt=True)))
    error = await failing(make())
    assert len(reflex.requests) == 1
    assert error.retry_after is not None
    assert 500 < error.retry_after <= 600


async def test_an_endless_retry_after_is_cut_to_an_hour(make: Make, reflex: ScriptedReflex) -> None:
    reflex.script(status(429, Retry_After="9" * 30))
    assert (await failing(make())).retry_after == 3_600


async def test_who_gets_no_place_in_time_is_told_so_and_the_breaker_is_not(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float]
) -> None:
    client = make(max_concurrent=0, timeout=0.1, breaker_failures=1)
    error = await failing(client)
    assert error.detail == "too many texts are waiting to be screened"
    assert counted("requests_total", outcome="deadline") == 1
    assert client.breaker_state.name == "CLOSED"
    assert reflex.requests == []


async def test_an_attempt_cut_short_by_the_deadline_does_not_count_against_the_service(
    make: Make, reflex: ScriptedReflex
) -> None:
    reflex.script(status(503), hang())
    client = make(timeout=0.4, backoff_min=0.25, backoff_max=0.25, breaker_failures=2)
    await failing(client)
    assert client.breaker_state.name == "CLOSED"


async def test_no_more_attempts_are_under_way_than_allowed(
    make: Make, reflex: ScriptedReflex
) -> None:
    answered = asyncio.Event()
    reflex.default = after(answered, verdict())
    client = make(max_concurrent=3)
    calls = [asyncio.create_task(client.process("hello")) for _ in range(10)]
    await reflex.received(3)
    assert reflex.connections == 3
    answered.set()
    assert len(await asyncio.gather(*calls)) == 10


# Failures that are not tried again


@pytest.mark.parametrize("code", [301, 307, 400, 401, 403, 404, 405, 409, 413, 415, 422, 451])
async def test_our_own_mistake_is_not_tried_again_and_does_not_open_the_breaker(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float], code: int
) -> None:
    reflex.default = status(code, SECRET.encode(), Location="/elsewhere")
    client = make(breaker_failures=1)
    error = await failing(client)
    assert error.detail == f"the Reflex Layer answered {code}"
    assert len(reflex.requests) == 1
    assert client.breaker_state.name == "CLOSED"
    assert counted("requests_total", outcome="refused") == 1


@pytest.mark.parametrize("code", [500, 501, 507])
async def test_an_error_of_the_service_is_not_tried_again_but_counts(
    make: Make, reflex: ScriptedReflex, code: int
) -> None:
    reflex.default = status(code)
    client = make(breaker_failures=2)
    error = await failing(client)
    assert error.detail == f"the Reflex Layer answered {code}"
    assert len(reflex.requests) == 1
    assert client.breaker_state.name == "CLOSED"
    await failing(client)
    assert client.breaker_state.name == "OPEN"


async def test_one_poisoned_text_does_not_close_the_door_on_the_others(
    make: Make, reflex: ScriptedReflex
) -> None:
    client = make(breaker_failures=2)
    for _ in range(3):
        reflex.script(status(500))
        await failing(client)
        await client.process("innocent")
    assert client.breaker_state.name == "CLOSED"


INVALID = {
    "HTML": status(200, b"<html>"),
    "nothing": status(200, b""),
    "no content": status(204, b""),
    "a list": status(200, b"[]"),
    "another shape": status(200, b'{"safe": true}'),
    "a span outside": verdict(
        pii_matches=[{"pii_type": "Email", "start": 0, "end": 9_999, "confidence": 1}]
    ),
    "compressed": status(200, b"\x1f\x8b\x08\x00", Content_Encoding="gzip"),
    "declared larger than allowed": status(200, b" " * (MAX_ANSWER_BYTES + 1)),
    "without end": flood(),
}


@pytest.mark.parametrize("step", INVALID.values(), ids=INVALID)
async def test_an_invalid_answer_opens_the_breaker_but_is_not_tried_again(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float], step: Step
) -> None:
    reflex.default = step
    client = make(breaker_failures=2)
    await failing(client)
    assert client.breaker_state.name == "CLOSED"
    await failing(client)
    assert client.breaker_state.name == "OPEN"
    assert len(reflex.requests) == 2
    assert counted("requests_total", outcome="invalid_answer") == 2


@pytest.mark.parametrize("text", ["", "x" * 100_001, "nul \x00 " + SECRET, "\ud800 " + SECRET])
async def test_a_text_the_layer_cannot_take_is_never_sent(
    make: Make, reflex: ScriptedReflex, text: str
) -> None:
    error = await failing(make(), text)
    assert error.detail == "the Reflex Layer takes no such request (text)"
    assert reflex.requests == []


async def test_a_base_url_of_no_known_protocol_is_our_mistake(make: Make) -> None:
    client = make(base_url="gopher://127.0.0.1", breaker_failures=1)
    assert (await failing(client)).detail == "the request to the Reflex Layer could not be sent"


# The breaker


async def test_five_failed_attempts_in_a_row_open_it_in_the_middle_of_a_call(
    make: Make, reflex: ScriptedReflex
) -> None:
    reflex.default = status(503)
    client = make(breaker_failures=5)
    await failing(client)
    assert client.breaker_state.name == "CLOSED"
    error = await failing(client)
    assert client.breaker_state.name == "OPEN"
    assert len(reflex.requests) == 5
    assert error.retry_after == 60


async def test_open_it_refuses_at_once_and_says_when_to_come_back(
    make: Make, reflex: ScriptedReflex, clock: Clock, counted: Callable[..., float]
) -> None:
    reflex.script(status(502))
    client = make(breaker_failures=1)
    await failing(client)
    clock.now += 17.5
    error = await failing(client)
    assert error.retry_after == 43
    assert len(reflex.requests) == 1
    assert counted("requests_total", outcome="breaker_open") == 1


async def test_after_its_time_one_good_probe_closes_it(
    make: Make, reflex: ScriptedReflex, clock: Clock
) -> None:
    reflex.script(status(502))
    client = make(breaker_failures=1)
    await failing(client)
    clock.now += 60
    assert client.breaker_state.name == "HALF_OPEN"
    await client.process("hello")
    assert client.breaker_state.name == "CLOSED"


async def test_a_failed_probe_is_not_tried_again_and_opens_it_for_the_full_time(
    make: Make, reflex: ScriptedReflex, clock: Clock
) -> None:
    reflex.default = status(502)
    client = make(breaker_failures=1)
    await failing(client)
    clock.now += 90
    error = await failing(client)
    assert len(reflex.requests) == 2
    assert error.retry_after == 60


async def test_half_open_exactly_one_of_many_callers_asks(
    make: Make, reflex: ScriptedReflex, clock: Clock
) -> None:
    answered = asyncio.Event()
    reflex.script(status(502), after(answered, verdict()))
    client = make(breaker_failures=1)
    await failing(client)
    clock.now += 60
    probe = asyncio.create_task(client.process("hello"))
    await reflex.received(2)
    errors = await asyncio.gather(*(failing(client) for _ in range(20)))
    assert {error.retry_after for error in errors} == {1}
    assert len(reflex.requests) == 2
    answered.set()
    await probe
    assert client.breaker_state.name == "CLOSED"


async def test_a_cancelled_probe_does_not_leave_it_stuck(
    make: Make, reflex: ScriptedReflex, clock: Clock
) -> None:
    reflex.script(status(502), hang(), verdict())
    client = make(breaker_failures=1)
    await failing(client)
    clock.now += 60
    probe = asyncio.create_task(client.process("hello"))
    await reflex.received(2)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    await client.process("hello")
    assert client.breaker_state.name == "CLOSED"


async def test_cancelled_calls_are_no_failures(
    make: Make, reflex: ScriptedReflex, counted: Callable[..., float]
) -> None:
    reflex.default = hang()
    client = make(breaker_failures=1)
    call = asyncio.create_task(client.process("hello"))
    await reflex.received(1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert client.breaker_state.name == "CLOSED"
    assert counted("requests_total", outcome="cancelled") == 1


async def test_a_call_waiting_to_retry_is_refused_when_others_open_the_breaker(
    make: Make, reflex: ScriptedReflex
) -> None:
    waiting, go_on = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await go_on.wait()

    reflex.default = status(503)
    client = make(sleep, breaker_failures=2)
    first = asyncio.create_task(failing(client))
    await waiting.wait()
    await failing(client)
    go_on.set()
    assert "left in peace" in (await first).detail
    assert len(reflex.requests) == 2


# Health


async def test_health_is_a_get_of_its_own(make: Make, reflex: ScriptedReflex) -> None:
    reflex.script(status(200))
    await make().health()
    assert [(r.method, r.path) for r in reflex.requests] == [("GET", "/health")]


async def test_health_asks_once_and_says_why_not(make: Make, reflex: ScriptedReflex) -> None:
    reflex.script(status(503))
    with pytest.raises(ReflexUnavailable, match="health check answered 503"):
        await make().health()
    assert len(reflex.requests) == 1


async def test_health_of_what_is_not_there(refused_url: str) -> None:
    async with ReflexClient(ReflexClientConfig(refused_url)) as client:
        with pytest.raises(ReflexUnavailable, match="connection"):
            await client.health()


async def test_health_neither_asks_nor_moves_the_breaker(
    make: Make, reflex: ScriptedReflex
) -> None:
    reflex.script(status(502), status(200))
    client = make(breaker_failures=1)
    await failing(client)
    await client.health()
    assert client.breaker_state.name == "OPEN"


# What operators see, and what nobody sees


async def test_metrics_tell_attempts_retries_and_the_breaker(
    make: Make, reflex: ScriptedReflex, clock: Clock, counted: Callable[..., float]
) -> None:
    reflex.script(status(503), status(503), status(503))
    client = make(breaker_failures=3)
    await failing(client)
    assert counted("request_seconds_count") == 3
    assert counted("retries_total") == 2
    assert counted("requests_total", outcome="unavailable") == 1
    assert counted("breaker_state") == 2
    clock.now += 60
    assert counted("breaker_state") == 1
    await client.process("hello")
    assert counted("breaker_state") == 0


async def test_one_warning_for_a_failed_call_and_one_for_each_change_of_the_breaker(
    make: Make, reflex: ScriptedReflex, clock: Clock
) -> None:
    reflex.script(status(503), status(503))
    client = make(breaker_failures=2)
    with structlog.testing.capture_logs() as logs:
        await failing(client)
        clock.now += 60
        await client.process(SECRET)
    told = [entry.get("state", entry.get("outcome")) for entry in logs]
    assert told == ["open", "unavailable", "half_open", "closed"]
    assert {entry["log_level"] for entry in logs} == {"warning"}


LEAKY = {
    "echoed in a 422": status(422, json.dumps({"input": SECRET}).encode()),
    "echoed in a 503": status(503, SECRET.encode()),
    "echoed as no JSON": status(200, SECRET.encode()),
    "echoed in the wrong shape": verdict(processing_time_ms=SECRET),
    "cut": cut(),
    "never answered": hang(),
}


@pytest.mark.parametrize("step", LEAKY.values(), ids=LEAKY)
async def test_the_text_is_in_no_error_log_or_metric(
    make: Make, reflex: ScriptedReflex, registry: CollectorRegistry, step: Step
) -> None:
    reflex.default = step
    with structlog.testing.capture_logs() as logs:
        error = await failing(make(timeout=0.3, attempt_timeout=0.1))
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = "".join(traceback.format_exception(error)) + repr(error.problem()) + repr(logs)
    shown += repr(list(registry.collect()))
    assert SECRET not in shown
    assert "555-0142" not in shown


async def test_an_unsendable_text_is_in_no_error_either(make: Make) -> None:
    error = await failing(make(), SECRET + "\x00")
    assert error.__context__ is None
    assert "555" not in "".join(traceback.format_exception(error))


# Several texts at once

TEXTS = [("one", "submit"), ("two", "output"), ("three", "submit")]


async def test_several_texts_are_one_request_and_each_has_its_own_verdict(
    reflex: ScriptedReflex, make: Make
) -> None:
    reflex.script(results(CLEAN, CLEAN | {"details": "second"}, {"no": "verdict"}))
    answers = await make().process_all(TEXTS)
    assert told(answers) == ["nothing found", "second", "ReflexUnavailable"]
    (request,) = reflex.requests
    assert request.path == "/process/batch"
    asked = [(item["text"], item["context"]) for item in request.json()["items"]]
    assert asked == TEXTS


@pytest.mark.parametrize("step", [status(500), status(422), status(404), status(200, b"[]")])
async def test_where_a_batch_fails_by_ones_doing_each_is_asked_about_alone(
    reflex: ScriptedReflex, make: Make, step: Step
) -> None:
    reflex.script(step)
    answers = await make().process_all(TEXTS)
    assert told(answers) == ["nothing found"] * 3
    assert [r.path for r in reflex.requests] == ["/process/batch", *["/process"] * 3]


async def test_a_service_that_knows_no_batches_is_asked_for_one_again_a_minute_later(
    reflex: ScriptedReflex, make: Make, clock: Clock
) -> None:
    client = make()
    reflex.script(status(404))
    for _ in range(2):
        await client.process_all(TEXTS)
    assert [r.path for r in reflex.requests].count("/process/batch") == 1
    clock.now += 61
    await client.process_all(TEXTS)
    assert [r.path for r in reflex.requests].count("/process/batch") == 2


async def test_while_the_service_is_away_a_batch_is_tried_as_one(
    reflex: ScriptedReflex, make: Make
) -> None:
    reflex.script(status(503), cut())
    client = make(retries=2)
    assert told(await client.process_all(TEXTS)) == ["nothing found"] * 3
    reflex.default = status(503)
    assert told(await client.process_all(TEXTS)) == ["ReflexUnavailable"] * 3
    assert [r.path for r in reflex.requests] == ["/process/batch"] * 6


def told(answers: Sequence[ReflexResponse | ReflexUnavailable]) -> list[str]:
    return [a.details if isinstance(a, ReflexResponse) else type(a).__name__ for a in answers]
