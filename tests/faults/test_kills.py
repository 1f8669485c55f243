"""Processes are killed under load: what was accepted ends, once."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from typing import Any

from books import UNFINISHED
from others import installed
from stage import Place, reaches

SEED = 5
KILLS = 20
BATCH = 25
INNOCENTS = 8
COMPLETED = "SELECT count(*) FROM tasks WHERE status = 'completed'"
ATTEMPTS = "SELECT max(attempt) FROM tasks"
SIGNALS = (signal.SIGKILL, signal.SIGTERM)


async def test_every_accepted_task_ends_once_though_twenty_processes_are_killed(
    stage: Any, figures: Any
) -> None:
    """A kill in every batch of 25 tasks, after a random number of them was accepted."""
    stage.fleet.environment["OCTOLLM_MAX_ATTEMPTS"] = "50"  # the kills are not the tasks' doing
    crowd = await stage.up(apis=2, workers=2)
    chance = random.Random(SEED)  # noqa: S311  (a race, no secret)
    killed: Counter[str] = Counter()
    locks = {id(place): asyncio.Lock() for place in stage.places}

    async def kill(place: Place, number: signal.Signals) -> None:
        async with locks[id(place)]:
            await place.kill(number)

    async with asyncio.TaskGroup() as successors:
        for batch in range(KILLS):
            first = batch * BATCH
            load = asyncio.create_task(crowd.submit_all(range(first, first + BATCH)))
            await crowd.has(first + chance.randrange(1, BATCH))
            place, number = chance.choice(stage.places), chance.choice(SIGNALS)
            killed[f"{place.kind} {number.name}"] += 1
            successors.create_task(kill(place, number))
            await load
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == KILLS * BATCH
    assert counted["duplicates"] == 0
    assert stage.books.rows("SELECT DISTINCT status::text FROM tasks") == [("completed",)]
    attempts = stage.books.number("SELECT sum(attempt - 1) FROM tasks")
    figures(**counted, kills=sum(killed.values()), second_attempts=attempts, **crowd.told())


async def test_a_task_that_kills_its_worker_three_times_fails_as_attempts_exhausted(
    stage: Any, figures: Any, tmp_path: Any
) -> None:
    stage.fleet.environment["PYTHONPATH"] = installed(tmp_path)
    crowd = await stage.up(workers=0)
    http = await stage.http()
    poison = await crowd.submit(0, lambda _: {"goal": "Die.", "assigned_arm": "poison"})
    deaths = 0
    for _ in range(3):
        place = await stage.worker()
        async with asyncio.timeout(60):
            assert await place.program.process.wait() == -signal.SIGKILL
        deaths += 1
    await stage.worker()
    task = await reaches(http, poison, "failed", "completed")
    assert (task["status"], task["attempt"], deaths) == ("failed", 3, 3)
    assert task["error"]["type"].endswith("attempts-exhausted"), task
    await crowd.submit_all(range(1, 21))
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 21
    figures(**counted, workers_killed=deaths)


async def test_innocents_beside_a_task_that_kills_their_worker_finish_all_the_same(
    stage: Any, figures: Any, tmp_path: Any
) -> None:
    """Poison and innocents are taken by one worker again and again, until each runs alone."""
    stage.fleet.environment["PYTHONPATH"] = installed(tmp_path)
    crowd = await stage.up(workers=0)
    http = await stage.http()
    await crowd.submit_all(range(INNOCENTS), innocent)
    poisons = [
        await crowd.submit(1_000 + number, lambda _: {"goal": "Die.", "assigned_arm": "poison"})
        for number in range(2)
    ]
    deaths = 0
    while stage.books.number(UNFINISHED):
        place = await stage.worker()
        ended = asyncio.create_task(place.program.process.wait())
        done = asyncio.create_task(stage.books.all_ended())
        async with asyncio.timeout(180):
            await asyncio.wait({ended, done}, return_when=asyncio.FIRST_COMPLETED)
        done.cancel()
        deaths += ended.done()
    for poison in poisons:
        task = await reaches(http, poison, "failed", "completed")
        assert (task["status"], task["attempt"]) == ("failed", 3)
        assert task["error"]["type"].endswith("attempts-exhausted"), task
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == INNOCENTS + 2
    assert stage.books.number(COMPLETED) == INNOCENTS
    most = stage.books.number(f"{ATTEMPTS} WHERE status = 'completed'")
    assert most > 1, "no innocent was lost beside them: the test shows nothing"
    figures(**counted, workers_killed=deaths, attempts_of_an_innocent=most)


def innocent(_: int) -> dict[str, Any]:
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": 0.5}}
