"""What stands before a body has a limit, whether it comes to its end or not."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry

from octollm.errors import HeadersTooLarge
from octollm.service.heads import MAX_HEAD_BYTES, MAX_HEADERS, HeadLimitProtocol
from octollm.service.web import instrument

ENDLESS = b"GET /ready HTTP/1.1\r\nhost: x\r\n"
PIECE = b"x" * 4_096


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A service under uvicorn as ours are, on a loopback port."""
    app = FastAPI(redirect_slashes=False)

    @app.get("/ready")
    async def ready() -> None: ...

    @app.post("/submit")
    async def submit(request: Request) -> int:
        return len(await request.body())

    instrument(app, CollectorRegistry(), max_body_bytes=1_000_000)

    class Server(uvicorn.Server):
        up = asyncio.Event()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.up.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=HeadLimitProtocol, log_config=None, lifespan="off")
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@pytest.fixture
async def http(port: int) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client


async def _answer_to(port: int, begin: bytes, piece: bytes, pieces: int) -> bytes:
    """Send what has no end, and return everything that is answered until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    for _ in range(pieces):
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(20):
        answered = await reader.read()
    writer.close()
    return answered


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Big", "x" * MAX_HEAD_BYTES)],
        [(f"X-{number}", "x" * 1_000) for number in range(40)],
        [(f"X-{number}", "x") for number in range(MAX_HEADERS)],
    ],
    ids=["one that is long", "many that are long", "many"],
)
async def test_headers_past_the_limit_are_answered_431(
    http: httpx2.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    answer = await http.get("/ready", headers=headers)
    assert answer.status_code == 431
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == HeadersTooLarge().type
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert (await http.get("/ready")).status_code == 200


async def test_a_path_counts_as_well(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/ready?" + "x" * MAX_HEAD_BYTES)).status_code == 431


async def test_headers_within_the_limit_are_taken(http: httpx2.AsyncClient) -> None:
    many = {f"X-{number}": "x" * 300 for number in range(MAX_HEADERS - 10)}
    assert (await http.get("/ready", headers=many)).status_code == 200


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (ENDLESS + b"x-big: ", PIECE),
        (ENDLESS, b"x-one-of-many: x\r\n" * 200),
        (b"GET /", PIECE),
    ],
    ids=["a header without an end", "headers without an end", "a path without an end"],
)
async def test_a_head_without_an_end_is_answered_431_and_closed(
    port: int, begin: bytes, piece: bytes
) -> None:
    head, _, body = (await _answer_to(port, begin, piece, 100)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["type"] == HeadersTooLarge().type


async def test_a_head_without_an_end_that_comes_at_once_is_not_waited_for(port: int) -> None:
    assert (await _answer_to(port, ENDLESS + b"x-big: " + b"x" * 33_000, b"", 0))[:12] == (
        b"HTTP/1.1 431"
    )


async def test_trailers_without_an_end_are_cut_off(port: int) -> None:
    begin = b"POST /submit HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    answered = b""
    with suppress(ConnectionError):
        answered = await _answer_to(port, begin, b"x-trailer: x\r\n" * 300, 100)
    assert answered.count(b"HTTP/1.1 ") <= 1


async def test_a_body_may_come_in_pieces_and_be_followed_by_another_request(port: int) -> None:
    body = b"POST /submit HTTP/1.1\r\nhost: x\r\ncontent-length: 409600\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(body)
    for _ in range(100):
        writer.write(PIECE)
        await writer.drain()
    writer.write(b"GET /ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    answered = await reader.read()
    writer.close()
    assert answered.count(b"HTTP/1.1 200 OK") == 2
