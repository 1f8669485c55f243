"""Whether the memory of an API and of a worker stays flat while they do many tasks.

    make bench BENCH=memory         20,000 tasks; some ten minutes on two quiet cores
    make bench BENCH=memory ARGS="--tasks 2000"

Each program is a process of its own, on an embedded PostgreSQL in a throw-away folder. The tasks
come in twenty waves; each is submitted, waited for and done before the next. What a process holds
of the machine's memory (RSS) is told after each tenth. What is taken until the first one, imports,
pools and buffers, is not growth; what comes after it is. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from measures.programs import URL, program
from rich.console import Console
from rich.table import Table

from app import embedded, migrate
from octollm.client import AsyncClient

WAVES = 20
WAIT_SECONDS = 600.0
MIB = 1 << 20
PATIENT = {"OCTOLLM_REFLEX_TIMEOUT": "120", "OCTOLLM_REFLEX_ATTEMPT_TIMEOUT": "60"}
"""It is not time that is measured, and a machine may be busy."""

Sizes = dict[str, float]


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """Run the house; yield the API's URL and the process ids of what is measured."""
    with ExitStack() as stack:
        server = stack.enter_context(embedded.running(folder))
        server.create_database("memory")
        migrate.upgrade(server.url("memory"))
        _, reflex_url = stack.enter_context(program(URL, "reflex", "--port", "0"))
        ours = {"OCTOLLM_DATABASE_URL": server.url("memory"), "OCTOLLM_REFLEX_URL": reflex_url}
        ours |= PATIENT
        api, url = stack.enter_context(program(URL, "serve", "--port", "0", **ours))
        worker, _ = stack.enter_context(program("worker started", "worker", **ours))
        yield url, {"API": api, "worker": worker}


async def wave(client: AsyncClient, tasks: int, clients: int) -> None:
    """Submit so many tasks and return when all have completed."""
    turns = asyncio.Semaphore(clients)

    async def one(number: int) -> bool:
        async with turns:
            task = await client.submit(f"Count the words of report {number}.")
            ended = await client.wait(task.task_id, timeout=WAIT_SECONDS)
            return ended.status == "completed"

    completed = await asyncio.gather(*map(one, range(tasks)))
    if not all(completed):
        sys.exit(f"{completed.count(False)} of {tasks} tasks did not complete")


async def measured(url: str, processes: dict[str, int], tasks: int, clients: int) -> list[Sizes]:
    """Return the RSS of each process in MiB after every tenth of the tasks."""
    sizes = []
    async with AsyncClient(url) as client:
        for number in range(1, WAVES + 1):
            await wave(client, tasks // WAVES, clients)
            if number % 2 == 0:
                sizes.append({name: rss(pid) for name, pid in processes.items()})
                told = ", ".join(f"{name} {mib:.1f} MiB" for name, mib in sizes[-1].items())
                sys.stderr.write(f"{number * tasks // WAVES:,} tasks: {told}\n")
    return sizes


def rss(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / MIB)


def report(sizes: list[Sizes], tasks: int, clients: int) -> None:
    title = f"RSS in MiB, {tasks:,} tasks, {clients} at a time, {os.cpu_count()} CPUs"
    table = Table("tasks", *sizes[0], title=title)
    for tenth, size in enumerate(sizes, 1):
        table.add_row(f"{tenth * tasks // 10:,}", *(f"{mib:.1f}" for mib in size.values()))
    Console(highlight=False).print(table)
    rounded = [{name: round(mib, 1) for name, mib in size.items()} for size in sizes]
    line = {"bench": "memory", "tasks": tasks, "clients": clients, "cpus": os.cpu_count()}
    line |= {"python": platform.python_version(), "rss_mib": rounded}
    sys.stdout.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=20, help="tasks at a time")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="octollm-bench-") as name,
        running(Path(name)) as (url, processes),
    ):
        sizes = asyncio.run(measured(url, processes, given.tasks, given.clients))
    report(sizes, given.tasks, given.clients)


if __name__ == "__main__":
    main()
