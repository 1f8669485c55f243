"""The page of the scripted provider: its examples hold, and it leaves no member out."""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from arms.scripted import Ledger, Reply, State
from arms.scripted.script_file import ScriptFile

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/components/scripted-provider.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


async def test_the_example_in_python_does_what_is_said_of_it() -> None:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", block("python")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, failed = await running.communicate()
    assert said == b"Graz has 300,000 people.\n", failed.decode()
    assert b"openai.BadRequestError" in failed


def test_the_script_in_json_has_every_member_of_a_script() -> None:
    script = ScriptFile.model_validate_json(block("json"))
    assert script.model_fields_set == set(ScriptFile.model_fields)


@pytest.mark.parametrize("member", [field.name for field in fields(Reply)])
def test_every_member_of_a_reply_has_its_row(member: str) -> None:
    assert re.search(rf"^\|.*`{member}`.*\|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in vars(Ledger) if name.startswith("spent")])
def test_every_sum_is_named(name: str) -> None:
    assert name in PAGE


def test_every_ending_is_named() -> None:
    assert [state.name for state in State if state.final and f"`{state.name}`" not in PAGE] == []
