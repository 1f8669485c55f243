"""PostgreSQL goes away in every way it can: nothing accepted is lost, nobody waits for ever."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any

from crowd import HANGS_AFTER
from outages import at_inserts, connection_limit, failing, start, stop, terminate
from stage import answers_202

AWAY_SECONDS = 30


async def audited(stage: Any, crowd: Any, figures: Any, **besides: object) -> None:
    """Wait for the end of all tasks, on the processes that were there all the time, and count."""
    await stage.books.all_ended()
    counted = await asyncio.to_thread(stage.books.audit, crowd.accepted.values())
    assert counted["accepted"] == counted["finished"]
    assert counted["duplicates"] == 0
    assert all(place.program.process.returncode is None for place in stage.places)
    figures(**counted, **besides, **crowd.told())


async def test_nothing_is_lost_when_every_connection_is_ended_again_and_again(
    stage: Any, figures: Any
) -> None:
    crowd = await stage.up(workers=2)
    ended = 0
    for batch in range(12):
        load = asyncio.create_task(crowd.submit_all(range(batch * 12, batch * 12 + 12)))
        await crowd.has(batch * 12 + 3)
        ended += await terminate(stage.books)
        await load
    await audited(stage, crowd, figures, connections_ended=ended)


async def test_nothing_is_lost_when_postgresql_is_restarted_fast_or_immediately(
    stage: Any, figures: Any, cluster: Any
) -> None:
    crowd = await stage.up(workers=2)
    for round_, number in enumerate((signal.SIGINT, signal.SIGQUIT) * 2):
        first = round_ * 30
        load = asyncio.create_task(crowd.submit_all(range(first, first + 30)))
        await crowd.has(first + 8)
        await stop(cluster, number)
        await start(cluster)
        await load
    await audited(stage, crowd, figures, restarts=4)


async def test_nothing_is_lost_while_postgresql_is_away_for_thirty_seconds(
    stage: Any, figures: Any, cluster: Any
) -> None:
    """Longer than a worker tries to write how a task ended: it must be found again afterwards."""
    crowd = await stage.up(workers=2)
    await crowd.submit_all(range(60))
    gone = time.monotonic()
    await stop(cluster, signal.SIGINT)
    http = await stage.http()
    refused = []
    while time.monotonic() < gone + AWAY_SECONDS:
        answer = await crowd.once({"goal": "Anybody there?"}, "nobody")
        assert answer is not None
        refused.append(answer.status_code)
        assert answer.json()["type"].endswith("database-unavailable")
        assert (await http.get("/health")).status_code == 200
        assert (await http.get("/ready")).status_code == 503
        await asyncio.sleep(0.5)  # the pace of the clients
    assert set(refused) == {503}
    await start(cluster)
    back = time.monotonic()
    await answers_202(crowd, 60)
    recovered = time.monotonic() - back
    await crowd.submit_all(range(61, 81))
    await audited(stage, crowd, figures, recovered_after=f"{recovered:.1f} s")


async def test_nothing_is_lost_when_the_connection_limit_is_reached(
    stage: Any, figures: Any
) -> None:
    crowd = await stage.up()
    load = asyncio.create_task(crowd.submit_all(range(60)))
    await crowd.has(20)
    with connection_limit(stage.books, 2):
        await terminate(stage.books)
        await crowd.refused(20)
    await load
    await audited(stage, crowd, figures)


async def test_nothing_is_lost_when_serialization_fails_or_transactions_deadlock(
    stage: Any, figures: Any
) -> None:
    """Every fifth write of an event, the API's and the workers' alike, ends its transaction."""
    crowd = await stage.up()
    for first, code in ((0, "40001"), (40, "40P01")):
        with at_inserts(stage.books, failing(code), ("task_events",), every=5):
            await crowd.submit_all(range(first, first + 40))
            await stage.books.all_ended()
    assert crowd.answers["503"] > 0
    await audited(stage, crowd, figures)


async def test_nothing_is_lost_while_the_disk_is_full(stage: Any, figures: Any) -> None:
    crowd = await stage.up()
    await crowd.submit_all(range(40))
    with at_inserts(stage.books, failing("53100")):
        load = asyncio.create_task(crowd.submit_all(range(40, 60)))
        await crowd.refused(40)
        assert len(crowd.accepted) == 40
    await load
    assert crowd.longest < HANGS_AFTER
    await audited(stage, crowd, figures)


async def test_nothing_is_lost_while_every_write_outlasts_its_time_out(
    stage: Any, figures: Any
) -> None:
    """The server ends it by itself; `test_slow_disk` has what it cannot end."""
    crowd = await stage.up()
    await crowd.submit_all(range(20))
    with at_inserts(stage.books, "PERFORM pg_sleep(60)"):
        load = asyncio.create_task(crowd.submit_all(range(20, 40)))
        await crowd.refused(15)
        assert len(crowd.accepted) == 20
    await load
    await audited(stage, crowd, figures)
