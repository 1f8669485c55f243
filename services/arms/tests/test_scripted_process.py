"""`python -m arms.scripted`: a process of its own, which outlives whoever asks it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner
from openai import APIConnectionError, AsyncOpenAI

from arms.scripted import Ledger, State, read_journal
from arms.scripted.__main__ import main
from arms.scripted.script_file import BadScript, ScriptFile, read_script

SCRIPT = {
    "replies": [
        {"text": ["a", "b", "c"], "when": "stream", "gates": {"1": "go on"}},
        {"tool_calls": [{"name": "f", "arguments": {"x": 1}}], "cut_after": 0},
    ],
    "default": {"text": "Hello", "input_tokens": 10, "output_tokens": 5},
    "usd_per_input_token": "0.001",
    "models": ["m"],
}


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[Any, str]]:
    """Run the program; yield its process and where it listens."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "arms.scripted", *arguments),
        env={"PATH": os.environ["PATH"], **measured},
        stderr=asyncio.subprocess.PIPE,
    )
    assert running.stderr is not None
    try:
        async with asyncio.timeout(30):
            line = (await running.stderr.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+/v1", line)
        assert found, line + (await running.stderr.read()).decode()
        yield running, found.group()
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def reaches(path: Path, holds: Callable[[Ledger], bool]) -> Ledger:
    """Return the ledger in a journal as soon as something holds for it."""
    async with asyncio.timeout(10):
        while not holds(ledger := read_journal(path)):
            await asyncio.sleep(0.01)  # a file says nothing when it grows
    return ledger


async def test_it_answers_from_its_file_and_writes_its_ledger(tmp_path: Path) -> None:
    script, journal = tmp_path / "script.json", tmp_path / "ledger.jsonl"
    script.write_text(json.dumps(SCRIPT), "utf-8")
    async with process("--script", str(script), "--ledger", str(journal)) as (running, url):
        async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as openai:
            stream = await openai.responses.create(model="m", input="stream", stream=True)
            open_call = await reaches(journal, lambda ledger: ledger.calls[0].chunks_sent == 1)
            assert open_call.calls[0].state is State.ANSWERING
            async with httpx2.AsyncClient() as http:
                await http.post(url.removesuffix("/v1") + "/scripted/gates/go on")
            assert [event async for event in stream][-1].type == "response.completed"
            with pytest.raises(APIConnectionError):
                await openai.responses.create(model="m", input="Hi")
            answer = await openai.responses.create(model="m", input="Hi")
            assert answer.output_text == "Hello"
        running.send_signal(signal.SIGTERM)
        assert await running.wait() == 0
    ledger = read_journal(journal)
    states = [entry.state for entry in ledger.calls]
    assert states == [State.ANSWERED, State.PROVIDER_CUT, State.ANSWERED]
    assert (ledger.calls[2].usd, ledger.calls[2].input_tokens) == (Decimal("0.010"), 10)
    assert all(entry.ended.is_set() for entry in ledger.calls)


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    journal = tmp_path / "ledger.jsonl"
    journal.write_text('{"number": 1, "st', "utf-8")
    assert read_journal(journal).entries == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no JSON", "the file: Invalid JSON"),
        ("[]", "the file: Input should be an object"),
        ('{"reply": []}', "reply: Extra inputs are not permitted"),
        ('{"replies": [{"text": "a"}, {"txt": "b"}]}', r"replies\.1\.txt: Unexpected keyword"),
        ('{"default": {"status": 204}}', "default: Value error, status is 200, or 400 and more"),
        ('{"usd_per_input_token": -1}', "usd_per_input_token: Input should be greater"),
    ],
)
def test_a_bad_script_is_refused_and_says_where(tmp_path: Path, text: str, why: str) -> None:
    script = tmp_path / "script.json"
    script.write_text(text, "utf-8")
    with pytest.raises(BadScript, match=why):
        read_script(script)
    refused = CliRunner().invoke(main, ["--script", str(script)])
    assert refused.exit_code == 1
    assert re.search(why, refused.output)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = CliRunner().invoke(main, ["--script", str(tmp_path / "none.json")])
    assert "none.json: No such file" in refused.output


async def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    async with ScriptFile().provider(0, lambda entry: None) as provider:
        port = int(provider.base_url.split(":")[-1].removesuffix("/v1"))
        with pytest.raises(OSError, match="in use"):
            await ScriptFile().provider(port, lambda entry: None).__aenter__()
