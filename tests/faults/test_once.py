"""One accept, one task; one end, and everybody is told the same."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import time
from typing import Any

from others import installed
from stage import reaches, task_of

RACERS, APIS = 100, 3
SEED = 7
RACES = 60


async def test_a_hundred_racing_submits_over_three_apis_make_one_task(
    stage: Any, figures: Any
) -> None:
    await stage.up(apis=APIS, workers=0)
    clients = [await stage.http(number) for number in range(APIS)]
    body = {"goal": "Count these words.", "priority": 3, "metadata": {"a": 1, "b": 2}}
    turned = dict(reversed(body.items()))  # the same, written differently
    headers = {"Idempotency-Key": "race-1", "Content-Type": "application/json"}

    async def submit(number: int) -> Any:
        content = json.dumps(turned if number % 2 else body)
        return await clients[number % APIS].post("/submit", content=content, headers=headers)

    began = time.monotonic()
    answers = await asyncio.gather(*(submit(number) for number in range(RACERS)))
    seconds = time.monotonic() - began
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["Location"] for answer in answers}) == 1
    other = await clients[0].post("/submit", json=body | {"priority": 4}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert rows_of(stage) == (1, 1)
    stage.books.run("UPDATE tasks SET created_at = created_at - interval '24 hours'")
    later = await asyncio.gather(*(submit(number) for number in range(RACERS)))
    assert {answer.status_code for answer in later} == {202}
    assert len({answer.text for answer in later} - {answers[0].text}) == 1
    tasks, jobs = rows_of(stage)
    assert (tasks, jobs) == (2, 2), "after a day the key makes a new task, and only one"
    figures(accepted=2 * RACERS, duplicates=tasks - 2, longest_delay=seconds, tasks=tasks)


def rows_of(stage: Any) -> tuple[int, int]:
    tasks = stage.books.number("SELECT count(*) FROM tasks")
    return tasks, stage.books.number("SELECT count(*) FROM procrastinate_jobs")


async def test_pending_running_hung_and_killed_tasks_can_be_cancelled(
    stage: Any, figures: Any, tmp_path: Any
) -> None:
    stage.fleet.environment["PYTHONPATH"] = installed(tmp_path)
    crowd = await stage.up(workers=0)
    http = await stage.http()
    pending = await crowd.submit(0, drill)
    assert (await cancelled(http, pending))["status"] == "cancelled"
    worker = await stage.worker()
    took: dict[str, str] = {}
    for number, (kind, body) in enumerate({"running": drill, "hung": deaf}.items(), 1):
        task_id = await crowd.submit(number, body)
        await reaches(http, task_id, "processing")
        await cancelled(http, task_id)
        began = time.monotonic()
        await reaches(http, task_id, "cancelled", "completed", "failed")
        took[kind] = f"{time.monotonic() - began:.1f} s"
    killed = await crowd.submit(3, drill)
    await reaches(http, killed, "processing")
    await worker.program.ends(signal.SIGKILL)
    await cancelled(http, killed)
    stage.places.remove(worker)
    await stage.worker()
    for task_id in crowd.accepted.values():
        assert (await reaches(http, task_id, "cancelled", "completed", "failed"))[
            "status"
        ] == "cancelled"
        await cancelled(http, task_id)
    figures(**stage.books.audit(crowd.accepted.values()), **took)


async def test_a_cancel_that_races_with_completion_has_one_winner_and_both_are_told(
    stage: Any, figures: Any
) -> None:
    """202 means that it ends cancelled, whatever its worker had made of it by then."""
    crowd = await stage.up()
    http = await stage.http()
    chance = random.Random(SEED)  # noqa: S311  (a race, no secret)

    async def race(number: int, wait: float) -> tuple[str, int]:
        task_id = await crowd.submit(number, lambda _: drill(0, 0.5))
        waiting = asyncio.create_task(task_of(http, task_id, wait=30))
        await asyncio.sleep(wait)  # what the race is about
        answer = await http.post(f"/tasks/{task_id}/cancel")
        told = await waiting
        status = (await reaches(http, task_id, "completed", "failed", "cancelled"))["status"]
        assert told["status"] == status
        if answer.status_code == 202:
            assert status == "cancelled"
        else:
            assert (answer.status_code, answer.json()["status_now"]) == (409, status)
        return status, answer.status_code

    async with asyncio.TaskGroup() as group:
        races = [group.create_task(race(n, chance.uniform(0.1, 3))) for n in range(RACES)]
    ends = [ended.result() for ended in races]
    assert set(ends) <= {("cancelled", 202), ("completed", 409)}
    counted = stage.books.audit(crowd.accepted.values())
    won = ends.count(("cancelled", 202))
    figures(**counted, cancels_won=won, completions_won=RACES - won)


async def cancelled(http: Any, task_id: str) -> dict[str, Any]:
    answer = await http.post(f"/tasks/{task_id}/cancel")
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def drill(number: int, seconds: float = 60) -> dict[str, Any]:
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": seconds}}


def deaf(number: int) -> dict[str, Any]:
    return {"goal": "Hang.", "assigned_arm": "deaf"}
