"""procrastinate by itself: `defer` from one process, one worker, jobs kept as succeeded."""

from __future__ import annotations

import asyncio
import sys

import procrastinate
from trickling import PAUSE_SECONDS, began, goal, handing_in, stored

MODE, URL, _, COUNT = sys.argv[1:5]
CONCURRENCY = 50

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL, max_size=20))


@app.task(name="noop")
async def noop(goal: str) -> str:
    began(goal)
    return goal


async def submit() -> None:
    numbers = iter(range(int(COUNT)))

    async def client() -> None:
        for number in numbers:
            await noop.defer_async(goal=f"Summarise report {number:08}.")

    handing_in()
    await asyncio.gather(*(client() for _ in range(16)))


async def trickle() -> None:
    for number in range(int(COUNT)):
        await noop.defer_async(goal=goal(number))
        stored(number)
        await asyncio.sleep(PAUSE_SECONDS)


async def main() -> None:
    async with app.open_async():
        if MODE == "prepare":
            await app.schema_manager.apply_schema_async()
        elif MODE == "submit":
            await submit()
        elif MODE == "trickle":
            await trickle()
        else:
            sys.stderr.write("ready\n")
            await app.run_worker_async(concurrency=CONCURRENCY)


asyncio.run(main())
