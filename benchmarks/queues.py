"""How many tasks a second are done from submit to stored result, beside what others would use.

    make bench BENCH=queues         or, with other figures:
    make bench BENCH=queues ARGS="--tasks 500 --rounds 1"

A task does nothing: ours are drills of no seconds. They go through one API, all screened, and one
worker with its arm, which looks at each output as well; that is always the same, and known after
the first. The others are handed in by one process of their library and done by one worker, without
API or screening: it is what they leave out that we are measured against. The time is told from the
first task that is handed in to the last result that is stored, once all processes are ready.
All share one embedded PostgreSQL; each has a database of its own. Rounds go round all, the first
one warm; told is the median. Then single tasks are handed in while there is nothing else to do, and
the time is told from when each was stored to when its arm, or its function, began. Prints tables,
then a line of JSON.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import IO, Any, Final, TypeVar

import httpx2
import psycopg
from measures.load import SUBMIT, measured
from measures.peers import (
    CELERY,
    DBOS,
    PGQUEUER,
    PROCRASTINATE,
    CannotRun,
    Peer,
    database_for,
    until_done,
    versions,
)
from measures.programs import api, port_of, worker
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate

CLIENTS: Final = 64
NOTHING: Final = {
    "goal": "Summarise report {number}.",
    "assigned_arm": "drill",
    "constraints": {"seconds": 0},
}
OURS: Final = "OctoLLM"
DONE: Final = "SELECT count(*) FROM tasks WHERE status = 'completed'"
BEFORE: Final = f"SELECT ({DONE}), clock_timestamp()".encode()
SECONDS: Final = """
    SELECT extract(epoch FROM max(completed.created_at) - min(submitted.created_at))::float8
    FROM task_events submitted JOIN task_events completed USING (task_id)
    WHERE submitted.type = 'task.submitted' AND completed.type = 'task.completed'
      AND submitted.created_at >= %s
"""
PICKED_UP: Final = """
    SELECT extract(epoch FROM started.created_at - submitted.created_at)::float8
    FROM task_events started JOIN task_events submitted USING (task_id)
    WHERE started.type = 'task.started' AND submitted.type = 'task.submitted'
    ORDER BY started.id DESC LIMIT %s
"""
T = TypeVar("T")

PEERS: Final = (PROCRASTINATE, PGQUEUER, CELERY, DBOS)


@contextmanager
def house(database_url: str) -> Iterator[str]:
    """Run an API and a worker, which screen by themselves; yield the API's address."""
    with api(database_url) as (_, url), worker(database_url):
        yield url


def ours(database_url: str, url: str, tasks: int) -> float:
    """Return how many tasks a second the house accepts and completes, from the first that it stored
    to the last result."""
    plan = SUBMIT.saying(NOTHING).plan(port_of(url), tasks, CLIENTS)
    with psycopg.connect(database_url, autocommit=True) as connection:
        before, began = connection.execute(BEFORE).fetchone() or (0, None)
        measured(plan)
        until_done(connection, DONE, before + tasks)
        (seconds,) = connection.execute(SECONDS, (began,)).fetchone() or (0.0,)
        return tasks / float(seconds)


def picked_up(database_url: str, url: str, tasks: int) -> list[float]:
    """Return the seconds from when a task was stored to when it began, one at a time."""
    with (
        httpx2.Client(base_url=url) as client,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        for number in range(tasks):
            task = NOTHING | {"goal": f"Look at report {number:08}."}
            answer = client.post("/submit", json=task)
            task_id = answer.raise_for_status().json()["task_id"]
            client.get(f"/tasks/{task_id}", params={"wait": 30}).raise_for_status()
        return [row[0] for row in connection.execute(PICKED_UP, (tasks,)).fetchall()]


def measure(
    folder: Path, tasks: int, rounds: int, single: int, peers: Sequence[Peer]
) -> dict[str, Any]:
    """Return tasks a second of each round and pickup times by name, and why some could not run."""
    rates: dict[str, list[float]] = {OURS: []}
    pickup: dict[str, dict[str, float]] = {}
    absent: dict[str, str] = {}
    with embedded.running(folder) as server:
        server.create_database("ours")
        mine = server.url("ours")
        migrate.upgrade(mine)
        for turn in range(rounds + 1):
            with house(mine) as url:
                rates[OURS].append(ours(mine, url, tasks))
                if turn == rounds:
                    pickup[OURS] = cut(picked_up(mine, url, single))
            for peer in peers:
                if peer.name in absent:
                    continue
                try:
                    rates.setdefault(peer.name, []).append(_rate_of(peer, server, tasks))
                    if turn == rounds:
                        pickup[peer.name] = cut(_pickups_of(peer, server, single))
                except CannotRun as why:
                    absent[peer.name] = str(why)
                    rates.pop(peer.name, None)
    return {
        "rates": {name: of[1:] for name, of in rates.items()},
        "pickup": pickup,
        "absent": absent,
    }


def cut(seconds: list[float]) -> dict[str, float]:
    """Return P50 and P99. What began before its being stored was noted waited for nothing."""
    cuts = quantiles([max(0.0, one) for one in seconds], n=100)
    return {"p50": cuts[49], "p99": cuts[98]}


def _rate_of(peer: Peer, server: embedded.Server, tasks: int) -> float:
    return _with(
        peer, server, lambda url, broker, log: peer.tasks_a_second(url, broker, tasks, log)
    )


def _pickups_of(peer: Peer, server: embedded.Server, tasks: int) -> list[float]:
    return _with(peer, server, lambda url, broker, log: peer.pickups(url, broker, tasks, log))


def _with(peer: Peer, server: embedded.Server, do: Callable[[str, str, IO[str]], T]) -> T:
    """Do something with a peer's database, what it needs and a log."""
    with (
        peer.needs() as needed,
        database_for(peer, server, needed) as url,
        tempfile.NamedTemporaryFile("w") as log,
    ):
        return do(url, needed, log)


def report(figures: dict[str, Any]) -> None:
    title = f"{figures['tasks']:,} tasks, {figures['cpus']} CPUs"
    columns = ("tasks a second", "lowest", "highest", "ours beside it", "pickup P50", "P99")
    table = Table("", *columns, title=title)
    ours = median(figures["rates"][OURS])
    for name, rates in figures["rates"].items():
        row = [f"{value:,.0f}" for value in (median(rates), min(rates), max(rates))]
        times = [f"{seconds * 1000:.1f} ms" for seconds in figures["pickup"][name].values()]
        table.add_row(name, *row, f"{ours / median(rates):.2f}", *times)
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", "", "", why)
    Console(highlight=False).print(table)


def main() -> None:
    parser = arguments("Measure tasks a second from submit to stored result.")
    parser.add_argument("--tasks", type=int, help="tasks a round")
    parser.add_argument("--rounds", type=int, help="rounds after the warm one")
    given = parser.parse_args()
    tasks = given.tasks or (200 if given.quick else 600)
    rounds = given.rounds or (1 if given.quick else 3)
    single = 40 if given.quick else 200
    peers = (PROCRASTINATE,) if given.alone else PEERS
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        figures = measure(Path(name), tasks, rounds, single, peers)
    figures = about("queues") | {"tasks": tasks, "packages": versions(*peers)} | figures
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
