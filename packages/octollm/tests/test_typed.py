"""Who checks types strictly sees every type of the client, and `Any` nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from octollm import AsyncClient, Client, TaskRequest
from octollm.errors import InvalidRequest, OctoError, RefusedByPolicy
from octollm.receipt import flaw_in


def main() -> None:
    with Client("http://127.0.0.1:8000", api_key="key", retries=1) as client:
        accepted = client.submit(
            "Count", assigned_arm="digest", acceptance_criteria=["short"], constraints={"lines": 3}
        )
        client.submit(TaskRequest(goal="Count"), idempotency_key="mine")
        task = client.wait(accepted.task_id, timeout=60)
        print(task.metadata, task.acceptance_criteria, task.spend.tokens)
        if task.result is not None:
            print(task.result.output, task.result.data, task.result.judgements)
        for each in client.tasks(status="failed"):
            print(each.goal, client.cancel(each.task_id).status)
        for event in client.events(task.task_id):
            print(event.type, event.data, event.created_at)
        for document in client.documents():
            print(document.name)
        print(client.ready(), client.info(), flaw_in(client.receipt(task.task_id)))
        print(client.list(limit=5).next_cursor)
        try:
            client.add_document("notes", "text")
        except RefusedByPolicy as error:
            print([found["kind"] for found in error.findings], error.extra)
        except InvalidRequest as error:
            print([fault["field"] for fault in error.errors])
        except OctoError as error:
            print(error.detail, error.retry_after, error.request_id, error.problem())


async def same() -> None:
    async with AsyncClient() as client:
        accepted = await client.submit("Count")
        print((await client.wait(accepted.task_id)).status)
        async for each in client.tasks():
            print(each.goal)
        async for event in client.events(accepted.task_id):
            print(event.data)
"""


def test_a_strictly_typed_program_meets_no_any(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    strictly = ["--strict", "--disallow-any-expr", "--disallow-any-explicit", "--warn-unreachable"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *strictly, "--cache-dir", "cache", program.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
