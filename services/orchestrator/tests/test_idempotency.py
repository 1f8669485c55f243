"""An `Idempotency-Key` is kept for a day; then it is as good as new."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from app import idempotency_store
from app.models import Task
from octollm.errors import ArmUnavailable, OctoError, ReflexUnavailable

PROBLEM = "urn:octollm:problem:"
KEY = "report-7"


async def test_a_key_makes_a_new_task_once_it_was_kept_for_a_day(house: Any) -> None:
    first = await submitted(house)
    await grown_older(house, hours=23.9)
    assert (await submitted(house)).json()["task_id"] == first.json()["task_id"]
    await grown_older(house, hours=0.2)
    second = await submitted(house)
    assert (second.status_code, await stored(house)) == (202, 2)
    assert second.json()["task_id"] != first.json()["task_id"]
    assert (await submitted(house)).json() == second.json()
    old = await house.task(first.json()["task_id"])
    assert old["status"] == "pending", "the old task goes on without its key"


async def test_after_a_day_a_key_may_come_with_another_body(house: Any) -> None:
    await submitted(house)
    refused = await submitted(house, goal="Another.")
    assert refused.json()["type"] == PROBLEM + "idempotency-key-reused"
    await grown_older(house, hours=24)
    other = await submitted(house, goal="Another.")
    assert other.status_code == 202
    assert (await submitted(house)).json()["type"] == PROBLEM + "idempotency-key-reused"


@pytest.mark.parametrize(
    "failing", [ReflexUnavailable(retry_after=5), ArmUnavailable("It lost its setting.")]
)
async def test_what_was_accepted_stays_accepted_whatever_would_refuse_it_now(
    house: Any, monkeypatch: pytest.MonkeyPatch, failing: OctoError
) -> None:
    def refuse(*_arguments: Any) -> None:
        raise failing

    first = await submitted(house)
    monkeypatch.setattr("app.routing.check_usable", refuse)
    assert (await submitted(house)).json() == first.json()
    refused = await house.http.post("/submit", json={"goal": "Another."})
    assert refused.json()["type"] == failing.type
    assert await stored(house) == 1


async def test_a_hundred_racing_submits_with_an_old_key_make_one_new_task(house: Any) -> None:
    first = await submitted(house)
    await grown_older(house, hours=25)
    answers = await asyncio.gather(*(submitted(house) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {202}
    (body,) = {answer.text for answer in answers}
    assert first.json()["task_id"] not in body
    assert await stored(house) == 2
    assert await holders(house) == [answers[0].json()["task_id"]]


async def test_an_old_key_gives_no_place_in_a_full_queue(make_house: Any) -> None:
    house = await make_house(max_pending_per_tenant=1)
    first = await submitted(house)
    assert (await submitted(house)).json()["task_id"] == first.json()["task_id"]
    await grown_older(house, hours=25)
    refused = await submitted(house)
    assert (refused.status_code, refused.json()["type"]) == (429, PROBLEM + "queue-full")
    assert await holders(house) == [first.json()["task_id"]], "nothing was changed"


async def test_an_old_key_takes_the_place_that_was_counted_for_it(
    make_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else is given it before the task is stored."""
    house = await make_house(max_pending_per_tenant=2)
    await submitted(house)
    await grown_older(house, hours=25)
    releasing, go_on, release = asyncio.Event(), asyncio.Event(), idempotency_store.release_key

    async def late(*arguments: Any) -> bool:
        releasing.set()
        await go_on.wait()
        return await release(*arguments)

    monkeypatch.setattr(idempotency_store, "release_key", late)
    async with asyncio.timeout(60):
        again = asyncio.create_task(submitted(house))
        await releasing.wait()
        other = asyncio.create_task(house.http.post("/submit", json={"goal": "Another."}))
        while not other.done() and not await somebody_waits_for_a_turn(house):
            await asyncio.sleep(0.01)
        go_on.set()
        assert (await again).status_code == 202
        assert (await other).status_code == 429
    assert await stored(house) == 2


async def somebody_waits_for_a_turn(house: Any) -> bool:
    statement = (
        "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    async with house.parts.database.transaction() as session:
        return bool(await session.scalar(text(statement)))


async def test_how_long_is_a_setting(make_house: Any) -> None:
    house = await make_house(idempotency_hours=48)
    first = await submitted(house)
    await grown_older(house, hours=47)
    assert (await submitted(house)).json()["task_id"] == first.json()["task_id"]
    await grown_older(house, hours=2)
    assert (await submitted(house)).json() != first.json()


async def submitted(house: Any, goal: str = "Count these words.") -> Any:
    return await house.http.post("/submit", json={"goal": goal}, headers={"Idempotency-Key": KEY})


async def grown_older(house: Any, hours: float) -> None:
    """Move all tasks into the past, as if so much time had gone by."""
    async with house.parts.database.transaction() as session:
        past = "UPDATE tasks SET created_at = created_at - make_interval(secs => :seconds)"
        await session.execute(text(past), {"seconds": hours * 3_600})


async def stored(house: Any) -> int:
    async with house.parts.database.transaction() as session:
        return int(await session.scalar(select(func.count()).select_from(Task)) or 0)


async def holders(house: Any) -> list[str]:
    async with house.parts.database.transaction() as session:
        ids = await session.scalars(select(Task.id).where(Task.idempotency_key == KEY))
        return [str(UUID(str(task_id))) for task_id in ids]
