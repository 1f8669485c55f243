"""Connections that are there and say nothing: every wait is bounded by a time-out."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from outages import stop
from swallow import Swallower, postgres_behind, through

from app.serving import LEAVING_SECONDS

BOUND = 15.0
"""Pool 3 s, an answer 3 + 2 s, twice, a connection 2 s; and a busy machine."""

GRACE = 2.0
SLACK = 2.0


async def test_a_database_that_swallows_everything_is_answered_503_and_found_again(
    stage: Any, figures: Any, database_url: str
) -> None:
    async with Swallower(postgres_behind(database_url)) as proxy:
        stage.fleet.environment["OCTOLLM_DATABASE_URL"] = through(database_url, proxy.port)
        crowd = await stage.up(workers=2)
        load = asyncio.create_task(crowd.submit_all(range(60)))
        await crowd.has(20)
        proxy.swallow()
        await crowd.refused(24)
        assert crowd.longest < BOUND
        proxy.spit_out()
        back = time.monotonic()
        await load
        await stage.books.all_ended()
        recovered = time.monotonic() - back
        counted = stage.books.audit(crowd.accepted.values())
        assert counted["accepted"] == counted["finished"] == 60
        for place in stage.places:
            assert place.program.process.returncode is None
    figures(**counted, recovered_after=f"{recovered:.1f} s", **crowd.told())


@pytest.mark.parametrize("how", ["swallows everything", "is away"])
async def test_a_worker_stops_within_its_grace_and_five_seconds_though_its_database(
    how: str, stage: Any, figures: Any, cluster: Any, database_url: str
) -> None:
    """Whatever the time-outs say: those of this one are the defaults, but for its grace."""
    async with Swallower(postgres_behind(database_url)) as proxy:
        crowd = await stage.up(workers=0)
        worker = await stage.worker(
            OCTOLLM_DATABASE_URL=through(database_url, proxy.port),
            OCTOLLM_WORKER_GRACE=str(GRACE),
            OCTOLLM_WORKER_STALE="30",
            OCTOLLM_DB_POOL_TIMEOUT="30",
            OCTOLLM_DB_STATEMENT_TIMEOUT="10",
        )
        await crowd.submit_all(range(4), lambda _: drill(30))
        await asyncio.gather(*(started(stage, task_id) for task_id in crowd.accepted.values()))
        if how == "is away":
            await stop(cluster, signal.SIGQUIT)
        else:
            proxy.swallow()
        began = time.monotonic()
        code = await worker.program.ends(signal.SIGTERM)
        seconds = time.monotonic() - began
        stage.places.remove(worker)
    assert code == 0
    assert seconds < GRACE + LEAVING_SECONDS + SLACK
    figures(accepted=4, longest_delay=seconds, grace=f"{GRACE:g} s")


async def test_a_reflex_layer_that_swallows_everything_is_answered_503_and_found_again(
    stage: Any, figures: Any
) -> None:
    await stage.reflex()
    target = urlsplit(stage.reflex_url)
    async with Swallower(("127.0.0.1", target.port or 0)) as proxy:
        stage.reflex_url = f"http://127.0.0.1:{proxy.port}"
        crowd = await stage.up()
        await crowd.submit_all(range(10))
        proxy.swallow()
        load = asyncio.create_task(crowd.submit_all(range(10, 30)))
        await crowd.refused(24)
        proxy.spit_out()
        back = time.monotonic()
        await load
        await stage.books.all_ended()
        recovered = time.monotonic() - back
    assert crowd.longest < BOUND
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 30
    figures(**counted, recovered_after=f"{recovered:.1f} s", **crowd.told())


def drill(seconds: float) -> dict[str, Any]:
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": seconds}}


async def started(stage: Any, task_id: str) -> None:
    query = (
        f"SELECT count(*) FROM tasks WHERE id = '{task_id}' AND status = 'processing'"  # noqa: S608
    )
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(stage.books.number, query):
            await asyncio.sleep(0.1)  # asked of the database, since the API tells of ends alone
