"""The house as real processes: `octollm reflex`, `serve` and `worker`, on one database."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("octollm")
QUICK = {
    "OCTOLLM_WORKER_POLL": "0.1",
    "OCTOLLM_WORKER_HEARTBEAT": "0.5",
    "OCTOLLM_WORKER_STALE": "2",
    "OCTOLLM_WORKER_GRACE": "1",
    "OCTOLLM_SWEEP_INTERVAL": "0.5",
    "OCTOLLM_RECONCILE_INTERVAL": "1",
    "OCTOLLM_REFLEX_BREAKER_RESET": "1",
}


class Program:
    """A running `octollm` command and what it has written, to stdout and to stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self._written = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            async with self._written:
                self.lines.append(line.decode())
                self._written.notify_all()
        async with self._written:
            self._written.notify_all()

    async def says(self, pattern: str) -> re.Match[str]:
        """Return the first match in what it wrote, as soon as it has written it."""
        async with asyncio.timeout(60), self._written:
            while (found := re.search(pattern, "".join(self.lines))) is None:
                assert not self._reading.done(), "".join(self.lines)
                await self._written.wait()
        return found

    async def ends(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        async with asyncio.timeout(60):
            await self._reading
            return await self.process.wait()


class Fleet:
    """Starts programs and, at the end, leaves none behind."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.programs: list[Program] = []

    async def start(self, *arguments: str, **environment: str) -> Program:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *arguments,
            env=self.environment | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=1 << 20,
        )
        program = Program(process)
        self.programs.append(program)
        return program

    async def reflex(self, port: int = 0) -> tuple[Program, str]:
        """Start a Reflex Layer; return it and its URL."""
        program = await self.start("reflex", "--port", str(port))
        return program, (await program.says(r"http://127\.0\.0\.1:\d+")).group()

    async def api(self, reflex_url: str) -> tuple[Program, str]:
        """Start an API; return it and its URL."""
        program = await self.start("serve", "--port", "0", OCTOLLM_REFLEX_URL=reflex_url)
        return program, (await program.says(r"http://127\.0\.0\.1:\d+")).group()

    async def worker(self, reflex_url: str) -> Program:
        program = await self.start("worker", OCTOLLM_REFLEX_URL=reflex_url)
        await program.says("worker started")
        return program

    async def stop(self) -> None:
        for program in self.programs:
            if program.process.returncode is None:
                await program.ends(signal.SIGKILL)


def environment(database_url: str) -> dict[str, str]:
    home = os.environ.get("HOME", "/")
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": path, "HOME": home, "OCTOLLM_DATABASE_URL": database_url, **QUICK, **measured}


class Street:
    """The usual processes and a client of the API."""

    def __init__(self, fleet: Fleet, reflex: Program, reflex_url: str, http: Any) -> None:
        self.fleet, self.reflex, self.reflex_url, self.http = fleet, reflex, reflex_url, http

    async def submit(self, goal: str = "Count these words.", **fields: Any) -> str:
        answer = await self.http.post("/submit", json={"goal": goal, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    async def task(self, task_id: str, wait: float = 0) -> dict[str, Any]:
        answer = await self.http.get(f"/tasks/{task_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def reaches(self, task_id: str, *statuses: str) -> dict[str, Any]:
        """Return the task once it is in one of these statuses."""
        async with asyncio.timeout(60):
            while (task := await self.task(task_id, wait=0.2))["status"] not in statuses:
                pass
        return task
