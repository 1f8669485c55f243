"""Both clients against a server that speaks the wire contract, or fails to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanContext, TraceFlags

from octollm import AsyncClient, Client, ResourceBudget, TaskRequest, TaskStatus
from octollm.errors import (
    BodyTooLarge,
    DatabaseUnavailable,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    OctoError,
    PiiDetected,
    RateLimited,
    ServerUnreachable,
    TaskFailure,
    TaskNotFound,
    Unavailable,
    WaitTimeout,
)

from .scripted_server import (
    DROP,
    TASK_ID,
    Answer,
    ScriptedServer,
    accepted,
    completed,
    problem,
    summary,
    task,
)

AT_ONCE = {"Retry-After": "0"}
SERVER_SIDE = [
    cls
    for cls in OctoError.tree()
    if cls is not OctoError and not issubclass(cls, TaskFailure | ServerUnreachable | WaitTimeout)
]


def test_submit_sends_the_fields_that_were_set_and_returns_the_accepted_task(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(accepted())
    answer = client.submit(
        "count the errors",
        context="ERROR a",
        constraints={"lines": 3},
        acceptance_criteria=("a number",),
        budget={"max_tokens": 5},
    )
    assert (answer.task_id, answer.status) == (UUID(TASK_ID), TaskStatus.PENDING)
    sent = server.received[0]
    assert (sent.method, sent.path) == ("POST", "/submit")
    assert sent.json == {
        "goal": "count the errors",
        "context": "ERROR a",
        "constraints": {"lines": 3},
        "acceptance_criteria": ["a number"],
        "budget": {"max_tokens": 5},
    }


def test_submit_takes_a_whole_request_and_fields_win_over_it(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(accepted())
    request = TaskRequest(goal="x", priority=1, budget=ResourceBudget(max_cost_usd=0))
    client.submit(request, priority=2)
    assert server.received[0].json == {"goal": "x", "priority": 2, "budget": {"max_cost_usd": 0}}


def test_every_submit_has_a_key_of_its_own_unless_one_is_given(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(accepted(), accepted(), accepted())
    client.submit("x")
    client.submit("x")
    client.submit("x", idempotency_key="mine")
    first, second, third = (sent.headers["idempotency-key"] for sent in server.received)
    assert UUID(first) != UUID(second)
    assert third == "mine"


@pytest.mark.parametrize("answer", [DROP, problem("unavailable", 503, AT_ONCE)])
def test_a_repeated_submit_carries_the_same_key_and_body(
    client: Any, server: ScriptedServer, answer: Answer
) -> None:
    server.answer(answer, answer, accepted())
    client.submit("x")
    assert len({sent.headers["idempotency-key"] for sent in server.received}) == 1
    assert [sent.json for sent in server.received] == [{"goal": "x"}] * 3


@pytest.mark.parametrize("key", ["", "a\nb", "ü", "k" * 256])
def test_a_key_no_header_can_hold_is_refused_before_sending(
    client: Any, server: ScriptedServer, key: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.submit("x", idempotency_key=key)
    assert caught.value.errors[0]["field"] == "Idempotency-Key"
    assert server.received == []


def test_an_invalid_request_is_refused_before_sending_and_quotes_nothing(
    client: Any, server: ScriptedServer
) -> None:
    secret = "jane@example.com"
    with pytest.raises(InvalidRequest) as caught:
        client.submit(" ", context=secret + "\x00", budget={"max_tokens": 0}, bogus=secret)
    error = caught.value
    assert {item["field"] for item in error.errors} == {
        "goal",
        "context",
        "budget.max_tokens",
        "bogus",
    }
    assert secret not in repr((error, error.args, error.extra, error.detail))
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert server.received == []


@pytest.mark.parametrize("kind", SERVER_SIDE)
def test_the_server_s_error_is_raised_as_the_same_class(
    connect: Callable[..., Any], server: ScriptedServer, kind: type[OctoError]
) -> None:
    findings = [{"field": "goal", "kind": "Email", "start": 0, "end": 4}]
    document = kind("what happened", findings=findings).problem("request-1")
    server.answer(Answer(kind.status, document))
    with pytest.raises(OctoError) as caught:
        connect(retries=0).get(TASK_ID)
    error = caught.value
    assert type(error) is kind
    assert (error.detail, error.request_id) == ("what happened", "request-1")
    assert error.extra == {"findings": findings}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFound),
        (405, MethodNotAllowed),
        (413, BodyTooLarge),
        (429, RateLimited),
        (500, InternalError),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (307, OctoError),
        (418, OctoError),
    ],
)
@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"status": "down"}'])
def test_an_error_that_is_no_problem_document_goes_by_its_status(
    connect: Callable[..., Any],
    server: ScriptedServer,
    status: int,
    kind: type[OctoError],
    body: bytes,
) -> None:
    server.answer(Answer(status, body, {"X-Request-ID": "request-2"}))
    with pytest.raises(OctoError) as caught:
        connect(retries=0).get(TASK_ID)
    assert type(caught.value) is kind
    assert caught.value.status == (503 if kind is Unavailable else status)
    assert caught.value.request_id == "request-2"


@pytest.mark.parametrize("body", [b"<html>hello", b"{}", b"", b'{"task_id": "x"}'])
def test_an_answer_no_octollm_server_gives_is_said_to_be_unreadable(
    client: Any, server: ScriptedServer, body: bytes
) -> None:
    server.answer(Answer(200, body))
    with pytest.raises(OctoError) as caught:
        client.get(TASK_ID)
    assert caught.value.slug == "unreadable-answer"
    assert len(server.received) == 1


def test_a_newer_server_s_fields_are_ignored(client: Any, server: ScriptedServer) -> None:
    document = completed() | {"new": 1}
    document["budget"] |= {"max_calls": 7}
    document["result"] |= {"judgements": []}
    server.answer(Answer(200, document))
    assert client.get(TASK_ID).result.output == "**3** errors"


def test_a_call_is_given_up_after_the_last_retry(
    connect: Callable[..., Any], server: ScriptedServer
) -> None:
    server.answer(*[problem("database-unavailable", 503, AT_ONCE)] * 3)
    with pytest.raises(DatabaseUnavailable):
        connect(retries=2).get(TASK_ID)
    assert len(server.received) == 3


def test_a_wait_longer_than_the_time_out_is_left_to_the_caller(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(problem("rate-limited", 429, {"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        client.list()
    assert caught.value.retry_after == 3600
    assert len(server.received) == 1


def test_a_refusal_is_not_repeated(client: Any, server: ScriptedServer) -> None:
    server.answer(problem("pii-detected", 422))
    with pytest.raises(PiiDetected):
        client.submit("x")
    assert len(server.received) == 1


def test_no_server_is_server_unreachable(connect: Callable[..., Any]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://name:secret@127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ServerUnreachable) as caught:
            connect(url=url, retries=0).info()
    assert "127.0.0.1" in caught.value.detail
    assert "secret" not in repr((caught.value.detail, caught.value.extra))


def test_a_server_that_never_answers_runs_into_the_time_out_once(
    connect: Callable[..., Any], server: ScriptedServer
) -> None:
    never = threading.Event()
    server.answer(Answer(after=never, drop=True))
    try:
        with pytest.raises(ServerUnreachable, match="too long"):
            connect(timeout=0.1).info()
    finally:
        never.set()
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "url",
    ["localhost:8000", "ftp://x", "http://", "http://x/?q=1", "http://x:port", "http://x/#here"],
)
def test_what_is_no_server_s_url_is_refused_by_name(connect: Callable[..., Any], url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        connect(url=url)
    assert caught.value.errors[0]["field"] == "url"


def test_a_key_that_fits_no_header_is_refused_and_not_quoted(connect: Callable[..., Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        connect(api_key="sécret")
    assert "sécret" not in repr((caught.value.detail, caught.value.extra))


def test_url_and_key_come_from_the_environment(
    connect: Callable[..., Any], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_URL", server.url + "/prefix/")
    monkeypatch.setenv("OCTOLLM_API_KEY", "key-1")
    server.answer(Answer(200, {"name": "octollm", "version": "1", "links": {}}))
    client = connect(url=None)
    assert client.url == server.url + "/prefix"
    assert client.info().name == "octollm"
    sent = server.received[0]
    assert (sent.path, sent.headers["authorization"]) == ("/prefix/", "Bearer key-1")


def test_a_proxy_is_not_asked_for_the_way_to_this_machine(
    connect: Callable[..., Any], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answer(*[Answer(200, {"name": "octollm", "version": "1"})] * 2)
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        assert connect(url=f"http://{host}:{port}").info().version == "1"


def test_get_waits_as_long_as_asked(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(200, completed()))
    assert client.get(UUID(TASK_ID), wait=30).status is TaskStatus.COMPLETED
    assert (server.received[0].path, server.received[0].query) == (
        f"/tasks/{TASK_ID}",
        {"wait": "30"},
    )


@pytest.mark.parametrize("wait", [-1, 60.1, float("nan")])
def test_a_wait_out_of_range_is_refused(client: Any, wait: float) -> None:
    with pytest.raises(InvalidRequest, match="wait"):
        client.get(TASK_ID, wait=wait)


@pytest.mark.parametrize("task_id", ["", "..", "../submit", "1", "x" * 1000])
def test_what_is_no_task_id_is_never_sent(
    client: Any, server: ScriptedServer, task_id: str
) -> None:
    for call in (client.get, client.cancel, client.wait):
        with pytest.raises(InvalidRequest, match="task_id"):
            call(task_id)
    assert server.received == []


def test_wait_asks_until_the_task_is_final(client: Any, server: ScriptedServer) -> None:
    server.answer(
        *[Answer(200, document) for document in (task(), task("processing"), completed())]
    )
    assert client.wait(TASK_ID).status is TaskStatus.COMPLETED
    assert [sent.query for sent in server.received] == [{"wait": "60"}] * 3


def test_wait_returns_a_failed_task_with_its_error(client: Any, server: ScriptedServer) -> None:
    error = {"type": "urn:octollm:problem:arm-failed", "title": "t", "detail": "why"}
    server.answer(Answer(200, task("failed", error=error)))
    assert client.wait(TASK_ID, timeout=60).error.detail == "why"


def test_wait_gives_up_when_its_time_is_over(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(200, task("processing")))
    with pytest.raises(WaitTimeout) as caught:
        client.wait(TASK_ID, timeout=0)
    assert caught.value.extra == {"task_id": TASK_ID, "task_status": "processing"}
    assert server.received[0].query == {"wait": "0"}


def test_watch_yields_every_state_it_sees(client: Any, server: ScriptedServer) -> None:
    server.answer(*[Answer(200, document) for document in (task(), completed())])
    seen = [state.status.value for state in client.watch(TASK_ID, every=0)]
    assert seen == ["pending", "completed"]


def test_list_returns_one_page(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(200, {"tasks": [summary()], "next_cursor": "c"}))
    page = client.list(TaskStatus.PENDING, limit=1, cursor="b")
    assert (page.tasks[0].goal, page.next_cursor) == ("count the errors", "c")
    assert server.received[0].query == {"status": "pending", "limit": "1", "cursor": "b"}


def test_tasks_walks_over_all_pages(client: Any, server: ScriptedServer) -> None:
    for goal, cursor in (("a", "c1"), ("b", "c2"), ("c", None)):
        server.answer(Answer(200, {"tasks": [summary(goal=goal)], "next_cursor": cursor}))
    assert [item.goal for item in client.tasks("pending", page_size=1)] == ["a", "b", "c"]
    assert [sent.query.get("cursor") for sent in server.received] == [None, "c1", "c2"]


def test_an_unknown_status_is_refused_by_name(client: Any) -> None:
    with pytest.raises(InvalidRequest, match="status"):
        client.list("done")


def test_cancel_returns_how_the_task_is_now(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(202, task("processing", cancel_requested=True)))
    assert client.cancel(TASK_ID).cancel_requested
    assert (server.received[0].method, server.received[0].path) == (
        "POST",
        f"/tasks/{TASK_ID}/cancel",
    )


def test_ready_returns_the_report_of_a_server_that_is(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(200, {"status": "ready"}))
    assert client.ready() == {"status": "ready"}


def test_ready_raises_with_the_reason_and_asks_once(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(503, {"checks": {"database": "away"}}))
    with pytest.raises(Unavailable) as caught:
        client.ready()
    assert caught.value.extra == {"checks": {"database": "away"}}
    assert len(server.received) == 1


def test_an_unknown_task_is_task_not_found(client: Any, server: ScriptedServer) -> None:
    server.answer(problem("task-not-found", 404))
    with pytest.raises(TaskNotFound):
        client.get(TASK_ID)


async def test_a_transport_may_stand_in_for_the_network() -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"name": "octollm", "version": "2"})

    transport = httpx2.MockTransport(answer)
    async with AsyncClient(transport=transport) as aclient:
        assert (await aclient.info()).version == "2"
    with Client(transport=transport) as client:
        assert client.info().version == "2"


def test_importing_the_library_loads_neither_terminal_nor_http_libraries() -> None:
    code = (
        "import sys, json, octollm, octollm.errors;"
        "print(json.dumps([m for m in ('rich', 'click', 'httpx2') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_library_offers_its_public_names_and_no_others() -> None:
    import octollm

    assert all(getattr(octollm, name) for name in octollm.__all__)
    with pytest.raises(AttributeError, match="bogus"):
        octollm.bogus  # type: ignore[attr-defined]  # noqa: B018 -- the access is the test


def test_a_program_that_traces_has_its_trace_go_on_at_the_server(
    client: Any, server: ScriptedServer
) -> None:
    ours = SpanContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0xF067AA0BA902B7, False, TraceFlags(1))
    server.answer(accepted(), accepted())
    with trace.use_span(trace.NonRecordingSpan(ours)):
        client.submit("count the errors")
    client.submit("count the errors")
    sent = [request.headers.get("traceparent") for request in server.received]
    assert sent == ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None]
