"""Who comes in, over real HTTP: keys, scopes, revocation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tenants import a_key

from app import key_desk
from app.api_keys import new_key
from app.keyring import AHEAD_SECONDS, STALE_SECONDS, Keyring

SECONDS = 5
"""What is promised: a key that is revoked lets nobody in after so long, whichever process."""


async def until(http: Any, status: int, headers: dict[str, str]) -> None:
    """Return once `GET /tasks` is answered so; fail after what is promised."""
    async with asyncio.timeout(SECONDS):
        while (await http.get("/tasks", headers=headers)).status_code != status:
            await asyncio.sleep(0.05)


async def test_a_laptop_needs_no_key(house: Any) -> None:
    await house.submit()
    assert len((await house.http.get("/tasks")).json()["tasks"]) == 1


async def test_what_was_submitted_without_keys_belongs_to_the_tenant_default(house: Any) -> None:
    task_id = await house.submit()
    own = await a_key(house.settings, "default")
    other = await a_key(house.settings, "acme")
    await until(house.http, 401, {})
    assert (await house.http.get(f"/tasks/{task_id}", headers=own.headers)).status_code == 200
    assert (await house.http.get(f"/tasks/{task_id}", headers=other.headers)).status_code == 404


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Basic YTpi", "Bearer octo_short", f"Bearer {new_key()}"],
    ids=["none", "empty", "bare", "basic", "short", "unknown"],
)
async def test_once_a_key_was_made_nobody_comes_in_without(
    house: Any, authorization: str | None
) -> None:
    await a_key(house.settings)
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await house.http.get("/tasks", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:octollm:problem:unauthenticated"
    assert "octo_" not in answer.text


@pytest.mark.parametrize("body", [b"{", b"x" * 500_000, b'{"goal": ""}'])
async def test_who_has_no_key_is_turned_away_before_the_body_is_read(
    house: Any, body: bytes
) -> None:
    await a_key(house.settings)
    assert (await house.http.post("/submit", content=body)).status_code == 401


async def test_beyond_loopback_a_key_is_needed_before_there_is_one(
    make_house: Callable[..., Any],
) -> None:
    house = await make_house(host="0.0.0.0")
    assert (await house.http.get("/tasks")).status_code == 401
    held = await a_key(house.settings)
    assert (await house.http.get("/tasks", headers=held.headers)).status_code == 200


async def test_beyond_loopback_it_can_be_opened_until_a_key_is_made(
    make_house: Callable[..., Any],
) -> None:
    house = await make_house(host="0.0.0.0", allow_unauthenticated=True)
    assert (await house.http.get("/tasks")).status_code == 200
    await a_key(house.settings)
    await until(house.http, 401, {})


async def test_a_key_lets_in_as_soon_as_it_is_made(house: Any) -> None:
    first = await a_key(house.settings)
    assert (await house.http.get("/tasks", headers=first.headers)).status_code == 200
    for _ in range(3):
        another = await a_key(house.settings)
        assert (await house.http.get("/tasks", headers=another.headers)).status_code == 200


async def test_keys_are_read_anew_before_anybody_waits_for_it(house: Any) -> None:
    now = 0.0
    keyring = Keyring(house.parts.database, lambda: now)
    assert not await keyring.any_made()
    held = await a_key(house.settings, "acme")
    now = (AHEAD_SECONDS + STALE_SECONDS) / 2
    async with asyncio.timeout(30):
        while (
            await keyring.find(held.key) is None
        ):  # what is known is not stale, and stays at first
            await asyncio.sleep(0)


async def test_a_revoked_key_is_out_within_five_seconds_in_every_process(
    make_house: Callable[..., Any],
) -> None:
    houses = [await make_house(), await make_house()]
    held = await a_key(houses[0].settings)
    for house in houses:
        assert (await house.http.get("/tasks", headers=held.headers)).status_code == 200
    await key_desk.revoke(houses[0].settings, held.id)
    await asyncio.gather(*(until(house.http, 401, held.headers) for house in houses))


async def test_revoking_the_last_key_opens_nothing(house: Any) -> None:
    held = await a_key(house.settings)
    await key_desk.revoke(house.settings, held.id)
    assert (await house.http.get("/tasks")).status_code == 401
    assert (await house.http.get("/tasks", headers=held.headers)).status_code == 401


async def test_an_expired_key_lets_nobody_in(house: Any) -> None:
    held = await a_key(house.settings, lives=timedelta(seconds=1))
    assert (await house.http.get("/tasks", headers=held.headers)).status_code == 200
    await until(house.http, 401, held.headers)


SCOPED = [
    ("POST", "/submit", "submit"),
    ("POST", "/documents", "submit"),
    ("GET", "/tasks", "read"),
    ("GET", "/documents", "read"),
    ("POST", "/tasks/00000000-0000-4000-8000-000000000000/cancel", "cancel"),
    ("DELETE", "/tasks/00000000-0000-4000-8000-000000000000/private", "admin"),
    ("DELETE", "/documents/00000000-0000-4000-8000-000000000000", "admin"),
]


@pytest.mark.parametrize(("method", "path", "scope"), SCOPED)
async def test_a_key_without_the_scope_is_told_which(
    house: Any, method: str, path: str, scope: str
) -> None:
    others = ",".join({"submit", "read", "cancel"} - {scope})
    lacking = await a_key(house.settings, scopes=others)
    having = await a_key(house.settings, scopes=scope)
    answer = await house.http.request(method, path, headers=lacking.headers)
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["type"] == "urn:octollm:problem:forbidden"
    assert problem["missing_scope"] == scope
    answer = await house.http.request(method, path, headers=having.headers)
    assert answer.status_code in (200, 404, 422)


async def test_it_is_noted_once_a_minute_that_a_key_is_used(make_house: Callable[..., Any]) -> None:
    first, second = await make_house(), await make_house()
    held = await a_key(first.settings)
    seen = set()
    for house in (first, first, second):
        assert (await house.http.get("/tasks", headers=held.headers)).status_code == 200
        (row,) = await key_desk.list_keys(house.settings)
        seen.add(row.last_used_at)
    assert len(seen) == 1
    assert None not in seen


async def test_while_nobody_can_be_told_apart_nobody_comes_in(
    make_house: Callable[..., Any],
) -> None:
    house = await make_house(database_url="postgresql://127.0.0.1:9/octollm", db_connect_timeout=1)
    headers = {"Authorization": f"Bearer {new_key()}"}
    answer = await house.http.get("/tasks", headers=headers)
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:octollm:problem:database-unavailable"
    assert (await house.http.get("/health")).status_code == 200


async def test_refusals_are_counted(house: Any) -> None:
    held = await a_key(house.settings, scopes="read")
    await house.http.get("/tasks")
    await house.http.post("/submit", headers=held.headers)
    lines = (await house.http.get("/metrics")).text.splitlines()
    for reason in ("unauthenticated", "forbidden"):
        assert f'octollm_requests_refused_total{{reason="{reason}"}} 1.0' in lines


async def test_no_log_holds_a_key(
    house: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    held, wrong = await a_key(house.settings), new_key()
    for key in (held.key, wrong):
        await house.http.get("/tasks", headers={"Authorization": f"Bearer {key}"})
    written = caplog.text + "".join(capsys.readouterr())
    assert "/tasks" in written
    assert held.key not in written
    assert wrong not in written


async def test_a_server_for_strangers_does_not_start_before_there_is_a_key(settings: Any) -> None:
    everywhere = settings.model_copy(update={"host": "0.0.0.0"})
    with pytest.raises(key_desk.KeysMissing, match="octollm keys create --tenant"):
        await key_desk.check_start(everywhere)
    await key_desk.check_start(settings)
    await key_desk.check_start(everywhere.model_copy(update={"allow_unauthenticated": True}))
    held = await a_key(settings)
    await key_desk.revoke(settings, held.id)
    await key_desk.check_start(everywhere)


async def test_with_the_database_away_it_starts_and_lets_nobody_in(settings: Any) -> None:
    away = {"host": "0.0.0.0", "database_url": "postgresql://127.0.0.1:9/octollm"}
    await key_desk.check_start(settings.model_copy(update=away))
