"""Whether two workers do twice as much as one, and four twice as much again.

    make bench BENCH=workers

Tasks are rehearsals of 0.1 seconds, all of them stored before a worker runs. Each worker is a
process of its own that runs four at a time, so that the ideal is forty a second each. Told is the
rate from when all of them had started to the last tenth of the tasks, by the database's clock, as a
share of the ideal, and how busy the machine was meanwhile: once it is busy all the time, no worker
can add to it. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from measures.load import SUBMIT, measured
from measures.peers import until_done
from measures.programs import api, port_of, worker
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate

ARM_SECONDS: Final = 0.1
CONSUMERS: Final = 2
EACH: Final = 2
IDEAL: Final = CONSUMERS * EACH / ARM_SECONDS
"""Tasks a second of one worker that needs no time but for its arms."""

LEAST: Final = 0.9
"""The share of the ideal that is the goal, until the machine is busy all the time."""

COUNTS: Final = (1, 2, 4)
TASK: Final = {
    "goal": "Rehearse number {number}.",
    "assigned_arm": "drill",
    "constraints": {"seconds": ARM_SECONDS},
}
DONE: Final = "SELECT count(*) FROM tasks WHERE status = 'completed'"
NOW: Final = "SELECT clock_timestamp()"
RATE: Final = """
    SELECT (count(*) - 1) / extract(epoch FROM max(finished_at) - min(finished_at))
    FROM (SELECT finished_at, ntile(10) OVER (ORDER BY finished_at) AS tenth FROM tasks) tasks
    WHERE tenth < 10 AND finished_at > %s
"""
START_SECONDS: Final = 5
"""So long the first worker may be at work before the last one has started."""

Figures = dict[str, float]


def of_workers(server: embedded.Server, count: int, tasks: int) -> Figures:
    """Return the tasks a second of so many workers, its share of the ideal, and how much of the
    machine was busy."""
    name = f"of_{count}"
    server.create_database(name)
    url = server.url(name)
    migrate.upgrade(url)
    with api(url) as (_, address):
        measured(SUBMIT.saying(TASK).plan(port_of(address), tasks, 16))
    with ExitStack() as stack, psycopg.connect(url, autocommit=True) as connection:
        for _ in range(count):
            settings = {"OCTOLLM_WORKER_INSTANCES": str(CONSUMERS)}
            stack.enter_context(worker(url, "--concurrency", str(EACH), **settings))
        (started,) = connection.execute(NOW.encode()).fetchone() or (None,)
        psutil.cpu_percent()
        until_done(connection, DONE, tasks)
        busy = psutil.cpu_percent() / 100
        (rate,) = connection.execute(RATE.encode(), (started,)).fetchone() or (0,)
    return {"rate": float(rate), "share": float(rate) / (count * IDEAL), "busy": busy}


def measure(folder: Path, seconds: int, counts: Sequence[int]) -> dict[str, Figures]:
    """Return the figures of each number of workers, which have some seconds of work each."""
    with embedded.running(folder) as server:
        return {
            str(count): of_workers(server, count, round(count * IDEAL * (seconds + START_SECONDS)))
            for count in counts
        }


def report(figures: dict[str, Any]) -> None:
    title = f"Tasks of {ARM_SECONDS:g} s, {CONSUMERS * EACH} at a time each, {figures['cpus']} CPUs"
    table = Table("workers", "tasks a second", "of the ideal", "machine busy", title=title)
    for count, one in figures["workers"].items():
        table.add_row(count, f"{one['rate']:.1f}", f"{one['share']:.0%}", f"{one['busy']:.0%}")
    Console(highlight=False).print(table)


def main() -> None:
    given = arguments("Measure what further workers add.").parse_args()
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        seconds, counts = (2, COUNTS[:2]) if given.quick else (8, COUNTS)
        workers = measure(Path(name), seconds, counts)
    figures = about("workers") | {"packages": {}, "workers": workers}
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
