"""Under `redact` nobody but the owner sees a private value: no model, log, event or table."""

from __future__ import annotations

import asyncio
import json
import subprocess
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from scripted_models import events_of, thinking
from sqlalchemy import update

from app import call_store, rotation
from app.embedded_programs import find_programs
from app.models import Task
from app.retention import forget
from app.vault import Vault, new_key
from arms.scripted import Reply

VALUES = {
    "email": "anna.kowalska@example.org",
    "email2": "b.tester@example.net",
    "phone": "+49 30 901820",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ip": "81.2.69.142",
    "key": "AKIAIOSFODNN7EXAMPLF",
    "token": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "ssn": "536-22-8145",
    "password": "hunter2pw",
}
GOAL = "Write to {email} (SSN: {ssn}) about the card {card} and call {phone}."
CONTEXT = "IBAN {iban}, from {ip}, key {key}, token {token}. Also {email2}; see https://alice:{password}@db.example.org/x."
SECRET: dict[str, Any] = {"secret_key": new_key()}


def task() -> dict[str, Any]:
    return {
        "goal": GOAL.format(**VALUES),
        "context": CONTEXT.format(**VALUES),
        "metadata": {"owner": VALUES["email"], VALUES["email2"]: [VALUES["phone"]]},
        "constraints": {"note": f"for {VALUES['email']}"},
        "assigned_arm": "assistant",
        "pii_policy": "redact",
    }


async def stored(house: Any) -> str:
    """Return a dump of all that the database holds, by PostgreSQL's own program."""
    program = find_programs(None).bin_dir / "pg_dump"
    command = [str(program), "--data-only", house.settings.database_url]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True
    )
    return str(done.stdout)


