"""Live events over real HTTP: no gap and no duplicate, whoever writes, reads and breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from httpx2 import EventSource, ServerSentEvent

from app import event_store, streaming
from octollm.events import FINAL_TYPES

PATIENCE = 30
"""Seconds a test may wait for what must happen; reached only by a test that fails."""


class Watching:
    """One open stream of events."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._frames = EventSource(response).__aiter__()

    async def next(self) -> ServerSentEvent:
        """Return the next event, leaving out what is no event."""
        async with asyncio.timeout(PATIENCE):
            async for frame in self._frames:
                if frame.data:
                    return frame
        raise EOFError

    async def until(self, *types: str) -> list[ServerSentEvent]:
        """Return the events up to and with the first of one of these types."""
        seen = [await self.next()]
        while seen[-1].event not in types:
            seen.append(await self.next())
        return seen

    async def rest(self) -> list[ServerSentEvent]:
        """Return all that comes until the stream ends."""
        seen = []
        try:
            while True:
                seen.append(await self.next())
        except EOFError:
            return seen


@pytest.fixture
async def watch() -> AsyncIterator[Callable[..., Any]]:
    """`await watch(house, path, last_id)` opens a stream; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def opened(house: Any, path: str, last_id: str | None = None, **query: Any) -> Any:
            return await stack.enter_async_context(watching(house, path, last_id, **query))

        yield opened


@asynccontextmanager
async def watching(
    house: Any, path: str, last_id: str | None = None, **query: Any
) -> AsyncIterator[Watching]:
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    async with house.http.stream("GET", path, headers=headers, params=query) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Watching(response)


async def add(house: Any, task_id: str, number: int) -> None:
    async with house.parts.database.transaction() as session:
        await event_store.add_event(session, UUID(task_id), "arm.note", {"n": number})


async def listening(house: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        await house.app.state.completions.connected.wait()


def ids(frames: list[ServerSentEvent]) -> list[int]:
    return [int(frame.id) for frame in frames]


async def stored_ids(house: Any) -> list[int]:
    async with await psycopg.AsyncConnection.connect(house.settings.database_url) as connection:
        rows = await connection.execute(b"SELECT id FROM task_events ORDER BY id")
        return [row[0] for row in await rows.fetchall()]


async def test_a_finished_task_is_told_from_its_beginning_to_its_end(house: Any) -> None:
    house.start_worker()
    task_id = await house.submit()
    await house.ended(task_id)
    async with watching(house, f"/tasks/{task_id}/events") as stream:
        frames = await stream.rest()
    assert [frame.event for frame in frames][0] == "task.submitted"  # noqa: RUF015 -- both ends
    assert [frame.event for frame in frames][-1] == "task.completed"
    assert ids(frames) == await stored_ids(house)
    first = frames[0].json()
    assert set(first) == {"task_id", "type", "data", "created_at"}  # type: ignore[call-overload]  # JSON
    assert first["task_id"] == task_id  # type: ignore[index]  # JSON


async def test_a_running_task_is_told_as_it_runs_by_another_process(
    house: Any, make_house: Any, watch: Any
) -> None:
    """The API that is asked has never seen the task; the stream ends when the task does."""
    other = await make_house()
    task_id = await house.submit()
    stream = await watch(other, f"/tasks/{task_id}/events")
    assert (await stream.next()).event == "task.submitted"
    house.start_worker()
    assert [frame.event for frame in await stream.rest()][-1] == "task.completed"


async def test_who_breaks_off_goes_on_elsewhere_without_gap_or_duplicate(
    house: Any, make_house: Any
) -> None:
    """Ten connections in turn to two processes, while fifty events are written by both."""
    other = await make_house()
    task_id = await house.submit()
    writing = [add(one, task_id, n) for n in range(25) for one in (house, other)]
    writers = asyncio.gather(*writing)
    seen: list[ServerSentEvent] = []
    last_id = None
    for turn in range(100):
        asked = (house, other)[turn % 2]
        async with watching(asked, f"/tasks/{task_id}/events", last_id) as stream:
            for _ in range(5):
                seen.append(await stream.next())
                if len(seen) == 51:
                    break
        last_id = seen[-1].id
        if len(seen) == 51:
            break
    await writers
    assert ids(seen) == await stored_ids(house)


async def test_a_lower_id_that_commits_later_is_not_passed_over(house: Any, watch: Any) -> None:
    """Two tasks of one tenant; the event with the lower id becomes visible second."""
    await listening(house)
    early, late = await house.submit(), await house.submit()
    stream = await watch(house, "/events", after=0)
    assert [(await stream.next()).event for _ in range(2)] == ["task.submitted"] * 2
    async with house.parts.database.transaction() as slow:
        await event_store.add_event(slow, UUID(early), "arm.note", {"n": 1})
        await add(house, late, 2)
        following = asyncio.create_task(stream.next())
        probe = await watch(house, "/events", after=0)  # has read the table by the time it answers
        assert [(await probe.next()).event for _ in range(2)] == ["task.submitted"] * 2
        assert not following.done()
    first, second = await following, await stream.next()
    assert [first.json()["data"]["n"], second.json()["data"]["n"]] == [1, 2]
    assert int(first.id) < int(second.id)


async def test_the_stream_of_all_tasks_is_complete_under_racing_writers(
    house: Any, make_house: Any, watch: Any
) -> None:
    other = await make_house()
    tasks = [await house.submit() for _ in range(5)]
    stream = await watch(other, "/events", after=0)
    await asyncio.gather(*(add(house, task_id, n) for n in range(20) for task_id in tasks))
    seen = [await stream.next() for _ in range(105)]
    assert ids(seen) == await stored_ids(house)


async def test_all_tasks_are_told_whole_however_few_events_are_held_for_a_reader(
    house: Any, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HELD", 3)
    task_id = await house.submit()
    for number in range(9):
        await add(house, task_id, number)
    stream = await watch(house, "/events", after=0)
    assert ids([await stream.next() for _ in range(10)]) == await stored_ids(house)


async def test_without_a_place_to_begin_all_tasks_are_told_from_now_on(
    house: Any, watch: Any
) -> None:
    await house.submit()
    lines = (await watch(house, "/events")).response.aiter_lines()
    assert (await anext(lines)) == "id: 1"  # the first bytes: now it has begun, after that event
    task_id = await house.submit()
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            if line.startswith("data:"):
                break
    assert task_id in line


async def test_other_tenants_are_not_seen(house: Any, watch: Any) -> None:
    theirs = await house.submit()
    async with await psycopg.AsyncConnection.connect(house.settings.database_url) as connection:
        await connection.execute(b"UPDATE tasks SET tenant = 'somebody else'")
    ours = await house.submit()
    stream = await watch(house, "/events", after=0)
    assert (await stream.next()).json()["task_id"] == ours
    assert (await house.http.get(f"/tasks/{theirs}/events")).status_code == 404


async def test_who_has_seen_the_end_is_told_not_to_come_again(house: Any) -> None:
    house.start_worker()
    task_id = await house.submit()
    await house.ended(task_id)
    last = str((await stored_ids(house))[-1])
    answer = await house.http.get(f"/tasks/{task_id}/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 204


@pytest.mark.parametrize("last_id", ["x", "-1", str(2**63)])
async def test_an_id_that_is_none_is_refused_by_name(house: Any, last_id: str) -> None:
    answer = await house.http.get("/events", headers={"Last-Event-ID": last_id})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].lower() == "last-event-id"


@pytest.mark.parametrize("path", ["/events", "/tasks/{}/events"])
async def test_silence_is_broken_by_a_comment(make_house: Any, watch: Any, path: str) -> None:
    house = await make_house(event_heartbeat=0.05)
    stream = await watch(house, path.format(await house.submit()))
    async with asyncio.timeout(PATIENCE):
        heard = [line async for line in _until(stream.response.aiter_lines(), ": heartbeat")]
    assert heard[-1] == ": heartbeat"


@pytest.mark.parametrize("path", ["/events", "/tasks/{}/events"])
async def test_a_viewer_who_leaves_leaves_nothing_behind(house: Any, path: str) -> None:
    feed = house.app.state.completions.feed
    path = path.format(await house.submit())
    async with watching(house, path, after=0) as stream, watching(house, path, after=0):
        await stream.next()
        while len(feed) < 2:
            await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        while len(feed):
            await asyncio.sleep(0.01)
    assert house.parts.database.engine.pool.checkedout() == 0


async def test_fifty_viewers_cost_one_connection_that_listens(house: Any, watch: Any) -> None:
    await listening(house)
    task_id = await house.submit()
    streams = [await watch(house, f"/tasks/{task_id}/events") for _ in range(50)]
    await asyncio.gather(*(stream.next() for stream in streams))
    async with await psycopg.AsyncConnection.connect(house.settings.database_url) as connection:
        rows = await connection.execute(
            b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            b"AND query LIKE '%LISTEN%' AND pid <> pg_backend_pid()"
        )
        assert await rows.fetchone() == (1,)
    house.start_worker()
    for frames in await asyncio.gather(*(stream.rest() for stream in streams)):
        assert frames[-1].event in FINAL_TYPES


async def test_a_server_that_stops_ends_its_streams(house: Any, watch: Any) -> None:
    task_id = await house.submit()
    one = await watch(house, f"/tasks/{task_id}/events")
    every = await watch(house, "/events", after=0)
    await asyncio.gather(one.next(), every.next())
    house.app.state.completions.close()
    assert await one.rest() == await every.rest() == []


async def test_streams_go_on_while_nobody_listens(house: Any, watch: Any) -> None:
    """The listening connection is cut; what is written meanwhile arrives all the same."""
    await listening(house)
    task_id = await house.submit()
    stream = await watch(house, f"/tasks/{task_id}/events")
    await stream.next()
    async with await psycopg.AsyncConnection.connect(
        house.settings.database_url, autocommit=True
    ) as connection:
        await connection.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            b"WHERE datname = current_database() AND query LIKE '%LISTEN%' "
            b"AND pid <> pg_backend_pid()"
        )
    await add(house, task_id, 1)
    assert (await stream.next()).json()["data"] == {"n": 1}


@pytest.mark.parametrize("channel", ["octollm_events", "octollm_drafts"])
async def test_a_notice_nobody_can_read_stops_nothing(house: Any, watch: Any, channel: str) -> None:
    await listening(house)
    task_id = await house.submit()
    stream = await watch(house, f"/tasks/{task_id}/events")
    await stream.next()
    async with await psycopg.AsyncConnection.connect(house.settings.database_url) as connection:
        await connection.execute(f"NOTIFY {channel}, 'nonsense'".encode())
    await add(house, task_id, 1)
    assert (await stream.next()).json()["data"] == {"n": 1}
    assert house.app.state.completions.connected.is_set()


async def _until(lines: AsyncIterator[str], last: str) -> AsyncIterator[str]:
    """Yield lines up to one of them, or to their end."""
    async for line in lines:
        yield line
        if line == last:
            return


async def test_what_is_read_on_and_on_ends_when_the_server_stops(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "WINDOW", 1)
    for _ in range(20):
        await house.submit()
    frames = house.app.state.streams.of_tenant("default", 0)
    async with asyncio.timeout(30), aclosing(frames):
        await anext(frames)
        assert b"task.submitted" in await anext(frames)
        house.app.state.completions.close()
        assert len([frame async for frame in frames]) <= 1
