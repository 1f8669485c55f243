"""The `octollm` command against a scripted server: what it sends, prints and exits with."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from octollm.cli import cli

from .scripted_server import (
    DROP,
    TASK_ID,
    Answer,
    ScriptedServer,
    accepted,
    completed,
    problem,
    summary,
    task,
)

Run = Callable[..., Result]
AT_ONCE = {"Retry-After": "0"}
FINDINGS = [{"field": "goal", "kind": "Email", "start": 12, "end": 29}]


@pytest.fixture
def run(server: ScriptedServer) -> Run:
    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(cli, ["--url", server.url, *arguments], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


def test_submit_prints_the_task_s_id_and_how_to_follow_it(run: Run, server: ScriptedServer) -> None:
    server.answer(accepted())
    result = run("submit", "count the errors")
    assert result.exit_code == 0
    assert f"octollm show {TASK_ID} --wait 60" in result.stdout
    assert server.received[0].json == {"goal": "count the errors"}


def test_submit_sends_every_option_by_the_wire_s_name(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(b"\xef\xbb\xbfERROR caf\xc3\xa9\n")
    server.answer(accepted())
    options = "--arm digest --criteria short --criteria true --priority 5 --pii-policy allow"
    budget = "--max-tokens 10 --max-seconds 2.5 --max-cost 0"
    pairs = ["--constraint", "lines=3", "--constraint", "style=plain text", "--metadata", "a=b=c"]
    result = run("submit", "x", "--context", str(log), *options.split(), *budget.split(), *pairs)
    assert result.exit_code == 0, result.stderr
    assert server.received[0].json == {
        "goal": "x",
        "context": "ERROR café\n",
        "assigned_arm": "digest",
        "acceptance_criteria": ["short", "true"],
        "priority": 5,
        "pii_policy": "allow",
        "budget": {"max_tokens": 10, "max_time_seconds": 2.5, "max_cost_usd": 0},
        "constraints": {"lines": 3, "style": "plain text"},
        "metadata": {"a": "b=c"},
    }


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("true", True),
        ('["a"]', ["a"]),
        ('"5"', "5"),
        ("", ""),
        ("NaN", "NaN"),
        ("{", "{"),
        ("9" * 5000, "9" * 5000),
        ("[" * 100_000, "[" * 40_000),
    ],
)
def test_a_pair_s_value_is_json_if_it_parses_and_text_if_not(
    run: Run, server: ScriptedServer, value: str, sent: Any
) -> None:
    server.answer(accepted())
    value = value[:40_000]
    assert run("submit", "x", "--metadata", f"k={value}").exit_code == 0
    assert server.received[0].json["metadata"] == {"k": sent}


def test_a_goal_or_the_context_may_come_from_stdin(run: Run, server: ScriptedServer) -> None:
    server.answer(accepted(), accepted())
    run("submit", "-", stdin="count the errors\n")
    run("submit", "count", "--context", "-", stdin="ERROR a\n")
    assert [sent.json for sent in server.received] == [
        {"goal": "count the errors"},
        {"goal": "count", "context": "ERROR a\n"},
    ]


@pytest.mark.parametrize(
    ("stdin", "message"),
    [
        (b"\xff\xfe", "UTF-8"),
        (b"x" * 50_001, "50,000"),
        (b"x" * 300_000, "50,000"),
        (b"a\x00b", "NUL"),
    ],
)
def test_a_context_that_cannot_be_sent_is_a_usage_error(
    run: Run, server: ScriptedServer, stdin: bytes, message: str
) -> None:
    result = run("submit", "x", "--context", "-", stdin=stdin)
    assert result.exit_code == 2
    assert message in result.stderr
    assert server.received == []


def test_a_file_that_cannot_be_read_to_its_end_is_a_usage_error(run: Run) -> None:
    unreadable = Path("/proc/self/mem")
    if not unreadable.exists():
        pytest.skip("needs /proc/self/mem, whose first byte cannot be read")
    result = run("submit", "x", "--context", str(unreadable))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit"],
        ["submit", ""],
        ["submit", "\udcff"],
        ["submit", "x", "--timeout", "5"],
        ["submit", "-", "--context", "-"],
        ["submit", "x", "--context", "/no/such/file"],
        ["submit", "x", "--criteria", '{"type":'],
        ["submit", "x", "--constraint", "novalue"],
        ["submit", "x", "--constraint", "=novalue"],
        ["submit", "x", "--metadata", "a=1", "--metadata", "a=2"],
        ["submit", "x", "--max-tokens", "0"],
        ["submit", "x", "--max-seconds", "nan"],
        ["submit", "x", "--arm", "No Arm"],
        ["submit", "x", "--pii-policy", "maybe"],
        ["tasks", "--status", "done"],
        ["show", "not-an-id"],
        ["cancel", "../submit"],
        ["nonsense"],
    ],
)
def test_what_the_user_must_write_otherwise_is_2_and_sends_nothing(
    run: Run, server: ScriptedServer, arguments: list[str]
) -> None:
    result = run(*arguments, stdin="x")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error" in result.stderr
    assert server.received == []


def test_submit_and_wait_shows_the_result(run: Run, server: ScriptedServer) -> None:
    server.answer(accepted(), Answer(200, task("processing")), Answer(200, completed()))
    result = run("submit", "x", "--wait")
    assert result.exit_code == 0
    assert "3 errors" in result.stdout
    for fact in (TASK_ID, "completed", "digest", "1.25 s", "12 of 10,000 tokens"):
        assert fact in result.stdout


@pytest.mark.parametrize("status", ["failed", "cancelled"])
@pytest.mark.parametrize("command", ["submit", "show"])
def test_a_task_that_did_not_complete_is_1(
    run: Run, server: ScriptedServer, status: str, command: str
) -> None:
    error = {
        "type": "urn:octollm:problem:arm-failed",
        "title": "The arm",
        "detail": "No [log] in it",
    }
    ended = Answer(200, task(status, error=error if status == "failed" else None))
    server.answer(*([accepted(), ended] if command == "submit" else [ended]))
    result = run("submit", "x", "--wait") if command == "submit" else run("show", TASK_ID)
    assert result.exit_code == 1
    assert status in result.stdout
    assert ("No [log] in it" in result.stdout) is (status == "failed")


def test_a_wait_that_runs_out_says_how_to_go_on(run: Run, server: ScriptedServer) -> None:
    server.answer(accepted(), Answer(200, task("processing")))
    result = run("submit", "x", "--wait", "--timeout", "0")
    assert result.exit_code == 1
    assert f"octollm show {TASK_ID}" in result.stderr
    assert f"octollm cancel {TASK_ID}" in result.stderr


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_task_is_named_when_the_server_goes_away_while_it_is_waited_for(
    run: Run, server: ScriptedServer, as_json: list[str]
) -> None:
    away = problem("reflex-unavailable", 503, {"Retry-After": "900"})
    server.answer(accepted(), away)
    result = run("submit", "x", "--wait", *as_json)
    assert result.exit_code == 3
    if as_json:
        assert json.loads(result.stdout)["task_id"] == TASK_ID
    else:
        assert "The task was accepted" in result.stderr
        assert f"octollm show {TASK_ID}" in result.stderr


def test_show_prints_a_task_that_goes_on(run: Run, server: ScriptedServer) -> None:
    server.answer(Answer(200, task("processing", cancel_requested=True)))
    result = run("show", TASK_ID)
    assert result.exit_code == 0
    assert "processing (to be cancelled)" in result.stdout


def test_show_waits_as_long_as_told_and_then_shows_what_there_is(
    run: Run, server: ScriptedServer
) -> None:
    server.answer(Answer(200, task()), Answer(200, task()))
    result = run("show", TASK_ID, "--wait", "0")
    assert result.exit_code == 0
    assert "not started yet" in result.stdout
    server.answer(Answer(200, task()), Answer(200, completed()))
    assert "3 errors" in run("show", TASK_ID, "--wait", "90").stdout


@pytest.mark.parametrize("width", [68, 90, 200])
def test_tasks_is_a_table_that_fits_the_terminal(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    goals = ["two\nlines", "l" * 500, "漢字" * 200]
    page = {"tasks": [summary("processing", goal=goal) for goal in goals], "next_cursor": "more"}
    server.answer(Answer(200, page))
    monkeypatch.setenv("COLUMNS", str(width))
    result = run("tasks", "--status", "processing", "--limit", "3")
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["task", "status", "age", "goal"]
    assert max(map(cell_len, lines)) <= width
    assert [line.split()[:2] for line in lines[1:]] == [[TASK_ID, "processing"]] * 3
    assert "two lines" in lines[1]
    assert all(line.rstrip().endswith("…") for line in lines[2:])
    assert "--limit" in result.stderr
    assert server.received[0].query == {"status": "processing", "limit": "3"}


@pytest.mark.parametrize("width", [40, 67])
def test_a_narrow_terminal_gets_the_whole_id_and_the_status_and_the_goal_below(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    server.answer(Answer(200, {"tasks": [summary()], "next_cursor": None}))
    monkeypatch.setenv("COLUMNS", str(width))
    lines = run("tasks").stdout.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "".join(line.split()[0] for line in lines[1:]).startswith(TASK_ID)
    assert "pending" in lines[1]
    assert "count the" in lines[-1]


def test_no_tasks_says_how_to_hand_one_in(run: Run, server: ScriptedServer) -> None:
    server.answer(Answer(200, {"tasks": [], "next_cursor": None}))
    result = run("tasks")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "octollm submit" in result.stderr


@pytest.mark.parametrize(
    ("status", "said"), [("cancelled", "Cancelled:"), ("processing", "To be cancelled:")]
)
def test_cancel_says_how_the_task_is_now(
    run: Run, server: ScriptedServer, status: str, said: str
) -> None:
    server.answer(Answer(202, summary(status)))
    result = run("cancel", TASK_ID)
    assert result.exit_code == 0
    assert said in result.stdout


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (problem("pii-detected", 422, findings=FINDINGS), 1, "--pii-policy allow"),
        (problem("injection-detected", 422, findings=FINDINGS), 1, "Reword"),
        (problem("task-not-found", 404), 1, "octollm tasks"),
        (problem("illegal-transition", 409), 1, "A detail"),
        (problem("idempotency-key-reused", 422), 1, "A detail"),
        (problem("unknown-arm", 422), 2, "A detail"),
        (problem("invalid-request", 422, errors=[{"field": "goal", "message": "m"}]), 2, "goal"),
        (problem("body-too-large", 413), 2, "too large"),
        (problem("rate-limited", 429, {"Retry-After": "900"}), 3, "in 900 s"),
        (problem("reflex-unavailable", 503, {"Retry-After": "900"}), 3, "in 900 s"),
        (problem("internal-error", 500, request_id="r-7"), 3, "r-7"),
        (problem("key-unknown", 401), 1, "OCTOLLM_API_KEY"),
        (problem("forbidden", 403, missing_scope="submit"), 1, "the scope submit"),
        (Answer(200, b"<html>"), 3, "could not be read"),
        (Answer(418, b"<html>"), 1, "418"),
    ],
)
def test_every_refusal_is_one_block_on_stderr_and_an_exit_code(
    run: Run, server: ScriptedServer, answer: Answer, code: int, said: str
) -> None:
    server.answer(answer)
    result = run("submit", "x")
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_findings_are_a_table_of_field_kind_and_span(run: Run, server: ScriptedServer) -> None:
    server.answer(problem("pii-detected", 422, findings=[*FINDINGS, "not an object"]))
    lines = [line.split() for line in run("submit", "x").stderr.splitlines()]
    assert ["field", "kind", "start", "end"] in lines
    assert ["goal", "Email", "12", "29"] in lines


def test_a_server_that_is_away_is_3_and_says_how_to_start_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        result = CliRunner().invoke(cli, ["--url", url, "tasks"])
    assert result.exit_code == 3
    assert "octollm up" in result.stderr


def test_overload_without_a_time_says_try_later(run: Run, server: ScriptedServer) -> None:
    server.answer(*[Answer(503, b"")] * 4)
    assert "Try again later" in run("tasks").stderr


def test_a_dropped_connection_is_tried_again(run: Run, server: ScriptedServer) -> None:
    server.answer(DROP, accepted())
    assert run("submit", "x").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "answers", "code"),
    [
        (["submit", "x"], [accepted()], 0),
        (["submit", "x", "--wait"], [accepted(), Answer(200, completed("\x1b[2J\x9b2Jé"))], 0),
        (["submit", "x", "--wait"], [accepted(), Answer(200, task("failed"))], 1),
        (
            ["submit", "x", "--wait", "--timeout", "0"],
            [accepted(), Answer(200, task())],
            1,
        ),
        (["submit", "x"], [problem("pii-detected", 422, findings=FINDINGS)], 1),
        (["submit", " "], [], 2),
        (["tasks"], [Answer(200, {"tasks": [summary()], "next_cursor": "c"})], 0),
        (["show", TASK_ID], [Answer(200, completed())], 0),
        (["show", TASK_ID], [problem("task-not-found", 404)], 1),
        (["show", TASK_ID], [Answer(500, b"<html>")], 3),
        (["cancel", TASK_ID], [Answer(202, summary())], 0),
    ],
)
def test_json_is_all_there_is_on_both_streams(
    run: Run, server: ScriptedServer, arguments: list[str], answers: list[Answer], code: int
) -> None:
    server.answer(*answers)
    result = run(*arguments, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (code, "")
    assert result.stdout.isascii()
    assert {"task_id", "tasks", "type"} & document.keys()


def test_a_key_is_sent_and_never_shown(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_API_KEY", "key-from-outside")
    server.answer(problem("forbidden", 403))
    result = run("tasks")
    assert server.received[0].headers["authorization"] == "Bearer key-from-outside"
    assert "key-from-outside" not in result.output + run("--help").output


@pytest.mark.parametrize(("key", "told"), [("", False), ("octo_old", True)])
def test_who_gave_a_wrong_key_is_told_so(
    run: Run, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, key: str, told: bool
) -> None:
    monkeypatch.setenv("OCTOLLM_API_KEY", key)
    server.answer(problem("unauthenticated", 401))
    said = run("tasks").stderr
    assert ("not a key of this server" in said) is told
    assert "Set OCTOLLM_API_KEY" in said
    assert "octo_old" not in said


def test_money_is_written_in_dollars(run: Run, server: ScriptedServer) -> None:
    server.answer(Answer(200, completed()))
    assert re.search(
        r"used +[\d,]+ of [\d,]+ tokens, \$\d+\.\d\d+ of \$1\.00", run("show", TASK_ID).stdout
    )
