"""How many statements a task costs the database: a number, which no machine makes larger."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest
from test_account import ASK, account_of, bought

from app.runner import TaskRunner

PROBE = ";"
"""What the pool asks a connection before it gives it out."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent to the database from here on, but for commits and probes."""
    sent: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noted(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        if query not in (PROBE, ""):
            sent.append(str(query))
        return await execute(self, query, *arguments, **named)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", noted)
    return sent


async def run(runner: TaskRunner, *task_ids: str) -> None:
    await asyncio.gather(*(runner.handle(UUID(task_id), lambda: False) for task_id in task_ids))


async def test_a_submit_costs_one_statement(
    house: Any, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what is read once a second: the queue, and the keys."""
    for known in ("turns.FRESH", "turns.AHEAD", "backlog.FAR", "backlog.AHEAD"):
        monkeypatch.setattr(f"app.{known}_SECONDS", 600.0)
    for known in ("STALE", "AHEAD"):
        monkeypatch.setattr(f"app.keyring.{known}_SECONDS", 600.0)
    await house.submit()
    statements.clear()
    await house.submit()
    assert len(statements) == 1, statements


async def test_a_task_without_a_model_costs_a_worker_three(
    house: Any, statements: list[str]
) -> None:
    """Claim; status; result."""
    ids = [await house.submit() for _ in range(2)]
    runner = TaskRunner(house.parts)
    await run(runner, ids[0])
    statements.clear()
    await run(runner, ids[1])
    assert len(statements) == 3, statements
    assert (await house.task(ids[1]))["status"] == "completed"


async def test_a_model_call_costs_a_worker_two(house: Any, statements: list[str]) -> None:
    account = await account_of(house, await house.submit())
    statements.clear()
    await bought(account, ASK)
    assert len(statements) == 2, statements


async def test_submits_of_one_moment_share_their_statements(
    house: Any, statements: list[str]
) -> None:
    await house.submit()
    statements.clear()
    await asyncio.gather(*(house.submit() for _ in range(40)))
    assert len(statements) <= 40, statements


async def test_tasks_of_one_moment_share_their_statements(
    house: Any, statements: list[str]
) -> None:
    ids = [await house.submit() for _ in range(41)]
    runner = TaskRunner(house.parts)
    await run(runner, ids[0])
    statements.clear()
    await run(runner, *ids[1:])
    worked = len(statements)
    assert {(await house.task(task_id))["status"] for task_id in ids} == {"completed"}
    assert worked <= 40, worked
