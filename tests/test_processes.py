"""The house as separate processes, and what happens when some of them die."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from books import Books

LONG = {"assigned_arm": "drill", "constraints": {"seconds": 2}}


async def test_a_task_goes_all_the_way_through_three_processes(street: Any) -> None:
    await street.fleet.worker(street.reflex_url)
    task_id = await street.submit(context="a,b\n1,2\n3,4\n")
    task = await street.task(task_id, wait=30)
    assert (task["status"], task["result"]["arm"]) == ("completed", "digest")


async def test_a_killed_workers_task_is_finished_by_another(street: Any, books: Books) -> None:
    first = await street.fleet.worker(street.reflex_url)
    task_id = await street.submit(assigned_arm="drill", constraints={"seconds": 20})
    await street.reaches(task_id, "processing")
    await street.fleet.worker(street.reflex_url)
    await first.ends(signal.SIGKILL)
    task = await street.reaches(task_id, "completed", "failed")
    assert (task["status"], task["attempt"]) == ("completed", 2)
    assert books.rows("SELECT count(*) FROM task_results") == [(1,)]


async def test_a_killed_workers_task_is_finished_after_its_restart(street: Any) -> None:
    worker = await street.fleet.worker(street.reflex_url)
    task_id = await street.submit(**LONG)
    await street.reaches(task_id, "processing")
    await worker.ends(signal.SIGKILL)
    await street.fleet.worker(street.reflex_url)
    task = await street.reaches(task_id, "completed", "failed")
    assert (task["status"], task["attempt"]) == ("completed", 2)


async def test_a_frozen_worker_that_wakes_up_changes_nothing(street: Any, books: Books) -> None:
    """SIGSTOP beyond the stale threshold: the task goes on elsewhere, the woken attempt loses."""
    frozen = await street.fleet.worker(street.reflex_url)
    task_id = await street.submit(assigned_arm="drill", constraints={"seconds": 1})
    await street.reaches(task_id, "processing")
    frozen.process.send_signal(signal.SIGSTOP)
    await street.fleet.worker(street.reflex_url)
    task = await street.reaches(task_id, "completed")
    frozen.process.send_signal(signal.SIGCONT)
    await frozen.says("result discarded|another attempt|queue interrupted")
    assert await street.task(task_id) == task
    assert books.rows("SELECT count(*) FROM task_results") == [(1,)]
    assert await frozen.ends(signal.SIGTERM) == 0


async def test_a_terminated_worker_hands_back_and_exits_cleanly(street: Any) -> None:
    worker = await street.fleet.worker(street.reflex_url)
    task_id = await street.submit(assigned_arm="drill", constraints={"seconds": 30})
    await street.reaches(task_id, "processing")
    assert await worker.ends(signal.SIGTERM) == 0
    assert (await street.task(task_id))["status"] == "pending"


async def test_the_reflex_layer_may_go_and_come_back(street: Any, books: Books) -> None:
    port = urlsplit(street.reflex_url).port
    await street.reflex.ends(signal.SIGKILL)
    for _ in range(3):
        answer = await street.http.post("/submit", json={"goal": "x"})
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:octollm:problem:reflex-unavailable"
        assert int(answer.headers["Retry-After"]) >= 1
    assert "octollm_reflex_breaker_state 2.0" in (await street.http.get("/metrics")).text
    assert (await street.http.get("/ready")).status_code == 503
    assert books.rows("SELECT count(*) FROM tasks") == [(0,)]
    await street.fleet.reflex(port)
    async with asyncio.timeout(30):
        while (await street.http.post("/submit", json={"goal": "x"})).status_code != 202:
            await asyncio.sleep(0.1)  # until the breaker lets a probe through
    assert "octollm_reflex_breaker_state 0.0" in (await street.http.get("/metrics")).text


async def test_five_hundred_submits_at_once_all_complete_and_none_twice(
    street: Any, books: Books
) -> None:
    for _ in range(2):
        await street.fleet.worker(street.reflex_url)
    task_ids = await asyncio.gather(*(street.submit(f"Report {n}.") for n in range(500)))
    assert len(set(task_ids)) == 500
    await books.all_ended(120)
    assert books.rows("SELECT DISTINCT status FROM tasks") == [("completed",)]
    events = Counter(books.rows("SELECT task_id, type FROM task_events"))
    assert len(events) == 3 * 500  # submitted, started, completed
    assert set(events.values()) == {1}
