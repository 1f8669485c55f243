"""What a thousand viewers of one task's events wait for, and what they hold of memory.

    make bench BENCH=viewers        or, with another figure:
    make bench BENCH=viewers ARGS="--viewers 2000"

API, worker, database and viewers are processes of their own. The task is a rehearsal that says once
a second how far it has come; an event's delay is told from when the database stored it to when a
viewer has read it, over all viewers and events. Of the API's memory (RSS) is told what it grew by
for each viewer. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import httpx2
import psutil
from measures.programs import Broken, api, port_of, worker
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate

VIEWERS: Final = 1_000
SETTINGS: Final = {"OCTOLLM_MAX_CONNECTIONS": "10000"}
LIMITS: Final = {"p99": 0.2, "bytes_each": 50 * 1024}
"""Seconds and bytes that are the goal."""


def measure(folder: Path, viewers: int, seconds: int) -> dict[str, float]:
    """Return P50 and P99 of an event's delay in seconds, how many were told, and bytes a viewer."""
    with embedded.running(folder) as server:
        server.create_database("bench")
        url = server.url("bench")
        migrate.upgrade(url)
        with api(url, **SETTINGS) as (pid, address), worker(url):
            warm(address)
            task_id = submitted(address, seconds)
            before = psutil.Process(pid).memory_info().rss
            view = {"port": port_of(address), "task_id": task_id, "viewers": viewers}
            delays, during = watched(view, pid)
    cuts = quantiles(delays, n=100)
    each = (during - before) / viewers
    return {"p50": cuts[49], "p99": cuts[98], "told": len(delays), "bytes_each": each}


def submitted(address: str, seconds: int) -> str:
    """Submit a rehearsal of so many seconds and return its id."""
    task = {
        "goal": "Rehearse.",
        "assigned_arm": "drill",
        "constraints": {"seconds": seconds},
        "budget": {"max_time_seconds": seconds + 60},
    }
    return str(httpx2.post(f"{address}/submit", json=task).raise_for_status().json()["task_id"])


def warm(address: str) -> None:
    """Have one viewer watch a short task to its end."""
    with httpx2.stream(
        "GET", f"{address}/tasks/{submitted(address, 0)}/events", timeout=60
    ) as answer:
        for _ in answer.iter_lines():
            pass


def watched(view: dict[str, Any], api_pid: int) -> tuple[list[float], int]:
    """Return the delays that the viewers saw, and what the API held once all of them watched."""
    with subprocess.Popen(
        [sys.executable, "-m", "measures.viewing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent,
        text=True,
    ) as viewing:
        if viewing.stdin is None or viewing.stdout is None:
            raise AssertionError("both were asked for")
        viewing.stdin.write(json.dumps(view) + "\n")
        viewing.stdin.flush()
        if viewing.stdout.readline() != "watching\n":
            raise Broken("the viewers ended before all of them watched")
        held = psutil.Process(api_pid).memory_info().rss
        delays: list[float] = json.loads(viewing.stdout.read())
    return delays, held


def report(figures: dict[str, Any]) -> None:
    title = f"{figures['viewers']:,} viewers of one task, {figures['cpus']} CPUs"
    table = Table("", "", "goal", title=title)
    table.add_row("events told", f"{figures['told']:,}")
    table.add_row("delay of an event, P50", f"{figures['p50'] * 1000:.0f} ms")
    goal = f"{LIMITS['p99'] * 1000:.0f} ms"
    table.add_row("delay of an event, P99", f"{figures['p99'] * 1000:.0f} ms", goal)
    goal = f"{LIMITS['bytes_each'] / 1024:.0f} KiB"
    table.add_row("memory of a viewer", f"{figures['bytes_each'] / 1024:.1f} KiB", goal)
    Console(highlight=False).print(table)


def main() -> None:
    parser = arguments("Measure what viewers of events wait for.")
    parser.add_argument("--viewers", type=int, help="at a time")
    given = parser.parse_args()
    viewers = given.viewers or (100 if given.quick else VIEWERS)
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        told = measure(Path(name), viewers, 10 if given.quick else 30)
    figures = about("viewers") | {"packages": {}, "viewers": viewers} | told
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
