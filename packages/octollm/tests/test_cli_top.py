"""`octollm top` and `octollm completion`: what they ask, and what they print at which width."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from octollm.cli import cli
from octollm.contracts import TaskResponse
from octollm.overview import used

from .scripted_server import PATIENCE_SECONDS, TASK_ID, Answer, ScriptedServer, problem, summary
from .scripted_server import task as described

Run = Callable[..., Result]
PROGRAM = Path(sys.executable).with_name("octollm")
READY = Answer(
    200,
    {"status": "ready", "checks": {"database": "ok", "reflex": "ok"}, "arms": {"digest": "ok"}},
)


@pytest.fixture
def run(server: ScriptedServer) -> Run:
    return lambda *arguments: CliRunner().invoke(cli, ["--url", server.url, *arguments])


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def page(*tasks: dict[str, Any], following: str | None = None) -> Answer:
    return Answer(200, {"tasks": list(tasks), "next_cursor": following})


def look(health: Answer = READY) -> list[Answer]:
    """Return the answers to one look: pages by status, what failed, the health, what runs."""
    started = {"started_at": ago(minutes=2), "assigned_arm": "drill"}
    ended = {"finished_at": ago(seconds=5), "started_at": ago(seconds=9)}
    goal = {"goal": "Count 数えてください, and say it in as few words as there can be, please"}
    why = {"type": "urn:octollm:problem:arm-failed", "title": "No", "detail": "It was told to."}
    spend = {"tokens": 2_500, "cost_usd": 0.5, "seconds": 0}
    return [
        page(summary()),
        page(summary("processing", **started, **goal)),
        page(summary("completed", **ended), following="more"),
        page(summary("failed", **ended)),
        page(),
        Answer(200, described("failed", error=why, **ended)),
        health,
        Answer(200, described("processing", spend=spend, **started, **goal)),
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_an_overview_fits_the_terminal(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    server.answer(*look())
    result = run("top")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "database ok  reflex ok  1 of 1 arms ready" in result.stdout
    assert "completed 1+" in result.stdout
    assert "2 in the last hour" in result.stdout
    running = next(line for line in lines if "drill" in line)
    assert running.startswith(TASK_ID if width == 120 else TASK_ID[:8])
    assert "50%" in running
    assert ("2,500/10,000" in running) == (width >= 80)
    assert "It was told to." in result.stdout


def test_what_a_server_lacks_is_shown(run: Run, server: ScriptedServer) -> None:
    away = problem("unavailable", 503, checks={"database": "ok", "reflex": "away"})
    server.answer(*look(away))
    assert "reflex away" in run("top", "--once").stdout


def test_an_overview_is_printed_as_json(run: Run, server: ScriptedServer) -> None:
    server.answer(*look())
    seen = json.loads(run("top", "--json").stdout)
    assert seen["counts"]["completed"] == {"number": 1, "more": True}
    assert seen["checks"] == {"database": "ok", "reflex": "ok"}
    assert [task["task_id"] for task in seen["running"]] == [TASK_ID]
    assert seen["failures"][0]["error"]["detail"] == "It was told to."


def test_without_a_server_there_is_no_overview(run: Run, server: ScriptedServer) -> None:
    server.answer(problem("unauthenticated", 401))
    assert run("top").exit_code == 1


def test_the_part_of_its_budget_a_task_has_used_is_that_of_what_is_nearest_its_end() -> None:
    now = datetime.now(UTC)
    task = TaskResponse.model_validate(
        described("processing", started_at=(now - timedelta(seconds=150)).isoformat())
    )
    assert used(task, now) == pytest.approx(150 / task.budget.max_time_seconds)


@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_q_and_ctrl_c_end_the_live_view_and_give_the_screen_back(
    server: ScriptedServer, key: bytes
) -> None:
    server.answer(*look())
    ours, theirs = pty.openpty()
    command = [str(PROGRAM), "--url", server.url, "top", "--every", "600"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        try:
            shown = _until(ours, b"It was told to.")
            os.write(ours, key) if key == b"q" else process.send_signal(signal.SIGINT)
            shown += _until(ours, b"\x1b[?1049l")
            assert process.wait(PATIENCE_SECONDS) == 0
        finally:
            process.kill()  # or nobody would hear of a failure: leaving waits for its end
            os.close(ours)
    assert b"\x1b[?1049h" in shown


def _until(terminal: int, text: bytes) -> bytes:
    """Return what was written to a terminal, up to a text."""
    read = b""
    while text not in read:
        assert select.select([terminal], [], [], PATIENCE_SECONDS)[0], read
        read += os.read(terminal, 65_536)
    return read


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_what_completes_commands(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell], prog_name="octollm")
    assert result.exit_code == 0
    assert f"_OCTOLLM_COMPLETE={shell}_complete" in result.stdout


def test_bash_completes_commands_and_the_values_of_options() -> None:
    def completed(words: str, number: int) -> list[str]:
        asked = {
            "COMP_WORDS": words,
            "COMP_CWORD": str(number),
            "_OCTOLLM_COMPLETE": "bash_complete",
        }
        done = subprocess.run(
            [PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert "plain,tasks" in completed("octollm ta", 1)
    assert completed("octollm tasks --status c", 3) == ["plain,completed", "plain,cancelled"]
