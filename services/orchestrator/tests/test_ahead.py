"""What is read ahead of time is read once at a time, and its failure is nobody's."""

from __future__ import annotations

import asyncio

from app.ahead import Ahead
from octollm.errors import DatabaseUnavailable


async def test_one_reading_at_a_time_and_another_once_it_has_ended() -> None:
    ahead, may_end, ended, begun = Ahead(), asyncio.Event(), asyncio.Event(), 0

    async def read() -> None:
        nonlocal begun
        begun += 1
        await may_end.wait()
        ended.set()

    for _ in range(3):
        ahead.begin(read)
        await asyncio.sleep(0)
    assert begun == 1
    may_end.set()
    async with asyncio.timeout(10):
        await ended.wait()
        while begun == 1:
            ahead.begin(read)
            await asyncio.sleep(0)


async def test_a_database_that_is_away_is_asked_again_and_nobody_hears_of_it() -> None:
    ahead, faults, asked = Ahead(), [], 0
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))

    async def read() -> None:
        nonlocal asked
        asked += 1
        raise DatabaseUnavailable(retry_after=1)

    async with asyncio.timeout(10):
        while asked < 3:
            ahead.begin(read)
            await asyncio.sleep(0)
    assert faults == []
