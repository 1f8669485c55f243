"""How many tasks a second are done from submit to stored result, beside what others would use.

    make bench BENCH=queues         or, with other figures:
    make bench BENCH=queues ARGS="--tasks 500 --rounds 1 --json benchmarks/results/queues.json"

A task does nothing that takes time. Ours go through one API, all screened, and one worker with its
arm, each output screened as well; the others are handed in by one process of their library and done
by one worker, without API or screening: it is what they leave out that we are measured against.
All share one embedded PostgreSQL; each has a database of its own. Rounds go round all, the first
one warm; told is the median. Then single tasks are submitted to an idle house, and the time is told
from commit to start. Prints tables, then a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

import httpx2
import psycopg
from measures.load import Plan, measured
from measures.peers import (
    CELERY,
    DBOS,
    PGQUEUER,
    PROCRASTINATE,
    CannotRun,
    Peer,
    database_for,
    redis,
    until_done,
    versions,
)
from measures.programs import URL, program
from measures.told import tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate

CLIENTS: Final = 64
SINGLE: Final = 100
NO_LIMITS: Final = {"OCTOLLM_MAX_PENDING": "0", "OCTOLLM_MAX_PENDING_PER_TENANT": "0"}
DONE: Final = "SELECT count(*) FROM tasks WHERE status = 'completed'"
PICKED_UP: Final = """
    SELECT extract(epoch FROM started.created_at - submitted.created_at)::float8
    FROM task_events started JOIN task_events submitted USING (task_id)
    WHERE started.type = 'task.started' AND submitted.type = 'task.submitted'
    ORDER BY started.id DESC LIMIT %s
"""
PEERS: Final = (PROCRASTINATE, PGQUEUER, CELERY, DBOS)


@contextmanager
def house(database_url: str) -> Iterator[str]:
    """Run a Reflex Layer, an API and a worker; yield the API's address."""
    ours = {"OCTOLLM_DATABASE_URL": database_url} | NO_LIMITS
    with ExitStack() as stack:
        _, ours["OCTOLLM_REFLEX_URL"] = stack.enter_context(program(URL, "reflex", "--port", "0"))
        _, url = stack.enter_context(program(URL, "serve", "--port", "0", **ours))
        stack.enter_context(program("worker started", "worker", **ours))
        yield url


def ours(database_url: str, url: str, tasks: int) -> float:
    """Return how many tasks a second the house accepts and completes."""
    bodies = [json.dumps({"goal": f"Summarise report {n:08} for the board."}) for n in range(tasks)]
    with psycopg.connect(database_url, autocommit=True) as connection:
        before = (connection.execute(DONE.encode()).fetchone() or (0,))[0]
        began = time.perf_counter()
        measured(
            Plan(
                port=int(url.rpartition(":")[2]),
                path="/submit",
                status=202,
                clients=CLIENTS,
                every=0.0,
                warm=0,
                bodies=bodies,
            )
        )
        until_done(connection, DONE, before + tasks)
        return tasks / (time.perf_counter() - began)


def picked_up(database_url: str, url: str) -> dict[str, float]:
    """Return P50 and P99 of the seconds from the commit of a task to its start, one at a time."""
    with (
        httpx2.Client(base_url=url) as client,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        for number in range(SINGLE):
            answer = client.post("/submit", json={"goal": f"Look at report {number:08}."})
            task_id = answer.raise_for_status().json()["task_id"]
            client.get(f"/tasks/{task_id}", params={"wait": 30}).raise_for_status()
        rows = connection.execute(PICKED_UP, (SINGLE,)).fetchall()
    cuts = quantiles([row[0] for row in rows], n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


def measure(folder: Path, tasks: int, rounds: int, peers: Sequence[Peer]) -> dict[str, Any]:
    """Return tasks a second of each round by name, why some could not run, and pickup times."""
    rates: dict[str, list[float]] = {"OctoLLM": []}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        server = stack.enter_context(embedded.running(folder))
        broker = stack.enter_context(redis())
        server.create_database("ours")
        migrate.upgrade(server.url("ours"))
        for _ in range(rounds + 1):
            with house(server.url("ours")) as url:
                rates["OctoLLM"].append(ours(server.url("ours"), url, tasks))
                idle = picked_up(server.url("ours"), url)
            for peer in peers:
                if peer.name in absent:
                    continue
                try:
                    rates.setdefault(peer.name, []).append(_of_peer(peer, server, broker, tasks))
                except CannotRun as why:
                    absent[peer.name] = str(why)
                    rates.pop(peer.name, None)
    warm = {name: of[1:] for name, of in rates.items()}
    return {"rates": warm, "absent": absent, "pickup": idle}


def _of_peer(peer: Peer, server: embedded.Server, broker: str, tasks: int) -> float:
    with (
        database_for(peer, server, broker) as url,
        tempfile.NamedTemporaryFile("w") as log,
    ):
        return peer.tasks_a_second(url, broker, tasks, log)


def report(figures: dict[str, Any]) -> None:
    title = f"{figures['tasks']:,} tasks, {figures['cpus']} CPUs"
    table = Table("", "tasks a second", "lowest", "highest", "ours beside it", title=title)
    ours = median(figures["rates"]["OctoLLM"])
    for name, rates in figures["rates"].items():
        least, most = min(rates), max(rates)
        row = (f"{value:,.0f}" for value in (median(rates), least, most))
        table.add_row(name, *row, f"{ours / median(rates):.2f}")
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", "", "", why)
    console = Console(highlight=False)
    console.print(table)
    idle = {name: f"{seconds * 1000:.1f} ms" for name, seconds in figures["pickup"].items()}
    console.print(f"From commit to start, house idle: P50 {idle['p50']}, P99 {idle['p99']}.")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="no peer that must be installed")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        peers = (PROCRASTINATE,) if given.alone else PEERS
        figures = measure(Path(name), given.tasks, given.rounds, peers)
    about = {"bench": "queues", "tasks": given.tasks, "cpus": os.cpu_count()}
    about |= {"python": platform.python_version(), "packages": versions(*peers)}
    figures = about | figures
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
