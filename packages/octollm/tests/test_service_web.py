"""What every HTTP service wears: request ids, metrics by template, CORS, a limit on bodies."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from octollm.service.web import BodyLimitMiddleware, instrument

LIMIT = 1_000
ORIGIN = "https://console.example.org"


def make() -> FastAPI:
    app = FastAPI(redirect_slashes=False)

    @app.get("/tasks/{task_id}")
    async def task(task_id: str) -> dict[str, str]:
        return {"task_id": task_id}

    @app.post("/submit", status_code=202)
    async def submit(request: Request) -> int:
        return len(await request.body())

    @app.get("/health")
    async def health() -> None: ...

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for part in (b"a", b"b"):
                yield part

        return StreamingResponse(parts())

    instrument(app, CollectorRegistry(), max_body_bytes=LIMIT, cors_origins=[ORIGIN])
    return app


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=make(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


@pytest.fixture
async def real() -> AsyncIterator[httpx2.AsyncClient]:
    """The same service on a loopback port."""
    async with _served(make()) as url, httpx2.AsyncClient(base_url=url) as client:
        yield client


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[str]:
    class Server(uvicorn.Server):
        up = asyncio.Event()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.up.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def samples(http: httpx2.AsyncClient) -> dict[str, float]:
    answer = await http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


async def counted(http: httpx2.AsyncClient) -> dict[str, float]:
    return {k: v for k, v in (await samples(http)).items() if k.startswith("http_requests_total")}


async def test_every_answer_carries_an_id_of_its_own(http: httpx2.AsyncClient) -> None:
    ids = {(await http.get(path)).headers["X-Request-ID"] for path in ("/health", "/nowhere")}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", request_id) for request_id in ids)


async def test_the_caller_s_id_is_kept_and_named_in_the_problem(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/nowhere", headers={"X-Request-ID": "trace.1_a-B"})
    assert answer.headers["X-Request-ID"] == "trace.1_a-B"
    assert answer.json()["request_id"] == "trace.1_a-B"


@pytest.mark.parametrize("given", ["", "a b", "a" * 65, "é", "{}", "a;b"])
async def test_an_id_that_could_not_be_searched_for_is_replaced(
    http: httpx2.AsyncClient, given: str
) -> None:
    answer = await http.get("/nowhere", headers=[(b"X-Request-ID", given.encode())])
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


async def test_an_unforeseen_error_carries_the_id_too(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/broken", headers={"X-Request-ID": "trace-1"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "trace-1"
    assert answer.json()["request_id"] == "trace-1"


async def test_requests_are_counted_by_template_and_never_by_path(
    http: httpx2.AsyncClient,
) -> None:
    for path in ("/tasks/1", "/tasks/2", "/nowhere/ada@example.org", "/broken"):
        await http.get(path)
    assert await counted(http) == {
        'http_requests_total{method="GET",route="/tasks/{task_id}",status="200"}': 2,
        'http_requests_total{method="GET",route="none",status="404"}': 1,
        'http_requests_total{method="GET",route="/broken",status="500"}': 1,
    }


async def test_methods_nobody_knows_share_one_label(http: httpx2.AsyncClient) -> None:
    for method in ("BREW", "WHEN"):
        assert (await http.request(method, "/health")).status_code == 405
    (sample,) = [name for name in await counted(http) if "other" in name]
    assert (await samples(http))[sample] == 2


async def test_a_request_is_timed_to_the_end_of_its_answer(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/stream")).text == "ab"
    timed = 'http_request_duration_seconds_count{method="GET",route="/stream"}'
    assert (await samples(http))[timed] == 1


async def test_the_process_s_own_figures_are_there(http: httpx2.AsyncClient) -> None:
    figures = await samples(http)
    assert figures["process_resident_memory_bytes"] > 0
    assert any(name.startswith("python_gc_") for name in figures)


async def test_two_services_in_one_process_count_apart() -> None:
    apps = [make(), make()]
    clients = [
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://service")
        for app in apps
    ]
    async with clients[0] as one, clients[1] as other:
        await one.get("/health")
        assert await counted(one)
        assert not await counted(other)


async def access_log(http: httpx2.AsyncClient, path: str) -> list[dict[str, Any]]:
    with structlog.testing.capture_logs() as logged:
        await http.get(path)
    return [dict(line) for line in logged if line["event"] == "request"]


async def test_a_request_is_logged_by_template(http: httpx2.AsyncClient) -> None:
    (line,) = await access_log(http, "/tasks/ada@example.org?q=ada@example.org")
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "/tasks/{task_id}",
        "status": 200,
    }


@pytest.mark.parametrize("path", ["/health", "/metrics"])
async def test_probes_do_not_fill_the_log(http: httpx2.AsyncClient, path: str) -> None:
    assert [line["log_level"] for line in await access_log(http, path)] == ["debug"]


@pytest.mark.parametrize("size", [0, LIMIT])
async def test_a_body_within_the_limit_is_taken(http: httpx2.AsyncClient, size: int) -> None:
    answer = await http.post("/submit", content=b"x" * size)
    assert (answer.status_code, answer.json()) == (202, size)


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 500


async def test_a_body_in_chunks_within_the_limit_is_taken(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/submit", content=chunks(2))
    assert (answer.status_code, answer.json()) == (202, LIMIT)


def is_too_large(answer: httpx2.Response) -> bool:
    document = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert document["request_id"] == answer.headers["X-Request-ID"]
    return bool(answer.status_code == 413 and document["type"].endswith(":body-too-large"))


async def test_a_body_that_says_it_is_too_large_is_refused_unread(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.post("/submit", content=b"x" * (LIMIT + 1))
    assert is_too_large(answer)
    assert "1,000 bytes" in answer.json()["detail"]


async def test_a_body_that_grows_too_large_is_refused(http: httpx2.AsyncClient) -> None:
    assert is_too_large(await http.post("/submit", content=chunks(3)))


@pytest.mark.parametrize("declared", ["-1", "many", "1.5", "²", ""])
async def test_a_length_that_is_none_is_refused(declared: str) -> None:
    answered: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the body was passed on")

    async def send(message: Any) -> None:
        answered.append(message)

    async def receive() -> Any:
        raise AssertionError("the body was read")

    limited = BodyLimitMiddleware(app, max_body_bytes=LIMIT)
    headers = [(b"content-length", declared.encode("latin-1"))]
    await limited({"type": "http", "headers": headers}, receive, send)
    assert answered[0]["status"] == 413


async def test_what_is_no_request_is_passed_on() -> None:
    passed: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    await BodyLimitMiddleware(app, max_body_bytes=1)({"type": "lifespan"}, None, None)  # type: ignore[arg-type] # neither is called
    assert passed == ["lifespan"]


async def test_over_a_socket_a_refused_body_leaves_the_service_well(
    real: httpx2.AsyncClient,
) -> None:
    assert is_too_large(await real.post("/submit", content=b"x" * 2_000_000))
    assert is_too_large(await real.post("/submit", content=chunks(3)))
    assert (await real.post("/submit", content=b"x")).json() == 1


async def test_a_browser_may_call_from_a_known_origin_alone(http: httpx2.AsyncClient) -> None:
    wanted = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "Idempotency-Key, Content-Type",
    }
    allowed = await http.options("/submit", headers={"Origin": ORIGIN, **wanted})
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    strange = await http.options("/submit", headers={"Origin": "https://evil.example", **wanted})
    assert "Access-Control-Allow-Origin" not in strange.headers


async def test_a_browser_may_read_the_headers_it_needs(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/nowhere", headers={"Origin": ORIGIN})
    exposed = answer.headers["Access-Control-Expose-Headers"]
    limits = {"RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate"}
    assert {"Location", "X-Request-ID"} | limits == set(exposed.split(", "))
