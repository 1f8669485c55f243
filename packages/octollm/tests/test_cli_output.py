"""Text of users and models cannot steer the terminal, nor be read as markup."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from octollm.cli import cli
from octollm.cli_output import clean, one_line, span

from .scripted_server import TASK_ID, Answer, ScriptedServer, completed, problem, summary, task

HOSTILE = "\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\x08\r\x7f\u2066[bold red]x[/]:smile:"
STEERING = {"\x1b", "\x07", "\x9b", "\u202e", "\x08", "\r", "\x7f", "\u2066"}


def output(server: ScriptedServer, *arguments: str) -> str:
    return CliRunner().invoke(cli, ["--url", server.url, *arguments]).output


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["show", TASK_ID], Answer(200, completed(HOSTILE))),
        (["show", TASK_ID], Answer(200, completed(f"```python\n{HOSTILE}\n```"))),
        (["show", TASK_ID], Answer(200, completed("&#27;[2J&#x9b;2J&#8238;"))),
        (["show", TASK_ID], Answer(200, completed("[a](http://x/&#27;]8;;) ![i](x&#7;)"))),
        (["show", TASK_ID], Answer(200, task(goal=HOSTILE, assigned_arm=HOSTILE))),
        (
            ["show", TASK_ID],
            Answer(200, task("failed", error=dict.fromkeys(("type", "title", "detail"), HOSTILE))),
        ),
        (["tasks"], Answer(200, {"tasks": [summary(goal=HOSTILE)], "next_cursor": None})),
        (
            ["tasks"],
            problem(
                "x",
                400,
                title=HOSTILE,
                detail=HOSTILE,
                request_id=HOSTILE,
                errors=[{"field": HOSTILE, "message": HOSTILE}],
            ),
        ),
    ],
)
def test_nothing_a_server_says_steers_the_terminal(
    server: ScriptedServer, command: list[str], answer: Answer
) -> None:
    server.answer(answer)
    printed = output(server, *command)
    assert printed
    assert not STEERING & set(printed)


def test_nothing_a_server_says_steers_a_terminal_with_colours(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")  # not that of whoever runs the tests
    server.answer(Answer(200, completed("# Title\n&#27;[2J [a](http://x/&#27;\\) \x1b]0;t\x07")))
    printed = output(server, "show", TASK_ID)
    assert "\x1b[" in printed
    assert not any(steer in printed for steer in ("\x1b[2J", "\x1b]", "\x07"))


def test_brackets_are_text_and_not_markup(server: ScriptedServer) -> None:
    server.answer(Answer(200, task(goal="keep [bold]this[/bold] and :smile: and [/]")))
    assert "keep [bold]this[/bold] and :smile: and [/]" in output(server, "show", TASK_ID)


def test_a_result_is_rendered_as_markdown(server: ScriptedServer) -> None:
    server.answer(Answer(200, completed("- **one**\n- two")))
    printed = output(server, "show", TASK_ID)
    assert "• one" in printed
    assert "**" not in printed


@settings(database=None, deadline=None)
@given(st.text(st.characters()))
def test_clean_text_can_be_printed_and_keeps_what_is_harmless(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert not any((c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" for c in cleaned)
    cleaned.encode()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("text", ["", "plain", "two\nlines\tand a tab", "é 漢字 😀 \u0645\u200d"])
def test_harmless_text_is_unchanged(text: str) -> None:
    assert clean(text) == text


def test_one_line_is_one_line() -> None:
    assert one_line(" a\r\n\tb\u2028c\x1b ") == "a b c␛"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (86_400 * 9, "9 d")],
)
def test_spans_are_said_as_people_do(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_json_keeps_hostile_text_whole_and_harmless(server: ScriptedServer) -> None:
    server.answer(Answer(200, completed(HOSTILE)))
    printed = output(server, "show", TASK_ID, "--json")
    assert json.loads(printed)["result"]["output"] == HOSTILE
    assert not (STEERING - {"\x7f"}) & set(printed)
