"""The command as a process: streams, signals, pipes, terminals and commands of other packages."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from octollm.cli import cli

from .scripted_server import (
    PATIENCE_SECONDS,
    TASK_ID,
    Answer,
    ScriptedServer,
    accepted,
    completed,
    problem,
    summary,
    task,
)

COMMAND = [sys.executable, "-c", "from octollm.cli import main; main()"]


def environment(server: ScriptedServer, **more: str) -> Mapping[str, str]:
    return {**os.environ, "OCTOLLM_URL": server.url, **more}


def run(server: ScriptedServer, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(server, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def start(server: ScriptedServer, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        env=environment(server),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_process_ends_with_the_exit_code_and_pure_json(server: ScriptedServer) -> None:
    server.answer(accepted(), problem("pii-detected", 422))
    first = run(server, "submit", "x", "--json")
    second = run(server, "submit", "x", "--json")
    assert (first.returncode, json.loads(first.stdout)["task_id"]) == (0, TASK_ID)
    assert (second.returncode, json.loads(second.stdout)["status"]) == (1, 422)


def test_a_narrow_encoding_is_no_error(server: ScriptedServer) -> None:
    server.answer(Answer(200, completed("naïve 漢字")))
    done = run(server, "show", TASK_ID, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"na\xefve" in done.stdout


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_ctrl_c_while_waiting_leaves_the_task_and_says_so(
    server: ScriptedServer, as_json: list[str]
) -> None:
    over = threading.Event()
    server.answer(accepted(), Answer(200, task("processing")), Answer(after=over, drop=True))
    process = start(server, "submit", "x", "--wait", *as_json)
    for _ in range(3):
        server.arrival()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    over.set()
    assert process.returncode == 130
    assert "Traceback" not in stderr
    if as_json:
        assert json.loads(stdout)["status"] == "processing"
    else:
        assert "the task goes on" in stderr
        assert f"octollm cancel {TASK_ID}" in stderr


def test_ctrl_c_while_handing_in_is_130_too(server: ScriptedServer) -> None:
    over = threading.Event()
    server.answer(Answer(after=over, drop=True))
    process = start(server, "submit", "x")
    server.arrival()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    over.set()
    assert process.returncode == 130
    assert "Interrupted" in stderr


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_reader_that_left_causes_no_traceback(server: ScriptedServer, as_json: list[str]) -> None:
    over = threading.Event()
    page = {"tasks": [summary()] * 500, "next_cursor": None}
    server.answer(Answer(200, page, after=over))
    process = start(server, "tasks", *as_json)
    assert process.stdout is not None
    server.arrival()
    process.stdout.close()
    over.set()
    assert process.stderr is not None
    stderr = process.stderr.read()
    process.stderr.close()
    process.wait(PATIENCE_SECONDS)
    assert "Error" not in stderr
    assert "Exception" not in stderr


@pytest.mark.parametrize("events", ["told", "unknown"])
def test_a_terminal_shows_how_far_the_task_is(server: ScriptedServer, events: str) -> None:
    """An older server has no events; then it is only asked how far the task is."""
    line = json.dumps(
        {
            "task_id": TASK_ID,
            "type": "task.completed",
            "data": {"arm": "digest"},
            "created_at": "2026-11-01T10:00:02Z",
        }
    )
    frames = f"id: 1\nevent: task.completed\ndata: {line}\n\n".encode()
    told = Answer(200, frames, {"Content-Type": "text/event-stream"})
    server.tell(told if events == "told" else problem("not-found", 404))
    server.answer(accepted(), Answer(200, task("processing", attempt=2)), Answer(200, completed()))
    own, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "submit", "x", "--wait"],
        env=environment(server, TERM="xterm", COLUMNS="120"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    stdout, _ = process.communicate(timeout=PATIENCE_SECONDS)
    seen = os.read(own, 65_536).decode()
    os.close(own)
    assert process.returncode == 0
    assert TASK_ID in seen
    assert "completed" in seen
    assert ("task.completed" in seen) == (events == "told")
    assert "3 errors" in stdout
    assert "\x1b" not in stdout


def package(folder: Path, name: str, commands: Mapping[str, str], code: str) -> None:
    """Lay an installed package with commands into a folder of the import path."""
    (folder / f"{name}.py").write_text(code)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    points = "".join(f"{command} = {target}\n" for command, target in commands.items())
    (info / "entry_points.txt").write_text(f"[octollm.commands]\n{points}")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (
        "import click\n"
        "from octollm.cli_server import Server\n"
        "@click.command()\n"
        "def hello():\n"
        '    """Say hello."""\n'
        "    click.echo(click.get_current_context().find_object(Server).url)\n"
        "no_command = 1\n"
    )
    names = {
        "hello": "third_good:hello",
        "odd": "third_good:no_command",
        "show": "third_good:hello",
    }
    package(tmp_path, "third_good", names, good)
    broken = "raise RuntimeError('first\\nsecond \\x1b[2J')\n"
    package(tmp_path, "third_broken", {"broken": "third_broken:main"}, broken)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("packages")
def test_help_lists_the_commands_of_other_packages_and_why_one_is_missing() -> None:
    help_text = CliRunner().invoke(cli, ["--help"], terminal_width=120).output
    assert "Say hello." in help_text
    assert "unavailable: RuntimeError: first second ␛[2J" in help_text
    assert "unavailable: third_good:no_command is not a click command" in help_text
    assert "Show a task" in help_text


@pytest.mark.usefixtures("packages")
def test_a_command_of_another_package_runs_and_knows_the_server() -> None:
    result = CliRunner().invoke(cli, ["--url", "http://x", "hello"])
    assert (result.exit_code, result.stdout) == (0, "http://x\n")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("arguments", [[], ["--port", "1", "x"]])
def test_a_command_that_cannot_be_imported_gives_the_reason(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["broken", *arguments])
    assert result.exit_code == 1
    assert "'broken' is not available here: RuntimeError: first second" in result.stderr


@pytest.mark.usefixtures("packages")
def test_no_other_package_takes_over_a_command_of_ours(server: ScriptedServer) -> None:
    server.answer(Answer(200, completed()))
    assert CliRunner().invoke(cli, ["--url", server.url, "show", TASK_ID]).exit_code == 0


def test_the_version_is_the_package_s() -> None:
    from importlib.metadata import version

    assert version("octollm") in CliRunner().invoke(cli, ["--version"]).output
