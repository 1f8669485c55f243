"""How many tasks wait and run, in `/metrics`."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from sqlalchemy import event

from app import queue_depth

OPEN = re.compile(r'^octollm_tasks_open\{status="(\w+)"\} (\S+)$', re.MULTILINE)


async def shown(house: Any) -> dict[str, float]:
    answer = await house.http.get("/metrics")
    assert answer.status_code == 200
    return {status: float(count) for status, count in OPEN.findall(answer.text)}


async def until_started(house: Any, task_id: str) -> None:
    async with house.http.stream("GET", f"/tasks/{task_id}/events") as answer:
        async for line in answer.aiter_lines():
            if "task.started" in line:
                return
    pytest.fail("the task was never started")


async def test_what_waits_and_what_runs_is_shown(house: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(queue_depth, "FRESH_SECONDS", 0.0)
    assert await shown(house) == {"pending": 0.0, "processing": 0.0}
    endless = {"assigned_arm": "drill", "constraints": {"seconds": 600}}
    running = await house.submit(**endless)
    house.start_worker()
    await until_started(house, running)
    await house.http.post("/submit", json={"goal": "My SSN is 536-22-8145."})  # refused
    assert await shown(house) == {"pending": 0.0, "processing": 1.0}
    await house.http.post(f"/tasks/{running}/cancel")
    await house.ended(running)
    await house.stop_workers()
    for _ in range(3):
        await house.submit()
    assert await shown(house) == {"pending": 3.0, "processing": 0.0}


async def test_many_who_ask_together_cost_one_count(house: Any) -> None:
    counts: list[str] = []

    def note(*arguments: Any) -> None:
        if "tasks" in arguments[2]:
            counts.append(arguments[2])

    event.listen(house.parts.database.engine.sync_engine, "before_cursor_execute", note)
    answers = await asyncio.gather(*(shown(house) for _ in range(30)))
    assert answers == [{"pending": 0.0, "processing": 0.0}] * 30
    assert len(counts) == 1


async def test_while_the_database_is_away_there_is_no_number_and_the_rest_is_served(
    make_house: Any,
) -> None:
    house = await make_house(database_url="postgresql://nobody@127.0.0.1:9/none")
    answer = await house.http.get("/metrics")
    assert answer.status_code == 200
    assert "http_requests_total" in answer.text
    assert OPEN.findall(answer.text) == []
