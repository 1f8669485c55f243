"""How many tasks a second are accepted durably, how long that takes, and how many are finished.

    make bench BENCH=submit         or, with other figures:
    make bench BENCH=submit ARGS="--tasks 10000 --clients 32"

What a machine can do depends on its disk and its cores, so the same PostgreSQL is asked first, by
its own pgbench, for what it does without us: one row inserted and committed, by as many clients.
Our figures are told as shares of that. Database, Reflex Layer, API, worker and load are processes
of their own on one machine, and every task is screened. First all clients send as fast as they are
answered, while no worker runs; then at half that rate, at times laid down before, and a time counts
from when its request was due; then a worker does what has been accepted. Others' APIs, which store
and queue a task and screen nothing, are asked in the same way. Prints a table, then a line of JSON.
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
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from measures.load import Plan, measured
from measures.peers import CELERY, DBOS, CannotRun, Peer, database_for, redis, versions
from measures.programs import URL, program
from measures.told import tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate
from app.embedded_programs import find_programs

BASELINE_SECONDS: Final = 5
WARM: Final = 300
ROUNDS: Final = 3
PEERS: Final = (CELERY, DBOS)
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


def saturated(port: int, tasks: int, clients: int) -> dict[str, float]:
    """Return the rate of clients that never pause, the median of some rounds, and P50 and P99 at
    half that rate."""
    runs = sorted(submitted(port, tasks, clients)["per_second"] for _ in range(ROUNDS))
    rate = runs[ROUNDS // 2]
    half = submitted(port, tasks, clients, rate / 2)
    told = {"submit": rate, "lowest": runs[0], "highest": runs[-1], "half": half["per_second"]}
    return told | {"p50": half["p50"], "p99": half["p99"]}


def of_peer(peer: Peer, server: embedded.Server, tasks: int, clients: int) -> dict[str, float]:
    """Return what `saturated` does of a peer's API. Raises CannotRun."""
    with (
        redis() as broker,
        database_for(peer, server, broker) as url,
        tempfile.NamedTemporaryFile("w") as log,
        peer.serving(url, broker, log) as port,
    ):
        return saturated(port, tasks, clients)


def measure(folder: Path, tasks: int, clients: int, peers: Sequence[Peer]) -> dict[str, Any]:
    """Return our figures, those of the peers by name, and why some could not run."""
    others: dict[str, dict[str, float]] = {}
    absent: dict[str, str] = {}
    with embedded.running(folder) as server:
        server.create_database("bench")
        url = server.url("bench")
        rates = {"pgbench": baseline(url, clients)}
        migrate.upgrade(url)
        with api(url) as port:
            rates |= saturated(port, tasks, clients)
        rates["finished"] = finished(url)
        for peer in peers:
            try:
                others[peer.name] = of_peer(peer, server, tasks, clients)
            except CannotRun as why:
                absent[peer.name] = str(why)
    return {"ours": rates, "peers": others, "absent": absent}


def report(figures: dict[str, Any]) -> None:
    title = f"{figures['tasks']:,} tasks, {figures['clients']} clients, {figures['cpus']} CPUs"
    table = Table("", "a second", "share of pgbench", "P50 at half", "P99 at half", title=title)
    ours, limit = figures["ours"], figures["ours"]["pgbench"]
    table.add_row("pgbench: insert and commit a row", f"{limit:,.0f}", "1")
    for name, rates in {"OctoLLM, until 202": ours, **figures["peers"]}.items():
        times = [f"{rates[point] * 1000:.1f} ms" for point in ("p50", "p99")]
        table.add_row(name, f"{rates['submit']:,.0f}", f"{rates['submit'] / limit:.3f}", *times)
    done = ours["finished"]
    table.add_row("OctoLLM, done by one worker", f"{done:,.0f}", f"{done / limit:.3f}")
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", why)
    Console(highlight=False).print(table)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=64, help="requests at a time")
    parser.add_argument("--alone", action="store_true", help="no peer that must be installed")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    given = parser.parse_args()
    peers = () if given.alone else PEERS
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        figures = measure(Path(name), given.tasks, given.clients, peers)
    about = {"bench": "submit", "tasks": given.tasks, "clients": given.clients}
    about |= {"cpus": os.cpu_count(), "python": platform.python_version()}
    figures = about | {"packages": versions(*peers)} | figures
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
