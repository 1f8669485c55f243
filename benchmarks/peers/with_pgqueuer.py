"""PgQueuer by itself on asyncpg: `enqueue` from one process, one worker, its own log of ends."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from trickling import PAUSE_SECONDS, began, goal, handing_in, stored

MODE, URL, _, COUNT = sys.argv[1:5]
AT_A_TIME = 50


async def submit(pool: asyncpg.Pool) -> None:
    queries = Queries.from_asyncpg_pool(pool)
    numbers = iter(range(int(COUNT)))

    async def client() -> None:
        for number in numbers:
            await queries.enqueue("noop", f"Summarise report {number:08}.".encode())

    handing_in()
    await asyncio.gather(*(client() for _ in range(16)))


async def trickle(pool: asyncpg.Pool) -> None:
    queries = Queries.from_asyncpg_pool(pool)
    for number in range(int(COUNT)):
        await queries.enqueue("noop", goal(number).encode())
        stored(number)
        await asyncio.sleep(PAUSE_SECONDS)


async def work(pool: asyncpg.Pool) -> None:
    worker = PgQueuer.from_asyncpg_pool(pool)

    @worker.entrypoint("noop")
    async def noop(job: Job) -> None:
        began((job.payload or b"").decode())

    sys.stderr.write("ready\n")
    await worker.run(batch_size=AT_A_TIME)


async def main() -> None:
    async with asyncpg.create_pool(URL, max_size=20) as pool:
        if MODE == "prepare":
            await Queries.from_asyncpg_pool(pool).install()
        elif MODE == "submit":
            await submit(pool)
        elif MODE == "trickle":
            await trickle(pool)
        else:
            await work(pool)


asyncio.run(main())
