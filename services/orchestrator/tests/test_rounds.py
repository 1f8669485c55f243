"""Tenants take turns in the queue: what one has waiting does not keep another's tasks waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tenants import a_key

from app import round_store, turns
from app.rounds import LAST, SHARE, Line, job_priority, round_of

MANY = 60
"""Tasks of the one who floods: six rounds."""

priorities = st.integers(-100, 100)


@given(st.integers(0, LAST), priorities)
def test_a_job_says_its_round_whatever_its_priority(round_number: int, priority: int) -> None:
    assert round_of(job_priority(round_number, priority)) == round_number


@given(priorities)
def test_past_the_last_round_a_priority_still_fits_its_column(priority: int) -> None:
    assert -(2**31) <= job_priority(LAST + 1, priority) < 2**31


@given(priorities, st.lists(priorities, max_size=80))
def test_who_has_nothing_waiting_comes_into_the_round_at_the_head(
    priority: int, others: list[int]
) -> None:
    flood = Line(7, Counter())
    rounds = [round_of(flood.join(other)) for other in others]
    assert all(7 <= number <= 7 + len(others) // SHARE for number in rounds)
    assert all(count <= SHARE for count in Counter(rounds).values()) or len(set(others)) > 1
    assert round_of(Line(7, Counter()).join(priority)) == 7


@given(st.integers(-99, 100), st.integers(0, 5_000))
def test_an_urgent_task_does_not_wait_for_less_urgent_ones_of_its_tenant(
    priority: int, waiting: int
) -> None:
    line = Line(3, Counter({priority - 1: waiting}))
    urgent, head_of_the_others = line.join(priority), job_priority(3, priority - 1)
    assert urgent > head_of_the_others


@pytest.mark.parametrize("priority", [0, 100])
async def test_a_tenant_with_a_long_queue_does_not_keep_others_waiting(
    make_house: Any, priority: int
) -> None:
    """Nor does it by saying that all it has is most urgent."""
    house = await make_house(worker_concurrency=1, limit_per_key=0)
    flood, other = [await a_key(house.settings, tenant) for tenant in ("flood", "other")]
    await asyncio.gather(*(submitted(house, flood, priority=priority) for _ in range(MANY)))
    alone = await submitted(house, other, priority=-100)
    house.start_worker()
    answer = await house.http.get(f"/tasks/{alone}", params={"wait": 40}, headers=other.headers)
    assert answer.json()["status"] == "completed"
    ended_before = await before(house, alone)
    assert ended_before <= SHARE, f"{ended_before} of {MANY} ended before it"


async def test_a_long_queue_is_not_starved_by_those_who_have_little(
    make_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes later and again and again comes into the round at the head, not before it."""
    # A place given during a look may count twice, which would shift one task by a round.
    monkeypatch.setattr(turns, "AHEAD_SECONDS", turns.FRESH_SECONDS)
    house = await make_house(limit_per_key=0)
    flood, other = [await a_key(house.settings, tenant) for tenant in ("flood", "other")]
    for _ in range(3 * SHARE):
        await submitted(house, flood)
    await take(house, 2 * SHARE)  # by now the queue is in its third round
    await submitted(house, other)
    async with house.parts.database.transaction() as session:
        rows = await session.execute(text("SELECT priority FROM procrastinate_jobs ORDER BY id"))
        rounds = [round_of(priority) for priority in rows.scalars()]
    assert rounds == [2] * SHARE + [2]


async def test_a_task_whose_job_was_lost_comes_again_in_turn(make_house: Any) -> None:
    house = await make_house()
    for _ in range(SHARE + 1):
        await house.submit()
    await take(house, SHARE + 1)
    async with house.parts.database.transaction() as session:
        await house.parts.pipeline.reconcile(session)
        rows = await session.execute(text("SELECT priority FROM procrastinate_jobs"))
        assert Counter(map(round_of, rows.scalars())) == {0: SHARE, 1: 1}


async def test_places_given_during_a_look_are_not_given_again(
    make_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does anybody wait for a look while what is known is fresh enough."""
    house = await make_house()
    await house.submit()
    looks, looked, may_end = 0, asyncio.Event(), asyncio.Event()
    waiting = round_store.waiting

    async def slow(*arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        seen = await waiting(*arguments)
        looked.set()
        await may_end.wait()
        return seen

    monkeypatch.setattr(round_store, "waiting", slow)
    monkeypatch.setattr(turns, "AHEAD_SECONDS", 0.0)
    monkeypatch.setattr(turns, "FRESH_SECONDS", 600.0)
    async with asyncio.timeout(60):
        await house.submit()
        await looked.wait()
        for _ in range(SHARE - 2):
            await house.submit()
        assert looks == 1
        may_end.set()
        while looks == 1:  # another begins only once what the first has seen is in use
            await house.submit()
        await house.submit()
    async with house.parts.database.transaction() as session:
        rows = await session.execute(text("SELECT priority FROM procrastinate_jobs"))
        rounds = Counter(map(round_of, rows.scalars()))
    # The task that had the look begun may be counted twice, on either side of it.
    assert SHARE - 1 <= rounds[0] <= SHARE, rounds


async def submitted(house: Any, key: Any, **fields: Any) -> str:
    body = {"goal": "Count these words."} | fields
    answer = await house.http.post("/submit", json=body, headers=key.headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


async def take(house: Any, count: int) -> None:
    """Take so many jobs off the head of the queue."""
    statement = """
        DELETE FROM procrastinate_jobs WHERE id IN (
            SELECT id FROM procrastinate_jobs ORDER BY priority DESC, id LIMIT :count)
        """
    async with house.parts.database.transaction() as session:
        await session.execute(text(statement), {"count": count})


async def before(house: Any, task_id: str) -> int:
    """Return how many tasks ended before that one."""
    statement = """
        SELECT count(*) FROM tasks WHERE finished_at < (
            SELECT finished_at FROM tasks WHERE id = CAST(:id AS uuid))
        """
    async with house.parts.database.transaction() as session:
        return int(await session.scalar(text(statement), {"id": task_id}) or 0)
