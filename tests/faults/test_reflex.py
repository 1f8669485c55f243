"""The Reflex Layer fails in every way it can: nothing passes unscreened, and nobody storms it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from scripted_reflex import ScriptedReflex, Step, cut, drip, hang, response, status, verdict

CALLS = 40
RETRIES = 3
BREAKER = 5
SETTINGS = {
    "OCTOLLM_REFLEX_TIMEOUT": "3",
    "OCTOLLM_REFLEX_ATTEMPT_TIMEOUT": "0.5",
    "OCTOLLM_REFLEX_RETRIES": str(RETRIES),
    "OCTOLLM_REFLEX_BREAKER_FAILURES": str(BREAKER),
    "OCTOLLM_REFLEX_BREAKER_RESET": "3",
}
AT_ONCE = 16
"""OCTOLLM_SCREENING_CONCURRENCY: so many may be under way when the breaker opens."""

FAULTS: dict[str, Step] = {
    "silent": hang(),
    "slow": drip(),
    "cut in the body": cut(response(200, b"{", {"Content-Length": "1000"})),
    "500": status(500),
    "503": status(503),
    "invalid JSON": status(200, b'{"status": "succ'),
    "wrong shape": status(200, b'{"status": "success"}'),
}


DRILL = {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": {"seconds": 3}}
HANDED_BACK = """
    SELECT count(DISTINCT task_id) FROM task_events WHERE type = 'task.handed_back'
"""


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedReflex]:
    async with ScriptedReflex() as server:
        yield server


def screenings(server: ScriptedReflex) -> int:
    return sum(request.path.endswith("/process") for request in server.requests)


async def crowd_of(stage: Any, server_url: str) -> Any:
    stage.reflex_url = server_url
    stage.fleet.environment |= SETTINGS
    return await stage.up(workers=0)


async def refused(crowd: Any, calls: int) -> float:
    """Send so many requests at once, each to be answered 503; return the longest answer."""
    crowd.longest = 0.0
    answers = await asyncio.gather(
        *(crowd.once({"goal": f"Count {n}."}, f"refused-{n}") for n in range(calls))
    )
    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert answer.json()["type"].endswith("reflex-unavailable")
    return float(crowd.longest)


async def breaker(http: Any) -> float:
    lines = (await http.get("/metrics")).text.splitlines()
    (line,) = [line for line in lines if line.startswith("octollm_reflex_breaker_state ")]
    return float(line.split()[-1])


async def recovers(stage: Any, crowd: Any, number: int) -> float:
    """Return the seconds until the breaker has let a probe through and closed."""
    began = time.monotonic()
    await crowd.submit(number)
    assert await breaker(await stage.http()) == 0.0
    return time.monotonic() - began


async def test_nothing_passes_unscreened_however_the_reflex_layer_fails(
    stage: Any, figures: Any, scripted: ScriptedReflex
) -> None:
    """Each time the breaker opens after few requests, and closes once the service is well."""
    crowd = await crowd_of(stage, scripted.url)
    http = await stage.http()
    most, longest, slowest = 0, 0.0, 0.0
    for accepted, (name, fault) in enumerate(FAULTS.items()):
        scripted.default, before = fault, screenings(scripted)
        longest = max(longest, await refused(crowd, CALLS))
        asked = screenings(scripted) - before
        assert asked <= BREAKER + AT_ONCE, name
        assert await breaker(http) == 2.0, name
        assert stage.books.number("SELECT count(*) FROM tasks") == accepted, name
        scripted.default = verdict()
        slowest = max(slowest, await recovers(stage, crowd, accepted))
        most = max(most, asked)
    figures(
        accepted=len(FAULTS),
        ways_to_fail=len(FAULTS),
        calls_each=CALLS,
        most_requests_at_the_server=most,
        longest_answer=f"{longest:.1f} s",
        recovered_within=f"{slowest:.1f} s",
    )


async def test_an_away_reflex_layer_lets_nothing_pass(stage: Any, figures: Any) -> None:
    async with ScriptedReflex() as gone:
        url = gone.url
    crowd = await crowd_of(stage, url)
    longest = await refused(crowd, CALLS)
    assert await breaker(await stage.http()) == 2.0
    assert (await (await stage.http()).get("/ready")).status_code == 503
    assert stage.books.number("SELECT count(*) FROM tasks") == 0
    figures(accepted=0, calls=CALLS, longest_answer=f"{longest:.1f} s")


async def test_a_limit_of_the_reflex_layer_is_not_stormed(
    stage: Any, figures: Any, scripted: ScriptedReflex
) -> None:
    """429 is an answer of a healthy service: the breaker stays closed, and tries are few."""
    crowd = await crowd_of(stage, scripted.url)
    scripted.default = status(429, Retry_After="1")
    longest = await refused(crowd, CALLS)
    asked = screenings(scripted)
    assert asked <= CALLS * (1 + RETRIES)
    assert await breaker(await stage.http()) == 0.0
    assert stage.books.number("SELECT count(*) FROM tasks") == 0
    scripted.default = verdict()
    seconds = await recovers(stage, crowd, 0)
    figures(
        accepted=1,
        calls=CALLS,
        requests_at_the_server=asked,
        longest_answer=f"{longest:.1f} s",
        recovered_after=f"{seconds:.1f} s",
    )


async def test_running_tasks_outlive_a_reflex_layer_that_is_away(stage: Any, figures: Any) -> None:
    """Their output waits to be screened for as long as the breaker asks, not for a few backoffs."""
    stage.fleet.environment |= {
        "OCTOLLM_REFLEX_BREAKER_RESET": "8",
        "OCTOLLM_MAX_ATTEMPTS": "5",
    }
    reflex = await stage.reflex()
    crowd = await stage.up()
    await crowd.submit_all(range(12), lambda _: DRILL)
    await reflex.program.ends(signal.SIGKILL)
    async with asyncio.timeout(90):
        while stage.books.number(HANDED_BACK) < 12:
            await asyncio.sleep(0.1)  # the whole crowd offers no single event
    reflex.program = await reflex.start()
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert stage.books.rows("SELECT DISTINCT status::text FROM tasks") == [("completed",)]
    figures(**counted, attempts=stage.books.number("SELECT max(attempt) FROM tasks"))
