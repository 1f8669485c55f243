"""How many tasks a second `octollm up` accepts durably, and how many it finishes.

    make bench BENCH=submit         or, with other figures:
    make bench BENCH=submit ARGS="--tasks 5000 --clients 50"

What one machine can do depends on its disk, so the same PostgreSQL in the same folder is asked
first for what it does without us: a `SELECT 1`, and a row inserted and committed, one after the
other on one connection. Our figures are told as shares of the latter. Client, API and worker
share the machine, as they do for whoever runs `octollm up`. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from app import embedded
from octollm.client import AsyncClient

BASELINE_SECONDS = 3.0
WAIT_SECONDS = 600.0
INSERT = "insert and commit a row"


def rate(step: Callable[[], object]) -> float:
    """Return how often a second `step` runs, one after the other."""
    count, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < BASELINE_SECONDS:
        step()
        count += 1
    return count / spent


def baseline(folder: Path) -> dict[str, float]:
    """Return what PostgreSQL in `folder` does a second without us."""
    with embedded.running(folder) as server:
        server.create_database("baseline")
        with psycopg.connect(server.url("baseline"), autocommit=True) as connection:
            connection.execute("CREATE TABLE line (id bigserial PRIMARY KEY, body text)")
            insert = "INSERT INTO line (body) VALUES (repeat('x', 100))"
            return {
                "select 1": rate(lambda: connection.execute("SELECT 1")),
                INSERT: rate(lambda: connection.execute(insert)),
            }


@contextmanager
def octollm_up(folder: Path) -> Iterator[str]:
    """Run `octollm up` on `folder` and yield its URL."""
    octollm = Path(sys.executable).with_name("octollm")
    command = [str(octollm), "up", "--port", "0", "--data-dir", str(folder)]
    environment = {**os.environ, "OCTOLLM_LOG_LEVEL": "ERROR", "COLUMNS": "200"}
    process = subprocess.Popen(  # noqa: S603  our own program
        command, stderr=subprocess.PIPE, text=True, env=environment
    )
    with process:
        if process.stderr is None:
            raise AssertionError("asked for a pipe")
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("Ready at "):
                break
        else:
            sys.exit("".join(said))
        try:
            yield line.split()[2]
        finally:
            process.terminate()
            process.stderr.read()


async def through(url: str, tasks: int, clients: int) -> dict[str, float]:
    """Return tasks a second: accepted, and completed from the first submit on."""
    turns = asyncio.Semaphore(clients)
    async with AsyncClient(url) as client:

        async def submit(number: int) -> str:
            async with turns:
                return str((await client.submit(f"Count the words of report {number}.")).task_id)

        async def wait(task_id: str) -> bool:
            async with turns:
                return (await client.wait(task_id, timeout=WAIT_SECONDS)).status == "completed"

        began = time.perf_counter()
        ids = await asyncio.gather(*map(submit, range(tasks)))
        accepted = time.perf_counter() - began
        completed = await asyncio.gather(*map(wait, ids))
        spent = time.perf_counter() - began
    if not all(completed):
        sys.exit(f"{completed.count(False)} of {tasks} tasks did not complete")
    return {"submit, until 202": tasks / accepted, "submit, until completed": tasks / spent}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=20, help="requests at a time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        rates = baseline(Path(name))
        with octollm_up(Path(name)) as url:
            rates |= asyncio.run(through(url, given.tasks, given.clients))
    report(rates, given.tasks, given.clients)


def report(rates: dict[str, float], tasks: int, clients: int) -> None:
    title = f"{tasks} tasks, {clients} requests at a time, {os.cpu_count()} CPUs"
    table = Table("", "a second", f"share of “{INSERT}”", title=title)
    for name, value in rates.items():
        table.add_row(name, f"{value:,.0f}", f"{value / rates[INSERT]:.2f}")
    Console(highlight=False).print(table)
    figures = {name: round(value, 1) for name, value in rates.items()}
    about = {"tasks": tasks, "clients": clients, "cpus": os.cpu_count()}
    line = {"bench": "submit", **about, "python": platform.python_version(), "per_second": figures}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
