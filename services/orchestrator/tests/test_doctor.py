"""`octollm doctor`, as whoever sets a house up uses it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from redis_server import RedisServer
from scripted_reflex import ScriptedReflex

from app.migrate import head_revision
from octollm.cli import cli

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(database_url: str, reflex: ScriptedReflex, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `octollm doctor …` on the test's database and a scripted Reflex Layer."""
    monkeypatch.setenv("OCTOLLM_DATABASE_URL", database_url)
    monkeypatch.setenv("OCTOLLM_REFLEX_URL", reflex.url)
    monkeypatch.setenv("OCTOLLM_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OCTOLLM_SECRET_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: asyncio.to_thread(CliRunner().invoke, cli, ["doctor", *arguments])


async def checks(run: Run) -> dict[str, dict[str, str]]:
    found = json.loads((await run("--json")).stdout)["checks"]
    return {check["name"]: check for check in found}


async def test_everything_is_looked_at_and_a_warning_is_no_failure(run: Run) -> None:
    result = await run("--json")
    report = json.loads(result.stdout)
    states = {check["name"]: check["state"] for check in report["checks"]}
    assert (result.exit_code, report["ok"]) == (0, True)
    assert states == {
        "database": "ok",
        "clock": "ok",
        "migrations": "ok",
        "workers": "warning",
        "keys": "ok",
        "secret key": "ok",
        "reflex": "ok",
        "reflex redis": "ok",
        "redis": "ok",
        "models": "warning",
        "api": "warning",
    }
    assert all(check["mend"] for check in report["checks"] if check["state"] != "ok")


async def test_each_line_says_how_it_is_and_how_to_mend_it(run: Run) -> None:
    result = await run()
    assert "Start one: octollm worker" in result.stdout
    assert "Set OCTOLLM_MODEL to provider:name." in result.stdout
    assert f"at {head_revision()}, as this version needs" in result.stdout


async def test_a_database_that_is_away_fails_and_its_password_is_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_DATABASE_URL", "postgresql://me:canary@127.0.0.1:9/octollm")
    result = await run()
    assert result.exit_code == 1
    assert "127.0.0.1:9: Connection refused" in result.stdout
    assert "OCTOLLM_DATABASE_URL" in result.stdout
    assert "canary" not in result.output


async def test_a_database_that_is_behind_is_told_what_to_run(run: Run, database_url: str) -> None:
    await changed(database_url, "UPDATE alembic_version SET version_num = '0001'")
    found = (await checks(run))["migrations"]
    assert (found["state"], found["mend"]) == ("failed", "Run: octollm migrate")
    assert found["detail"] == f"at 0001, and this version needs {head_revision()}"


async def test_a_reflex_layer_that_is_away_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOLLM_REFLEX_URL", "http://127.0.0.1:9")
    result = await run()
    assert result.exit_code == 1
    assert "Start it: octollm reflex." in result.stdout


async def test_processes_that_screen_by_themselves_are_tried_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_REFLEX_URL", "in-process")
    found = (await checks(run))["reflex"]
    assert found["state"] == "ok"
    assert "each process screens by itself, ruleset " in found["detail"]
    monkeypatch.setenv("REFLEX_PORT", "many")
    assert (await checks(run))["reflex"]["detail"] == "REFLEX_PORT: must be a whole number"


async def test_a_redis_that_is_away_is_a_warning_and_its_password_is_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_REDIS_URL", "redis://:canary@127.0.0.1:9/0")
    result = await run("--json")
    found = {check["name"]: check for check in json.loads(result.stdout)["checks"]}["redis"]
    assert (result.exit_code, found["state"]) == (0, "warning")
    assert "OCTOLLM_REDIS_URL" in found["mend"]
    assert "canary" not in result.output


async def test_a_redis_that_answers_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, redis: RedisServer
) -> None:
    monkeypatch.setenv("OCTOLLM_REDIS_URL", redis.url)
    found = (await checks(run))["redis"]
    assert (found["state"], found["detail"]) == ("ok", "answers")


async def test_beyond_loopback_a_key_is_missed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOLLM_HOST", "0.0.0.0")
    found = (await checks(run))["keys"]
    assert found["state"] == "failed"
    assert "octollm keys create" in found["mend"]


async def test_a_model_that_cannot_be_used_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOLLM_MODEL", "openai-compatible:here")
    found = (await checks(run))["models"]
    assert found["state"] == "failed"
    assert "OCTOLLM_MODEL_BASE_URL" in found["detail"]


@pytest.mark.parametrize("key", ["", f"{'A' * 43}="])
async def test_a_key_that_does_not_open_what_is_kept_fails(
    run: Run, make_house: Any, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    house = await make_house(secret_key=Fernet.generate_key().decode())
    await house.submit("Write to jane.doe@example.com", pii_policy="redact")
    monkeypatch.setenv("OCTOLLM_SECRET_KEY", key)
    found = (await checks(run))["secret key"]
    assert found["state"] == "failed"
    assert "OCTOLLM_SECRET_KEY" in found["mend"]


async def changed(database_url: str, statement: str) -> None:
    connection = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    async with connection:
        await connection.execute(statement.encode())
