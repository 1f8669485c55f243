"""Who sends too slowly is told so and cut off; who has sent everything is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from octollm.service.heads import HeadLimitProtocol

PATIENCE = 60
"""Seconds a test may wait for what must happen; reached only by a test that fails."""

POST = b"POST /submit HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HeadLimitProtocol, "head_seconds", 0.5)
    monkeypatch.setattr(HeadLimitProtocol, "body_seconds", 0.5)


@asynccontextmanager
async def connected(house: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(
        house.http.base_url.host, house.http.base_url.port
    )
    try:
        yield reader, writer
    finally:
        writer.close()


async def dribbled(house: Any, at_once: bytes, byte: bytes) -> bytes:
    """Send something, then a byte at a time without end; return what is answered before the end."""
    async with asyncio.timeout(PATIENCE), connected(house) as (reader, writer):
        writer.write(at_once)

        async def dribble() -> None:
            while True:
                writer.write(byte)
                await writer.drain()
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        answer = b""
        with suppress(ConnectionError):
            while some := await reader.read(65_536):
                answer += some
        dribbling.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await dribbling
    return answer


async def test_headers_that_drip_are_cut_off(house: Any) -> None:
    answer = await dribbled(house, b"GET /health HTTP/1.1\r\nx-slow: ", b"x")
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"urn:octollm:problem:request-timeout" in answer


async def test_a_body_that_drips_is_cut_off(house: Any) -> None:
    answer = await dribbled(house, POST + b"content-length: 100000\r\n\r\n", b" ")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.count(b"HTTP/1.1") == 1


async def test_a_body_in_chunks_that_drip_is_cut_off(house: Any) -> None:
    answer = await dribbled(house, POST + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_connection_on_which_nothing_comes_is_closed(house: Any) -> None:
    async with asyncio.timeout(PATIENCE), connected(house) as (reader, _):
        assert await reader.read() == b""


async def test_line_ends_alone_hold_no_connection(house: Any) -> None:
    assert await dribbled(house, b"", b"\r\n") == b""


async def test_what_is_no_http_is_answered_as_a_problem(house: Any) -> None:
    answer = await dribbled(house, b"hello\r\n\r\n", b"\r\n")
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json")


async def test_an_answer_may_take_longer_than_a_request(house: Any) -> None:
    task_id = await house.submit()
    body = await house.task(task_id, wait=2)
    assert body["status"] == "pending"


async def test_a_stream_of_events_outlasts_the_time_of_a_request(house: Any) -> None:
    task_id = await house.submit()
    async with house.http.stream("GET", f"/tasks/{task_id}/events") as stream:
        lines = stream.aiter_lines()
        async with asyncio.timeout(PATIENCE):
            async for line in lines:
                if line == "event: task.submitted":
                    break
            await asyncio.sleep(2 * HeadLimitProtocol.head_seconds)  # that is the span in question
            await house.http.post(f"/tasks/{task_id}/cancel")
            assert "event: task.cancelled" in [line async for line in lines]


async def test_a_second_request_on_a_connection_has_its_own_time(house: Any) -> None:
    async with asyncio.timeout(PATIENCE), connected(house) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert (await reader.readuntil(b"alive")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}")
            await asyncio.sleep(
                1.5 * HeadLimitProtocol.head_seconds
            )  # that is the span in question


async def test_who_asked_for_more_and_is_gone_leaves_no_stream_behind(house: Any) -> None:
    """uvicorn tells only the last request on a connection that its client has gone."""
    feed = house.app.state.completions.feed
    async with asyncio.timeout(PATIENCE), connected(house) as (reader, writer):
        writer.write(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n" * 3)
        await reader.readuntil(b"retry:")
        assert len(feed) == 1
        writer.transport.abort()
        while len(feed):
            await asyncio.sleep(0.01)  # nothing tells of a viewer who has gone
