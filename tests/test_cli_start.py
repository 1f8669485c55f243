"""The command line is there in a moment: what is not needed is not imported."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from importlib.metadata import entry_points

import click
import pytest

from octollm.cli import ENTRY_POINT_GROUP, _commands, cli
from octollm.cli_listing import help_of

LIST = """
import json, sys
from octollm.cli import cli
try:
    cli(sys.argv[1:], prog_name="octollm")
finally:
    print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
SERVER = {"alembic", "app", "arms", "fastapi", "numpy", "procrastinate", "psycopg", "pydantic_ai"}
SERVER |= {"reflex_layer", "sqlalchemy", "uvicorn"}
CLIENT = {"httpx2", "pydantic", "rich"}
ROOTS = {"app", "arms", "reflex_layer"}
"""Packages whose commands are looked up; the packages themselves are empty."""


def imported(*arguments: str, **environment: str) -> set[str]:
    """Return the packages that are imported once a command has ended."""
    ran = subprocess.run(
        [sys.executable, "-c", LIST, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_the_list_of_commands_needs_no_client_and_no_server(arguments: list[str]) -> None:
    names = imported(*arguments)
    assert "click" in names
    assert names & ((SERVER | CLIENT) - ROOTS) == set()


def test_completing_the_name_of_a_command_needs_neither() -> None:
    names = imported(_OCTOLLM_COMPLETE="bash_complete", COMP_WORDS="octollm s", COMP_CWORD="1")
    assert "click" in names
    assert names & ((SERVER | CLIENT) - ROOTS) == set()


@pytest.mark.parametrize("command", ["submit", "tasks", "watch", "show", "top", "docs", "verify"])
def test_a_command_that_speaks_to_a_server_needs_no_server_of_its_own(command: str) -> None:
    names = imported(command, "--help")
    assert {"click", "octollm"} <= names
    assert names & SERVER == set()


def test_what_the_list_says_of_a_command_is_what_it_says_itself() -> None:
    ours = {entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}
    assert {"serve", "screen", "arms"} <= ours
    for name, entry in _commands().items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        said = command.short_help or inspect.cleandoc(command.help or "")
        assert help_of(entry) == said, name
