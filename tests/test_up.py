"""`octollm up` and `octollm demo`, run as a newcomer runs them."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from pages import blocks
from processes import PROGRAM, Fleet, environment

from octollm import AsyncClient


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that whoever runs PostgreSQL can reach."""
    made = Path(tempfile.mkdtemp(prefix="octollm-up-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def laptop() -> AsyncIterator[Fleet]:
    fleet = Fleet({name: value for name, value in environment("").items() if "URL" not in name})
    try:
        yield fleet
    finally:
        await fleet.stop()


async def up(fleet: Fleet, folder: Path) -> tuple[Any, str]:
    program = await fleet.start("up", "--port", "0", "--data-dir", str(folder))
    url = (await program.says(r"Ready at (http://\S+)")).group(1)
    return program, url


def using(folder: Path) -> list[int]:
    """Return the processes that have to do with a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(folder) in " ".join([*process.cmdline(), process.cwd()]):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


async def test_tasks_are_still_there_after_a_restart(laptop: Fleet, folder: Path) -> None:
    program, url = await up(laptop, folder)
    assert str(folder) in "".join(program.lines)
    async with AsyncClient(url) as client:
        accepted = await client.submit("Count these words.")
        assert (await client.wait(accepted.task_id, timeout=60)).status == "completed"
        waiting = await client.submit("Rehearse.", assigned_arm="drill", constraints={"seconds": 2})
    assert await program.ends(signal.SIGINT) == 0
    assert using(folder) == []
    program, url = await up(laptop, folder)
    async with AsyncClient(url) as client:
        assert (await client.get(accepted.task_id)).status == "completed"
        assert (await client.wait(waiting.task_id, timeout=60)).status == "completed"
    assert await program.ends(signal.SIGTERM) == 0


async def test_nothing_is_left_running_after_a_kill(laptop: Fleet, folder: Path) -> None:
    program, _ = await up(laptop, folder)
    assert using(folder)
    await program.ends(signal.SIGKILL)
    async with asyncio.timeout(30):
        while using(folder):
            await asyncio.sleep(0.05)  # the kernel tells PostgreSQL; nobody tells us
    program, _ = await up(laptop, folder)
    assert await program.ends(signal.SIGINT) == 0


async def test_a_port_that_is_taken_is_named(laptop: Fleet, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = await laptop.start("up", "--port", str(port), "--data-dir", str(folder))
        assert await program.process.wait() == 1
        await program.says(f"127.0.0.1:{port}.*--port")
        assert "Traceback" not in "".join(program.lines)


async def test_a_folder_in_use_is_named(laptop: Fleet, folder: Path) -> None:
    await up(laptop, folder)
    second = await laptop.start("up", "--port", "0", "--data-dir", str(folder))
    assert await second.process.wait() == 1
    await second.says(str(folder))
    assert "Traceback" not in "".join(second.lines)


async def test_beyond_loopback_it_starts_once_there_is_a_key(laptop: Fleet, folder: Path) -> None:
    everywhere = ("up", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(folder))
    program = await laptop.start(*everywhere)
    said = await program.says(r"octollm (keys create --data-dir .+) --tenant TENANT --name NAME")
    assert await program.process.wait() == 1
    assert "Traceback" not in "".join(program.lines)
    making = await laptop.start(*shlex.split(said.group(1)), "--tenant", "acme", "--name", "first")
    assert await making.process.wait() == 0
    program = await laptop.start(*everywhere)
    url = (await program.says(r"Ready at (http://\S+)")).group(1)
    async with httpx2.AsyncClient(base_url=url.replace("0.0.0.0", "127.0.0.1")) as http:
        assert (await http.get("/tasks")).status_code == 401


async def test_the_demo_passes_and_leaves_nothing_behind(laptop: Fleet, folder: Path) -> None:
    nowhere = {"OCTOLLM_JUDGE_MODEL": "openai:none", "http_proxy": "http://127.0.0.1:9"}
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        "demo",
        env=laptop.environment | nowhere | {"TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert "6 of 6 scenarios passed" in output.decode()
    (shown,) = [code for _, code in blocks("README.md") if "scenarios passed" in code]
    timeless = [line for line in shown.splitlines() if line != "…" and "passed in" not in line]
    assert [line for line in timeless if line not in output.decode()] == []
    assert os.listdir(folder) == []
    assert using(folder) == []
