"""A real HTTP server on loopback that answers what a test wrote down, in that order."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE_SECONDS = 30
"""How long a test may wait for what must happen; reached only by a test that fails."""

TASK_ID = "6b0e0d52-3f0a-4b53-9a55-0e8d3c7f1a01"


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer; `document` is sent as JSON, or as it is when it is bytes.

    `after` holds the answer back until the event is set; `drop` closes the connection instead.
    """

    status: int = 200
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    after: threading.Event | None = None
    drop: bool = False


DROP = Answer(drop=True)


def accepted() -> Answer:
    document = {"task_id": TASK_ID, "status": "pending", "created_at": "2026-11-01T10:00:00Z"}
    return Answer(202, document, {"Location": f"/tasks/{TASK_ID}"})


def problem(slug: str, status: int, headers: Mapping[str, str] = {}, **members: Any) -> Answer:
    document = {"type": f"urn:octollm:problem:{slug}", "title": "A title", "status": status}
    content_type = {"Content-Type": "application/problem+json"}
    return Answer(status, document | {"detail": "A detail"} | members, {**content_type, **headers})


def summary(status: str = "pending", **changes: Any) -> dict[str, Any]:
    return {
        "task_id": TASK_ID,
        "status": status,
        "goal": "count the errors",
        "assigned_arm": None,
        "priority": 0,
        "attempt": 0 if status == "pending" else 1,
        "cancel_requested": False,
        "created_at": "2026-11-01T10:00:00Z",
        "updated_at": "2026-11-01T10:00:00Z",
        "started_at": None,
        "finished_at": None,
    } | changes


def task(status: str = "pending", **changes: Any) -> dict[str, Any]:
    return (
        summary(status)
        | {
            "context": None,
            "constraints": {},
            "acceptance_criteria": [],
            "budget": {"max_tokens": 10_000, "max_time_seconds": 300, "max_cost_usd": 1.0},
            "metadata": {},
            "pii_policy": "block",
            "deadline_at": None,
            "processing_time_ms": None,
            "result": None,
            "error": None,
        }
        | changes
    )


def completed(output: str = "**3** errors") -> dict[str, Any]:
    return task(
        "completed",
        started_at="2026-11-01T10:00:01Z",
        finished_at="2026-11-01T10:00:02Z",
        processing_time_ms=1250,
        result={"arm": "digest", "output": output, "data": {"errors": 3}, "spend": {"tokens": 12}},
        spend={"tokens": 12},
    )


class ScriptedServer:
    """Answers the script, one answer a request, and keeps what it received."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._told: Answer | None = None
        self._script: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._arrivals: queue.SimpleQueue[Received] = queue.SimpleQueue()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._next))
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, *answers: Answer) -> None:
        """Add to the script."""
        for answer in answers:
            self._script.put(answer)

    def tell(self, answer: Answer) -> None:
        """Answer every request for events so, beside the script."""
        self._told = answer

    def arrival(self) -> Received:
        """Wait for the next request that was not waited for yet."""
        return self._arrivals.get(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _next(self, received: Received) -> Answer:
        if self._told is not None and received.path.endswith("/events"):
            return self._told
        self.received.append(received)
        self._arrivals.put(received)
        try:
            return self._script.get_nowait()
        except queue.Empty:
            return Answer(418, {"script": "is over"})


def _handler(next_answer: Callable[[Received], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            received = Received(
                self.command,
                target.path,
                dict(parse_qsl(target.query)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            self.send(next_answer(received))

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 -- the names http.server calls

        def send(self, answer: Answer) -> None:
            if answer.after is not None:
                answer.after.wait(PATIENCE_SECONDS)
            if answer.drop:
                return
            document = answer.document
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(answer.status)
            for name, value in (
                {"Content-Type": "application/json"} | dict(answer.headers)
            ).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    return Handler
