"""A worker sleeps beyond its lease: the tasks go on elsewhere, and the sleeper wakes too late."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

TASKS = 16


async def test_a_frozen_worker_that_wakes_up_stops_and_each_task_has_one_result(
    stage: Any, figures: Any
) -> None:
    crowd = await stage.up()
    (sleeper,) = [place for place in stage.places if place.kind == "worker"]
    await crowd.submit_all(range(TASKS), lambda _: drill(2.5))
    query = "SELECT count(*) FROM tasks WHERE status = 'processing'"
    async with asyncio.timeout(60):
        while stage.books.number(query) < TASKS:
            await asyncio.sleep(0.05)  # the whole crowd offers no single event
    sleeper.program.process.send_signal(signal.SIGSTOP)
    await stage.worker()
    await stage.books.all_ended()
    before = stage.books.histories()
    sleeper.program.process.send_signal(signal.SIGCONT)
    await sleeper.program.says("result discarded|another attempt|queue interrupted|in vain")
    assert await sleeper.program.ends(signal.SIGTERM) == 0
    assert stage.books.histories() == before
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == TASKS
    attempts = stage.books.number("SELECT sum(attempt) FROM tasks")
    figures(**counted, attempts=attempts)


def drill(seconds: float) -> dict[str, Any]:
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": seconds}}
