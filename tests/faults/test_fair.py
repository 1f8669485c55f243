"""One tenant fills the queue: another's task is done in its turn, not when the queue is empty."""

from __future__ import annotations

import asyncio
from typing import Any

from crowd import Crowd, words
from tenants import a_key

from app.config import Settings

FLOOD = 2_000


def urgent(number: int) -> dict[str, Any]:
    return words(number) | {"priority": 100}


async def test_a_task_is_done_in_its_turn_though_another_tenant_has_two_thousand_urgent_ones(
    stage: Any, figures: Any
) -> None:
    settings = Settings(database_url=stage.books.url)
    flood, other = [await a_key(settings, tenant) for tenant in ("flood", "other")]
    stage.fleet.environment["OCTOLLM_LIMIT_PER_KEY"] = "0"
    await stage.up(workers=0)
    async with (
        Crowd(*stage.urls, headers=flood.headers) as many,
        Crowd(*stage.urls, headers=other.headers, prefix="alone") as one,
    ):
        await many.submit_all(range(FLOOD), urgent)
        await one.submit(0, words)
        await asyncio.gather(*(stage.worker() for _ in range(2)))
        await stage.books.all_ended(seconds=600)
        accepted = [*many.accepted.values(), *one.accepted.values()]
        alone = one.accepted["alone-0"]
    counted = await asyncio.to_thread(stage.books.audit, accepted)
    ended_before = stage.books.number(BEFORE.format(alone))
    assert counted["accepted"] == counted["finished"] == FLOOD + 1
    assert ended_before < FLOOD // 10
    figures(**counted, tasks_that_ended_before_it=ended_before)


BEFORE = """
    SELECT count(*) FROM tasks
    WHERE finished_at < (SELECT finished_at FROM tasks WHERE id = '{}')
"""
