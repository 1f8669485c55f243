"""Looking at tasks, waiting for them, listing them and cancelling them over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from tenants import a_key

from app import event_store, key_desk, store
from octollm.contracts import TaskStatus

PROBLEM = "urn:octollm:problem:"


async def test_a_new_task_is_pending_and_shows_its_contract(house: Any) -> None:
    task = await house.task(await house.submit("Count.", context="a b"))
    assert (task["status"], task["attempt"], task["goal"], task["context"]) == (
        "pending",
        0,
        "Count.",
        "a b",
    )
    assert task["result"] is task["error"] is task["started_at"] is task["finished_at"] is None


@pytest.mark.parametrize("path", ["/tasks/{}", "/tasks/{}/cancel"])
async def test_an_unknown_task_is_not_found(house: Any, path: str) -> None:
    send = house.http.post if path.endswith("cancel") else house.http.get
    answer = await send(path.format(uuid4()))
    assert (answer.status_code, answer.json()["type"]) == (404, PROBLEM + "task-not-found")


@pytest.mark.parametrize("task_id", ["1", "not-a-task", "%00", "x" * 5_000, "%F0%9F%90%99"])
async def test_a_malformed_id_is_refused_by_name(house: Any, task_id: str) -> None:
    answer = await house.http.get(f"/tasks/{task_id}")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "task_id", "message": "must be a UUID"}]


async def test_another_tenants_task_is_not_found(house: Any) -> None:
    task_id = await house.submit()
    async with house.parts.database.transaction() as session:
        task = await store.lock_task(session, UUID(task_id))
        assert task is not None
        task.tenant = "somebody else"
    assert (await house.http.get(f"/tasks/{task_id}")).status_code == 404
    assert (await house.http.post(f"/tasks/{task_id}/cancel")).status_code == 404
    assert (await house.http.get("/tasks")).json()["tasks"] == []


async def test_waiting_ends_when_the_task_does(house: Any) -> None:
    task_id = await house.submit()
    waiting = asyncio.create_task(house.task(task_id, wait=60))
    while not house.app.state.completions._watchers:  # the request has arrived
        await asyncio.sleep(0)
    house.start_worker()
    assert (await waiting)["status"] == "completed"


async def test_waiting_ends_with_the_current_state_when_the_time_is_up(house: Any) -> None:
    task = await house.task(await house.submit(), wait=0.2)
    assert task["status"] == "pending"


async def test_a_hundred_may_wait_for_one_task(house: Any) -> None:
    task_id = await house.submit()
    waiting = asyncio.gather(*(house.task(task_id, wait=60) for _ in range(100)))
    house.start_worker()
    assert {task["status"] for task in await waiting} == {"completed"}


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "soon"])
async def test_a_bad_wait_is_refused_by_name(house: Any, wait: str) -> None:
    answer = await house.http.get(f"/tasks/{uuid4()}", params={"wait": wait})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "wait")


async def test_pages_hold_every_task_once_newest_first(house: Any) -> None:
    sent = [await house.submit(f"Goal {number}.") for number in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await house.http.get("/tasks", params=params)).json()
        seen += [task["task_id"] for task in page["tasks"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await house.submit("Newer than the page.")  # does not shift the pages that follow
    assert seen == sent[::-1]


async def test_a_list_may_be_narrowed_to_a_status(house: Any) -> None:
    first, second = await house.submit(), await house.submit()
    await house.http.post(f"/tasks/{first}/cancel")
    for status, expected in (("pending", [second]), ("cancelled", [first]), ("failed", [])):
        page = (await house.http.get("/tasks", params={"status": status})).json()
        assert [task["task_id"] for task in page["tasks"]] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("status", "done"),
        ("cursor", "x"),
        ("cursor", "\ud7ff"),
        ("cursor", "MjAyNi0wMS0wMXwx"),
        ("cursor", "x" * 201),
    ],
)
async def test_a_bad_listing_parameter_is_refused_by_name(
    house: Any, name: str, value: str
) -> None:
    answer = await house.http.get("/tasks", params={name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name)


async def test_a_pending_task_is_cancelled_at_once_and_never_starts(house: Any) -> None:
    task_id = await house.submit()
    answer = await house.http.post(f"/tasks/{task_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    again = await house.http.post(f"/tasks/{task_id}/cancel")
    assert again.json() == answer.json()
    later = await house.submit()
    house.start_worker()
    await house.ended(later)
    task = await house.task(task_id)
    assert (task["status"], task["attempt"]) == ("cancelled", 0)


async def test_a_finished_task_cannot_be_cancelled_and_says_so(house: Any) -> None:
    house.start_worker()
    task_id = await house.submit()
    await house.ended(task_id)
    answer = await house.http.post(f"/tasks/{task_id}/cancel")
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "illegal-transition")
    assert answer.json()["status_now"] == "completed"
    assert (await house.task(task_id))["status"] == "completed"


async def test_cancels_racing_with_completion_all_tell_the_truth(house: Any) -> None:
    house.start_worker()
    task_ids = [await house.submit() for _ in range(20)]
    answers = await asyncio.gather(
        *(house.http.post(f"/tasks/{task_id}/cancel") for task_id in task_ids)
    )
    for task_id, answer in zip(task_ids, answers, strict=True):
        task = await house.ended(task_id)
        if answer.status_code == 409:
            assert task["status"] == answer.json()["status_now"]
        else:
            assert answer.status_code == 202
            assert task["cancel_requested"]
        async with house.parts.database.transaction() as session:
            events = [event.type for event in await event_store.list_events(session, UUID(task_id))]
        finals = {f"task.{status}" for status in TaskStatus if status.final}
        assert len([event for event in events if event in finals]) == 1


async def test_higher_priority_runs_earlier(house: Any, make_house: Any) -> None:
    low = await house.submit(priority=-5)
    high = await house.submit(priority=5)
    one_by_one = await make_house(worker_concurrency=1)
    one_by_one.start_worker()
    await house.ended(low)
    first, second = await house.task(high), await house.task(low)
    assert first["started_at"] < second["started_at"]


async def test_who_waits_is_told_nothing_once_the_key_is_revoked(house: Any) -> None:
    owner, other = await a_key(house.settings), await a_key(house.settings)
    task = await house.http.post("/submit", json={"goal": "Count."}, headers=owner.headers)
    path = f"/tasks/{task.json()['task_id']}"
    waiting = asyncio.create_task(
        house.http.get(path, params={"wait": 60}, headers=other.headers, timeout=90)
    )
    while not house.app.state.completions._watchers:  # the request has arrived
        await asyncio.sleep(0)
    await key_desk.revoke(house.settings, other.id)
    await out(house, other)
    house.start_worker()
    answer = await waiting
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await house.http.get(path, headers=owner.headers)).status_code == 200


async def out(house: Any, held: Any) -> None:
    """Return once a key lets nobody in."""
    async with asyncio.timeout(30):
        while (await house.http.get("/tasks", headers=held.headers)).status_code != 401:
            await asyncio.sleep(0.1)  # it takes effect within seconds


async def test_who_may_cancel_and_not_read_is_not_told_the_goal(house: Any) -> None:
    owner, canceller = await a_key(house.settings), await a_key(house.settings, scopes="cancel")
    task = await house.http.post("/submit", json={"goal": "Count."}, headers=owner.headers)
    path = f"/tasks/{task.json()['task_id']}/cancel"
    answers = [await house.http.post(path, headers=key.headers) for key in (canceller, owner)]
    assert [answer.json()["status"] for answer in answers] == ["cancelled"] * 2
    assert [answer.json()["goal"] for answer in answers] == ["", "Count."]


async def test_a_server_that_stops_lets_its_waiters_go_with_the_truth(house: Any) -> None:
    task_id = await house.submit()
    waiting = asyncio.create_task(house.task(task_id, wait=60))
    while not house.app.state.completions._watchers:  # the request has arrived
        await asyncio.sleep(0)
    house.app.state.completions.close()
    assert (await waiting)["status"] == "pending"