async def test_ten_values_are_seen_by_the_owner_and_by_nobody_else(
    make_house: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def echo(request: Any) -> Reply:
        return Reply(request.text.split("Goal:")[-1])

    async with thinking(make_house, echo, **SECRET) as (house, provider):
        task_id = await house.submit(**task())
        ended = await house.ended(task_id)
        assert ended["status"] == "completed", ended
        tables = await stored(house)
        sent = json.dumps([entry.body for entry in provider.ledger.entries])
        listed = (await house.http.get("/tasks")).text
    written = capfd.readouterr()
    for name, value in VALUES.items():
        assert value in ended["result"]["output"], name
        for where in (tables, sent, listed, written.out, written.err, caplog.text):
            assert value not in where, name


async def test_the_model_s_own_private_data_are_hidden_too(make_house: Any) -> None:
    script = [Reply("Call Bob at +49 30 901820 or write to bob@example.org.")]
    async with thinking(make_house, script, **SECRET) as (house, _):
        task_id = await house.submit(
            "Whom do I call?", assigned_arm="assistant", pii_policy="redact"
        )
        ended = await house.ended(task_id)
        assert "bob@example.org" in ended["result"]["output"]
        assert "bob@example.org" not in await stored(house)


async def test_a_purge_takes_the_values_and_leaves_the_task(make_house: Any) -> None:
    script = [Reply("Written to <EMAIL_1>.")]
    async with thinking(make_house, script, **SECRET) as (house, _):
        task_id = await house.submit(
            f"Write to {VALUES['email']}.", assigned_arm="assistant", pii_policy="redact"
        )
        ended = await house.ended(task_id)
        assert ended["result"]["output"] == f"Written to {VALUES['email']}."
        for _ in range(2):
            answer = await house.http.delete(f"/tasks/{task_id}/private")
            assert answer.status_code == 204
        assert (await house.task(task_id))["result"]["output"] == "Written to <EMAIL_1>."
        missing = await house.http.delete(f"/tasks/{uuid4()}/private")
        assert missing.status_code == 404


async def test_without_a_key_nothing_is_taken_in(house: Any) -> None:
    answer = await house.http.post("/submit", json={"goal": "Hi", "pii_policy": "redact"})
    assert answer.status_code == 422
    assert "OCTOLLM_SECRET_KEY" in answer.json()["detail"]
    assert answer.json()["errors"][0]["field"] == "pii_policy"


async def test_the_same_key_and_body_are_one_task_under_redact(make_house: Any) -> None:
    async with thinking(make_house, [Reply("Done.")], **SECRET) as (house, _):
        ids = set()
        for _ in range(2):
            answer = await house.http.post(
                "/submit", json=task(), headers={"Idempotency-Key": "once"}
            )
            ids.add(answer.json()["task_id"])
        other = await house.http.post(
            "/submit", json=task() | {"goal": "Other"}, headers={"Idempotency-Key": "once"}
        )
        assert len(ids) == 1
        assert other.json()["type"].endswith("idempotency-key-reused")


async def test_a_value_in_json_is_put_back_as_json(make_house: Any) -> None:
    script = [Reply('{"to": "<EMAIL_1>", "again": "<email_1>"}')]
    async with thinking(make_house, script, **SECRET) as (house, _):
        task_id = await house.submit(
            f"Write to {VALUES['email']}.", assigned_arm="assistant", pii_policy="redact"
        )
        output = json.loads((await house.ended(task_id))["result"]["output"])
        assert output == {"to": VALUES["email"], "again": VALUES["email"]}


async def test_values_outlive_a_change_of_keys(make_house: Any) -> None:
    old, new = new_key(), new_key()
    script = [Reply("Written to <EMAIL_1>.")]
    async with thinking(make_house, script, secret_key=old) as (house, _):
        task_id = await house.submit(
            f"Write to {VALUES['email']}.", assigned_arm="assistant", pii_policy="redact"
        )
        await house.ended(task_id)
    both = house.settings.model_copy(update={"secret_key": f"{new},{old}"})
    assert await rotation.rotate(both) == 1
    after = await make_house(secret_key=new)
    assert VALUES["email"] in (await after.task(task_id))["result"]["output"]
    lost = await make_house(secret_key=new_key())
    answer = await lost.http.get(f"/tasks/{task_id}")
    assert answer.json()["type"].endswith("private-values-unreadable")


async def test_what_models_answered_outlives_a_change_of_keys(make_house: Any) -> None:
    """A task between two attempts is not paid for twice because its key was changed."""
    old, new = new_key(), new_key()
    script = [
        Reply("It is done.", when="You work on one goal"),
        Reply(status=500, when="You judge whether", times=None),
    ]
    models = {"model_retries": 0}
    asked = {"assigned_arm": "assistant", "acceptance_criteria": ["It is done."]}
    async with thinking(make_house, script, models=models, secret_key=old, retry_backoff=30) as (
        house,
        _,
    ):
        task_id = await house.submit("Do it.", **asked)
        async with asyncio.timeout(20):
            while not await events_of(house, task_id, "task.handed_back"):
                await asyncio.sleep(0.05)
    both = house.settings.model_copy(update={"secret_key": f"{new},{old}"})
    await rotation.rotate(both)
    async with house.parts.database.transaction() as session:
        call, *_ = await call_store.list_calls(session, UUID(task_id))
    assert call.response is not None
    answer = Vault([new]).unlock(call.response["locked"].encode())
    assert "It is done." in str(answer)


async def test_values_are_erased_when_they_were_kept_long_enough(make_house: Any) -> None:
    script = [Reply("Written to <EMAIL_1>."), Reply("Written to <EMAIL_1>.")]
    async with thinking(make_house, script, private_days=7, **SECRET) as (house, _):
        old, young = [
            await house.submit(
                f"Write to {VALUES['email']}.", assigned_arm="assistant", pii_policy="redact"
            )
            for _ in range(2)
        ]
        await asyncio.gather(house.ended(old), house.ended(young))
        async with house.parts.database.transaction() as session:
            past = update(Task).where(Task.id == UUID(old))
            await session.execute(past.values(finished_at=Task.finished_at - timedelta(days=8)))
        await forget(house.parts, asyncio.Event())
        assert (await house.task(old))["result"]["output"] == "Written to <EMAIL_1>."
        assert VALUES["email"] in (await house.task(young))["result"]["output"]


async def test_a_task_that_has_not_ended_keeps_its_values(make_house: Any) -> None:
    async with thinking(make_house, [Reply(hang=True)], **SECRET) as (house, provider):
        task_id = await house.submit(
            f"Write to {VALUES['email']}.", assigned_arm="assistant", pii_policy="redact"
        )
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        answer = await house.http.delete(f"/tasks/{task_id}/private")
        assert answer.status_code == 409
        await house.http.post(f"/tasks/{task_id}/cancel")
        await house.ended(task_id)
        assert (await house.http.delete(f"/tasks/{task_id}/private")).status_code == 204
