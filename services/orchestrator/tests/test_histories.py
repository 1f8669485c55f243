"""Viewers of one moment share what is read for them; each sees what follows its own place."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from app import event_store, streaming
from app.histories import COMPANY, FEW, LANES, PAGE, Histories


async def test_a_crowd_costs_a_few_statements(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = UUID(await house.submit())
    histories = Histories(house.parts.database)
    await histories.after(task_id, 0)
    sent: list[Any] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        if "task_events" in str(query):
            sent.append(query)
        return await execute(self, query, *arguments, **named)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    pages = await asyncio.gather(*(histories.after(task_id, 0) for _ in range(500)))
    assert {shown.event.type for page in pages for shown in page} == {"task.submitted"}
    assert [len(page) for page in pages] == [1] * 500
    assert len(sent) <= LANES + 3, len(sent)
    assert len({id(page[0].frame) for page in pages}) <= len(sent)


async def test_each_sees_what_follows_its_own_place(house: Any) -> None:
    house.start_worker()
    ids = [UUID(await house.submit(f"Count the words of report {n}.")) for n in range(3)]
    for task_id in ids:
        await house.ended(str(task_id))
    histories = Histories(house.parts.database)
    wholes = await asyncio.gather(*(histories.after(task_id, 0) for task_id in ids))
    asked = [
        (task_id, shown.event.id or 0)
        for task_id, whole in zip(ids, wholes, strict=True)
        for shown in whole
    ]
    rest = await asyncio.gather(*(histories.after(*place) for place in asked))
    for (task_id, last), page in zip(asked, rest, strict=True):
        whole = wholes[ids.index(task_id)]
        assert [shown.event for shown in page] == [
            shown.event for shown in whole if (shown.event.id or 0) > last
        ]
        assert all(shown.event.task_id == task_id for shown in page)
    assert [len(await histories.after(uuid4(), 0))] == [0]


LENGTHS = (0, 1, FEW - 1, FEW, FEW + 1, 40, PAGE - 1, PAGE, PAGE + 1, *[PAGE + 60] * COMPANY)


async def test_a_crowd_of_long_histories_is_read_a_few_at_a_time(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once would keep this process from everything else for seconds."""
    ids = [UUID(await house.submit(f"Count the words of report {n}.")) for n in range(len(LENGTHS))]
    with psycopg.connect(house.settings.database_url) as connection:
        for task_id, length in zip(ids, LENGTHS, strict=True):
            connection.execute(
                "INSERT INTO task_events (task_id, type, data, prev_hash, hash)"
                " SELECT %s, 'arm.noted', '{}', '', '' FROM generate_series(1, %s)",
                [task_id, length],
            )
    read: list[int] = []
    real = event_store.events_after

    async def noted(*arguments: Any) -> Any:
        rows = await real(*arguments)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(event_store, "events_after", noted)
    histories = Histories(house.parts.database)
    pages = await asyncio.gather(*(histories.after(task_id, 0) for task_id in ids))
    assert [len(page) for page in pages] == [min(1 + length, PAGE) for length in LENGTHS]
    for task_id, page in zip(ids, pages, strict=True):
        known = [shown.event.id or 0 for shown in page]
        assert known == sorted(set(known))
        assert {shown.event.task_id for shown in page} == {task_id}
    rest = await asyncio.gather(
        *(histories.after(i, page[-1].event.id or 0) for i, page in zip(ids, pages, strict=True))
    )
    assert [len(page) for page in rest] == [max(0, 1 + length - PAGE) for length in LENGTHS]
    assert max(read) <= COMPANY * PAGE


async def test_a_crowd_has_seen_the_end_before_anybody_is_shown_out(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "TELLING_SECONDS", 0.02)
    task_id, crowd = UUID(await house.submit()), 60
    seen: list[str] = []
    note = seen.append

    async def watch() -> None:
        async for shown in house.app.state.streams.told(task_id, 0):
            if shown is not None and shown.event.final:
                note("told")
        note("left")

    async with asyncio.timeout(60), asyncio.TaskGroup() as watching:
        for _ in range(crowd):
            watching.create_task(watch())
        while house.app.state.completions.feed.company(task_id) < crowd:
            await asyncio.sleep(0)
        house.start_worker()
    assert seen == ["told"] * crowd + ["left"] * crowd
