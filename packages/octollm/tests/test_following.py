"""How the clients read a stream of events and go on with it; both of them, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octollm.errors import NotFound, OctoError, ServerUnreachable, TaskNotFound

from .scripted_server import DROP, TASK_ID, Answer, ScriptedServer, problem

STREAM = {"Content-Type": "text/event-stream"}


def frame(number: int | None, kind: str, **data: Any) -> bytes:
    event = {"task_id": TASK_ID, "type": kind, "data": data, "created_at": "2026-11-01T10:00:00Z"}
    lines = [f"event: {kind}", f"data: {json.dumps(event)}"]
    if number is not None:
        lines.append(f"id: {number}")
    return ("\n".join(lines) + "\n\n").encode()


def stream(*frames: bytes) -> Answer:
    return Answer(200, b"retry: 1000\n\n" + b": heartbeat\n\n".join(frames), STREAM)


SUBMITTED, STARTED = frame(3, "task.submitted", priority=0), frame(7, "task.started", attempt=1)
COMPLETED = frame(9, "task.completed", attempt=1)


def told(client: Any, *arguments: Any, **named: Any) -> list[tuple[int | None, str]]:
    return [(event.id, event.type) for event in client.events(*arguments, **named)]


def test_events_come_typed_and_end_with_the_task(client: Any, server: ScriptedServer) -> None:
    server.answer(stream(SUBMITTED, STARTED, COMPLETED))
    events = list(client.events(TASK_ID))
    assert [(event.id, event.type) for event in events] == [
        (3, "task.submitted"),
        (7, "task.started"),
        (9, "task.completed"),
    ]
    assert events[0].data == {"priority": 0}
    assert [event.final for event in events] == [False, False, True]
    request = server.arrival()
    assert (request.path, request.headers["accept"]) == (
        f"/tasks/{TASK_ID}/events",
        "text/event-stream",
    )
    assert "last-event-id" not in request.headers


def test_a_stream_that_is_cut_goes_on_from_the_last_stored_event(
    client: Any, server: ScriptedServer
) -> None:
    delta = frame(None, "output.delta", offset=0, text="Six")
    away = problem("database-unavailable", 503)
    server.answer(stream(SUBMITTED, STARTED, delta), DROP, away, stream(COMPLETED))
    assert told(client, TASK_ID) == [
        (3, "task.submitted"),
        (7, "task.started"),
        (None, "output.delta"),
        (9, "task.completed"),
    ]
    assert [request.headers.get("last-event-id") for request in server.received] == [
        None,
        "7",
        "7",
        "7",
    ]


def test_who_has_seen_the_end_is_told_nothing_more(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(204, b""))
    assert told(client, TASK_ID, after=9) == []
    assert server.arrival().headers["last-event-id"] == "9"


def test_the_place_to_go_on_from_may_come_without_an_event(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(Answer(200, b"retry: 1000\nid: 40\n\n", STREAM), problem("not-found", 404))
    with pytest.raises(NotFound):
        told(client)
    assert [request.path for request in server.received] == ["/events", "/events"]
    assert server.received[1].headers["last-event-id"] == "40"


@pytest.mark.parametrize("slug", ["task-not-found", "not-found"])
def test_a_task_or_a_server_without_events_is_told_apart(
    client: Any, server: ScriptedServer, slug: str
) -> None:
    server.answer(problem(slug, 404))
    with pytest.raises(NotFound) as raised:
        told(client, TASK_ID)
    assert isinstance(raised.value, TaskNotFound) == (slug == "task-not-found")


@pytest.mark.parametrize(
    "answer", [Answer(200, {"no": "stream"}), Answer(200, b"data: {}\n\n", STREAM)]
)
def test_what_is_no_stream_of_events_is_said_to_be_unreadable(
    client: Any, server: ScriptedServer, answer: Answer
) -> None:
    server.answer(answer)
    with pytest.raises(OctoError, match="not as an OctoLLM server"):
        told(client, TASK_ID)


def test_a_client_without_retries_does_not_go_on(connect: Any, server: ScriptedServer) -> None:
    server.answer(stream(SUBMITTED))
    with pytest.raises(ServerUnreachable, match="was cut"):
        told(connect(retries=0), TASK_ID)
