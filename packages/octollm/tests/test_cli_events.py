"""`octollm watch` and `octollm verify` against a scripted server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from octollm.cli import cli
from octollm.receipt import GENESIS, Line, Receipt, ReceiptEvent, flaw_in, hash_of

from .scripted_server import TASK_ID, Answer, ScriptedServer, completed, problem
from .test_following import COMPLETED, STARTED, SUBMITTED, frame, stream

Run = Callable[..., Result]


@pytest.fixture
def run(server: ScriptedServer) -> Run:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--url", server.url, *arguments])

    return invoke


def receipt(events: int = 3) -> dict[str, Any]:
    """Return a receipt that fits, as JSON."""
    lines, before, at = [], GENESIS, datetime(2026, 11, 1, 10, tzinfo=UTC)
    for number in range(1, events + 1):
        data = {"n": number, "words": "wörds"}
        digest = hash_of(Line(UUID(TASK_ID), "arm.note", data, at, before))
        lines.append(
            ReceiptEvent(
                id=number * 2,
                type="arm.note",
                data=data,
                created_at=at,
                prev_hash=before,
                hash=digest,
            )
        )
        before = digest
    made = Receipt(task_id=UUID(TASK_ID), verified=True, head=before, events=lines)
    return made.model_dump(mode="json")


def test_watch_prints_a_line_an_event_none_of_which_steers_the_terminal(
    run: Run, server: ScriptedServer
) -> None:
    delta = frame(None, "output.delta", offset=0, text="\x1b[2J two\nlines")
    server.answer(stream(SUBMITTED, STARTED, delta, COMPLETED))
    result = run("watch", TASK_ID)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[1] for line in lines] == [
        "task.submitted",
        "task.started",
        "output.delta",
        "task.completed",
    ]
    assert "attempt=1" in lines[1]
    assert "\x1b" not in result.stdout


def test_watch_prints_json_lines(run: Run, server: ScriptedServer) -> None:
    server.answer(stream(SUBMITTED, frame(9, "task.failed", reason="arm-failed")))
    result = run("watch", TASK_ID, "--json")
    assert result.exit_code == 1
    first, last = map(json.loads, result.stdout.splitlines())
    assert (first["id"], first["task_id"], first["type"]) == (3, TASK_ID, "task.submitted")
    assert last["data"] == {"reason": "arm-failed"}


def test_watch_of_a_task_that_is_not_there_says_so(run: Run, server: ScriptedServer) -> None:
    server.answer(problem("task-not-found", 404))
    result = run("watch", TASK_ID)
    assert result.exit_code == 1
    assert "octollm tasks" in result.stderr


def test_watch_of_a_task_seen_to_its_end_ends_with_its_status(
    run: Run, server: ScriptedServer
) -> None:
    server.answer(Answer(204, b""), Answer(200, completed()))
    assert run("watch", TASK_ID).exit_code == 0


def test_verify_prints_the_head_of_a_chain_that_fits(run: Run, server: ScriptedServer) -> None:
    document = receipt()
    server.answer(Answer(200, document), Answer(200, document))
    result = run("verify", TASK_ID)
    assert result.exit_code == 0
    assert f"3 events, head {document['head']}" in result.stdout
    kept = run("verify", TASK_ID, "--head", document["events"][1]["hash"], "--json")
    assert kept.exit_code == 0
    assert json.loads(kept.stdout)["verified"]


def test_verify_believes_no_server(run: Run, server: ScriptedServer) -> None:
    """The server says that all is well, and one byte is not."""
    document = receipt()
    document["events"][1]["data"]["words"] = "words"
    server.answer(Answer(200, document), Answer(200, document))
    result = run("verify", TASK_ID)
    assert result.exit_code == 1
    assert "Event 4 does not fit" in result.stderr
    assert json.loads(run("verify", TASK_ID, "--json").stdout)["flaw"]["id"] == 4


def test_verify_finds_a_history_that_was_written_anew(run: Run, server: ScriptedServer) -> None:
    server.answer(Answer(200, receipt()))
    result = run("verify", TASK_ID, "--head", "ab" * 32)
    assert result.exit_code == 1
    assert "not in the chain" in result.stderr


def swapped(document: dict[str, Any]) -> int:
    events = document["events"]
    events[0], events[1] = events[1], events[0]
    return 4


def renumbered(document: dict[str, Any]) -> int:
    document["events"][2]["id"] = 1
    return 1


def shortened(document: dict[str, Any]) -> None:
    document["events"].pop()


def emptied(document: dict[str, Any]) -> None:
    document["events"].clear()


@pytest.mark.parametrize("spoil", [swapped, renumbered, shortened, emptied])
def test_the_first_event_that_does_not_fit_is_named(spoil: Callable[..., int | None]) -> None:
    document = receipt()
    expected = spoil(document)
    flaw = flaw_in(Receipt.model_validate(document))
    assert flaw is not None
    assert flaw.id == expected


def test_a_hash_is_what_anyone_would_compute() -> None:
    """By hand: `printf '%s' '…' | sha256sum` of the canonical JSON."""
    at = datetime(2026, 11, 1, 10, tzinfo=UTC)
    line = Line(UUID(TASK_ID), "task.submitted", {"priority": 0}, at, GENESIS)
    assert hash_of(line) == HASH_BY_HAND


HASH_BY_HAND = "df4f354abaf1ec10efba8a4cdd1368d367e2fd4cc5f716f78b57428162791cd0"
