"""How many tasks a second are accepted durably, how long that takes, and how many are finished.

    make bench BENCH=submit         or, with other figures:
    make bench BENCH=submit ARGS="--tasks 10000 --clients 32"

What a machine can do depends on its disk and its cores, so the same PostgreSQL is asked first, by
its own pgbench, for what it does without us: one row inserted and committed, by as many clients.
Our figures are told as shares of that. Database, Reflex Layer, API, worker and load are processes
of their own on one machine, and every task is screened. First all clients send as fast as they are
answered, while no worker runs; then at half that rate, at times laid down before, and a time counts
from when its request was due; then a worker does what has been accepted. Prints a table, then a
line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from measures.load import Plan, measured
from measures.programs import URL, program
from rich.console import Console
from rich.table import Table

from app import embedded, migrate
from app.embedded_programs import find_programs

BASELINE_SECONDS: Final = 5
WARM: Final = 300
ROUNDS: Final = 3
DONE_SECONDS: Final = 600.0
INSERT: Final = "INSERT INTO line (body) VALUES (repeat('x', 100));\n"
NO_LIMITS: Final = {"OCTOLLM_MAX_PENDING": "0", "OCTOLLM_MAX_PENDING_PER_TENANT": "0"}


def baseline(url: str, clients: int) -> float:
    """Return how many rows a second pgbench inserts and commits, one each time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE line (id bigserial PRIMARY KEY, body text)")
    pgbench = find_programs(None).bin_dir / "pgbench"
    options = ["--no-vacuum", "--file=/dev/stdin", f"--time={BASELINE_SECONDS}"]
    options += [f"--client={clients}", f"--jobs={min(clients, os.cpu_count() or 1)}"]
    done = subprocess.run(  # noqa: S603  PostgreSQL's own program
        [str(pgbench), *options, url], input=INSERT, capture_output=True, text=True, check=False
    )
    said = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode != 0 or said is None:
        sys.exit(done.stderr)
    return float(said[1])


@contextmanager
def api(database_url: str) -> Iterator[int]:
    """Run a Reflex Layer and an API; yield the API's port."""
    ours = {"OCTOLLM_DATABASE_URL": database_url} | NO_LIMITS
    with ExitStack() as stack:
        _, reflex_url = stack.enter_context(program(URL, "reflex", "--port", "0"))
        ours["OCTOLLM_REFLEX_URL"] = reflex_url
        _, url = stack.enter_context(program(URL, "serve", "--port", "0", **ours))
        yield int(url.rpartition(":")[2])


def submitted(port: int, tasks: int, clients: int, rate: float | None = None) -> dict[str, float]:
    """Return how long submits took, and how many a second there were; at `rate` if it is given."""
    goal = "Summarise report {:08} for the board, in three short paragraphs."
    bodies = [json.dumps({"goal": goal.format(number)}) for number in range(tasks + WARM)]
    return measured(
        Plan(
            port=port,
            path="/submit",
            status=202,
            clients=clients,
            every=clients / rate if rate else 0.0,
            warm=WARM,
            bodies=bodies,
        )
    )


def finished(database_url: str) -> float:
    """Return how many tasks a second a worker finishes, from its start to the last one."""
    open_tasks = "SELECT count(*) FROM tasks WHERE status IN ('pending', 'processing')"
    ours = {"OCTOLLM_DATABASE_URL": database_url}
    with psycopg.connect(database_url, autocommit=True) as connection, ExitStack() as stack:

        def left() -> int:
            return int((connection.execute(open_tasks).fetchone() or (0,))[0])

        waiting = left()
        _, ours["OCTOLLM_REFLEX_URL"] = stack.enter_context(program(URL, "reflex", "--port", "0"))
        stack.enter_context(program("worker started", "worker", **ours))
        began = time.perf_counter()
        while left():
            if time.perf_counter() - began > DONE_SECONDS:
                sys.exit(f"{left()} of {waiting} tasks are not done")
            time.sleep(0.25)
        return waiting / (time.perf_counter() - began)


def measure(folder: Path, tasks: int, clients: int) -> dict[str, float]:
    with embedded.running(folder) as server:
        server.create_database("bench")
        url = server.url("bench")
        rates = {"pgbench": baseline(url, clients)}
        migrate.upgrade(url)
        with api(url) as port:
            runs = [submitted(port, tasks, clients) for _ in range(ROUNDS)]
            rates["submit"] = sorted(run["per_second"] for run in runs)[ROUNDS // 2]
            half = submitted(port, tasks, clients, rates["submit"] / 2)
        rates |= {"half": half["per_second"], "p50": half["p50"], "p99": half["p99"]}
        rates["finished"] = finished(url)
    return rates


def report(rates: dict[str, float], tasks: int, clients: int) -> None:
    title = f"{tasks:,} tasks, {clients} clients, {os.cpu_count()} CPUs"
    table = Table("", "a second", "share of pgbench", "P50", "P99", title=title)
    for name, key in (
        ("pgbench: insert and commit a row", "pgbench"),
        ("submit, until 202", "submit"),
        ("submit at half that rate", "half"),
        ("tasks done by one worker", "finished"),
    ):
        times = [f"{rates[p] * 1000:.1f} ms" if key == "half" else "" for p in ("p50", "p99")]
        table.add_row(name, f"{rates[key]:,.0f}", f"{rates[key] / rates['pgbench']:.3f}", *times)
    Console(highlight=False).print(table)
    about = {"tasks": tasks, "clients": clients, "cpus": os.cpu_count()}
    line = {"bench": "submit", **about, "python": platform.python_version(), **rates}
    sys.stdout.write(json.dumps(line) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=3_000)
    parser.add_argument("--clients", type=int, default=64, help="requests at a time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        rates = measure(Path(name), given.tasks, given.clients)
    report(rates, given.tasks, given.clients)


if __name__ == "__main__":
    main()
