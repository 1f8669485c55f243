"""The receipt: the events of a task are a chain, and what was changed in it is named."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app import event_store, migrate
from octollm.errors import DatabaseUnavailable
from octollm.receipt import GENESIS, Receipt, flaw_in

NUMBERS = {
    "n": 1e22,
    "of": [1.0, -0.0, 2**60, 1e-7, 12_345_678_901_234_567_890],
    "wörd": "☃\n\u2028",
}


async def receipt(house: Any, task_id: str) -> Receipt:
    answer = await house.http.get(f"/tasks/{task_id}/receipt")
    assert answer.status_code == 200, answer.text
    return Receipt.model_validate(answer.json())


async def add(house: Any, task_id: str, data: dict[str, Any]) -> None:
    async with house.parts.database.transaction() as session:
        assert await event_store.add_event(session, UUID(task_id), "arm.note", data)


async def test_the_receipt_of_a_finished_task_verifies_here_and_there(house: Any) -> None:
    house.start_worker()
    task_id = await house.submit()
    await house.ended(task_id)
    found = await receipt(house, task_id)
    assert (found.verified, found.flaw, flaw_in(found)) == (True, None, None)
    types = [event.type for event in found.events]
    assert (types[0], types[-1]) == ("task.submitted", "task.completed")
    assert found.events[0].prev_hash == GENESIS
    assert found.events[-1].hash == found.head


async def test_whatever_an_event_holds_is_hashed_as_it_will_be_read(house: Any) -> None:
    task_id = await house.submit()
    await add(house, task_id, NUMBERS)
    assert (await receipt(house, task_id)).verified


async def test_fifty_writers_at_once_make_one_chain(house: Any) -> None:
    task_id = await house.submit()
    await asyncio.gather(*(add(house, task_id, {"writer": n}) for n in range(50)))
    found = await receipt(house, task_id)
    assert found.verified, found.flaw
    assert sorted(e.data["writer"] for e in found.events[1:]) == list(range(50))  # type: ignore[type-var]  # numbers all
    assert [event.created_at for event in found.events] == sorted(
        event.created_at for event in found.events
    )


TAMPERINGS = {
    "data": "UPDATE task_events SET data = '{\"writer\": 2}' WHERE id = %(id)s",
    "type": "UPDATE task_events SET type = 'arm.nota' WHERE id = %(id)s",
    "time": "UPDATE task_events SET created_at = created_at + interval '1 us' WHERE id = %(id)s",
    "hash": "UPDATE task_events SET hash = translate(hash, '0123456789', '1234567890') "
    "WHERE id = %(id)s",
}


async def test_a_line_is_not_added_again_that_was_added_by_a_transaction_nobody_heard_of(
    house: Any,
) -> None:
    task_id = UUID(await house.submit())
    line, database = event_store.Line(task_id, "arm.note", {"n": 1}), house.parts.database
    tried: list[str] = []
    async with database.transaction() as session:
        await event_store.add_event_once(session, line, tried)
        await session.rollback()
    async with database.transaction() as slow:
        await event_store.add_event_once(slow, line, tried)
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as session:
                await event_store.add_event_once(session, line, tried)
    async with database.transaction() as session:
        await event_store.add_event_once(session, line, tried)
        events = await event_store.list_events(session, task_id)
    assert [event.type for event in events] == ["task.submitted", "arm.note"]


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_one_changed_byte_is_found_and_named(house: Any, what: str) -> None:
    task_id = await house.submit()
    for writer in range(3):
        await add(house, task_id, {"writer": writer})
    changed = (await receipt(house, task_id)).events[2]
    with psycopg.connect(house.settings.database_url) as connection:
        connection.execute(TAMPERINGS[what].encode(), {"id": changed.id})
    found = await receipt(house, task_id)
    assert not found.verified
    assert found.flaw is not None
    assert found.flaw == flaw_in(found)
    assert found.flaw.id == changed.id


async def test_events_taken_away_are_missed(house: Any) -> None:
    task_id = await house.submit()
    for writer in range(3):
        await add(house, task_id, {"writer": writer})
    events = (await receipt(house, task_id)).events
    with psycopg.connect(house.settings.database_url) as connection:
        connection.execute(b"DELETE FROM task_events WHERE id = %s", (events[3].id,))
    shortened = await receipt(house, task_id)
    assert shortened.flaw is not None
    assert shortened.flaw.id is None
    with psycopg.connect(house.settings.database_url) as connection:
        connection.execute(b"DELETE FROM task_events WHERE id = %s", (events[1].id,))
    holed = await receipt(house, task_id)
    assert holed.flaw is not None
    assert holed.flaw.id == events[2].id


async def test_an_attempt_that_lost_its_task_adds_nothing(house: Any) -> None:
    task_id = await house.submit()
    async with house.parts.database.transaction() as session:
        token = UUID(int=7)
        assert not await event_store.add_event(session, UUID(task_id), "arm.note", {}, token)
    assert len((await receipt(house, task_id)).events) == 1


async def test_another_tenants_receipt_is_not_found(house: Any) -> None:
    task_id = await house.submit()
    with psycopg.connect(house.settings.database_url) as connection:
        connection.execute(b"UPDATE tasks SET tenant = 'somebody else'")
    assert (await house.http.get(f"/tasks/{task_id}/receipt")).status_code == 404


async def test_events_from_before_there_were_receipts_are_chained(house: Any) -> None:
    """Down and up again: the chain made by the migration is the one that was there."""
    ids = [await house.submit() for _ in range(3)]
    for task_id in ids:
        await add(house, task_id, NUMBERS)
    before = [await receipt(house, task_id) for task_id in ids]
    url = house.settings.database_url
    await house.parts.database.close()
    await asyncio.to_thread(migrate.downgrade, url, "0003")
    await asyncio.to_thread(migrate.upgrade, url)
    assert [await receipt(house, task_id) for task_id in ids] == before
