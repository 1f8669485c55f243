"""More connections than there may be: those within the limit are served, the others told so."""

from __future__ import annotations

import asyncio
import json
import re
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import structlog
from tenants import a_key

from octollm.service.connections import HEARD, OTHER_FILES, TOLD, with_files_for
from octollm.service.heads import HeadLimitProtocol

Make = Callable[..., Any]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PATIENCE = 60
MOST = 6
DRIPPING = b"GET /tasks HTTP/1.1\r\nhost: localhost\r\nx-slow: "


@pytest.fixture
async def house(make_house: Make) -> Any:
    return await make_house(max_connections=MOST)


@pytest.fixture
async def opened(house: Any) -> AsyncIterator[Callable[[], Any]]:
    """Opens connections that stay open to the end of the test."""
    async with AsyncExitStack() as stack:

        async def one() -> Connection:
            return await stack.enter_async_context(connected(house))

        yield one


async def test_a_tenant_takes_no_more_than_half_of_the_connections(house: Any) -> None:
    greedy, other = [await a_key(house.settings, tenant) for tenant in ("greedy", "other")]
    async with AsyncExitStack() as stack:
        for _ in range(MOST // 2):
            streaming = house.http.stream("GET", "/events", headers=greedy.headers)
            assert (await stack.enter_async_context(streaming)).status_code == 200
        refused = await house.http.get("/tasks", headers=greedy.headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert refused.json()["detail"] == "3 requests of yours are open here, and no more may."
        assert (await house.http.get("/tasks", headers=other.headers)).status_code == 200
    async with asyncio.timeout(PATIENCE):
        while (await house.http.get("/tasks", headers=greedy.headers)).status_code != 200:
            await asyncio.sleep(0.05)  # the server sees the ends of its streams a little later


@asynccontextmanager
async def connected(house: Any) -> AsyncIterator[Connection]:
    url = house.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def asks(connection: Connection, path: str) -> tuple[int, str, dict[str, Any] | None]:
    """Send a request; return the status, the head and the body of the answer, if it is JSON."""
    reader, writer = connection
    writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
    return await told(reader)


async def told(reader: asyncio.StreamReader) -> tuple[int, str, dict[str, Any] | None]:
    async with asyncio.timeout(PATIENCE):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
    return int(head[9:12]), head, json.loads(body) if "json" in head else None


async def drips(opened: Callable[[], Any], count: int) -> list[Connection]:
    """Open connections on which a head has begun and does not go on."""
    made = [await opened() for _ in range(count)]
    for _, writer in made:
        writer.write(DRIPPING)
        await writer.drain()
    return made


async def test_past_the_limit_one_is_told_so_and_served_once_others_close(
    house: Any, opened: Callable[[], Any]
) -> None:
    slow = await drips(opened, MOST)
    status, head, problem = await asks(await opened(), "/tasks")
    assert (status, problem["type"] if problem else "") == (
        503,
        "urn:octollm:problem:too-many-connections",
    )
    assert int(re.findall(r"retry-after: (\d+)", head)[0]) >= 1
    assert "connection: close" in head
    for _, writer in slow:
        writer.close()
    async with asyncio.timeout(PATIENCE):
        while (await asks(await opened(), "/tasks"))[0] != 200:
            await asyncio.sleep(0.05)  # as the answer says: again, a little later


async def test_slow_ones_keep_a_place_no_longer_than_a_head_may_take(
    house: Any, opened: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeadLimitProtocol, "head_seconds", 0.5)
    await drips(opened, MOST)
    async with asyncio.timeout(PATIENCE):
        while (await asks(await opened(), "/tasks"))[0] != 200:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_probes_are_answered_all_the_same(opened: Callable[[], Any], path: str) -> None:
    await drips(opened, MOST)
    status, head, _ = await asks(await opened(), path)
    assert (status, "connection: close" in head) == (200, True)
    assert (await asks(await opened(), path + "/"))[0] == 503


async def test_who_was_there_before_is_not_refused(opened: Callable[[], Any]) -> None:
    first = await opened()
    first[1].write(DRIPPING)
    await drips(opened, MOST + 3)
    first[1].write(b"x\r\n\r\n")
    assert (await told(first[0]))[0] == 200


async def test_a_connection_without_a_request_gives_its_place_to_one_that_has(
    opened: Callable[[], Any],
) -> None:
    idle = [await opened() for _ in range(MOST)]
    for connection in idle:
        assert (await asks(connection, "/health"))[0] == 200
    assert (await asks(await opened(), "/tasks"))[0] == 200
    ended = [asyncio.create_task(reader.read()) for reader, _ in idle]
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    assert sum(reading.done() for reading in ended) == 1
    for reading in ended:
        reading.cancel()


async def test_a_stream_of_events_keeps_its_place(house: Any, opened: Callable[[], Any]) -> None:
    task_id = await house.submit()
    viewers = [await opened() for _ in range(MOST)]
    for reader, writer in viewers:
        writer.write(f"GET /tasks/{task_id}/events HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        await reader.readuntil(b"event: task.submitted")
    assert (await asks(await opened(), "/tasks"))[0] == 503
    assert not any(reader.at_eof() for reader, _ in viewers)


async def test_a_flood_is_told_unheard_and_then_cut_off_and_is_one_line_of_the_log(
    house: Any, opened: Callable[[], Any]
) -> None:
    with structlog.testing.capture_logs() as logged:
        await drips(opened, MOST + HEARD)
        blind = [await opened() for _ in range(TOLD)]
        cut = [await opened() for _ in range(20)]
        for reader, _ in blind[:5]:
            assert (await told(reader))[0] == 503
        for reader, _ in cut:
            async with asyncio.timeout(PATIENCE):
                with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                    await reader.readexactly(1)
    assert len([line for line in logged if line["event"].startswith("too many conn")]) == 1


async def test_an_upgrade_to_a_websocket_escapes_no_limit(opened: Callable[[], Any]) -> None:
    reader, writer = await opened()
    writer.write(
        b"GET /tasks HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert (await told(reader))[0] == 200


def test_the_soft_limit_of_files_is_raised_and_the_hard_one_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = [1_024, 1_024]

    def setrlimit(_: int, changed: tuple[int, int]) -> None:
        limits[:] = changed

    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    limits[1] = 1_000_000
    assert with_files_for(2_000) == 2_000
    assert limits == [2_000 + OTHER_FILES, 1_000_000]
    limits[:] = [1_024, 1_024]
    assert with_files_for(2_000) == 1_024 - OTHER_FILES
    limits[:] = [resource.RLIM_INFINITY] * 2
    assert with_files_for(2_000) == 2_000
