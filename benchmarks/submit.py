"""How many tasks a second are accepted durably, how long that takes, and how many are finished.

    make bench BENCH=submit         or, with other figures:
    make bench BENCH=submit ARGS="--tasks 10000 --clients 32"

What a machine can do depends on its disk and its cores, so the same PostgreSQL is asked first, by
its own pgbench, for what it does without us: one row inserted and committed, by as many clients.
Our figures are told as shares of that. Database, API, worker and load are processes of their own on
one machine, and every task is screened: by the API itself, and once more by a Reflex Layer beside
it. First all clients send as fast as they are
answered, while no worker runs; then at half that rate, at times laid down before, and a time counts
from when its request was due; then a worker does what has been accepted. Others' APIs, which store
and queue a task and screen nothing, are asked in the same way, and ours once more at half of what
each of them can. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from measures.load import SUBMIT, Door, measured
from measures.peers import CELERY, DBOS, LITELLM, CannotRun, Peer, database_for, last_line, versions
from measures.programs import Broken, api, port_of, reflex, worker
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

from app import embedded, migrate
from app.embedded_programs import find_programs

BASELINE_SECONDS: Final = 5
WARM: Final = 300
ROUNDS: Final = 3
PEERS: Final = (CELERY, DBOS, LITELLM)
DONE_SECONDS: Final = 600.0
BY_SERVICE: Final = "OctoLLM, screened by a service"
INSERT: Final = "INSERT INTO line (body) VALUES (repeat('x', 100));\n"


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
        raise Broken(done.stderr)
    return float(said[1])


def finished(database_url: str) -> float:
    """Return how many tasks a second a worker finishes, from its start to the last one."""
    open_tasks = "SELECT count(*) FROM tasks WHERE status IN ('pending', 'processing')"
    with psycopg.connect(database_url, autocommit=True) as connection, worker(database_url):

        def left() -> int:
            return int((connection.execute(open_tasks).fetchone() or (0,))[0])

        waiting, began = left(), time.perf_counter()
        while left():
            if time.perf_counter() - began > DONE_SECONDS:
                raise Broken(f"{left()} of {waiting} tasks are not done")
            time.sleep(0.25)
        return waiting / (time.perf_counter() - began)


def saturated(port: int, tasks: int, clients: int, door: Door = SUBMIT) -> dict[str, float]:
    """Return the rate of clients that never pause, the median of some rounds, and P50 and P99 at
    half that rate."""
    plans = [door.plan(port, tasks, clients, warm=WARM) for _ in range(ROUNDS)]
    runs = sorted(measured(plan)["per_second"] for plan in plans)
    rate = runs[ROUNDS // 2]
    told = {"submit": rate, "lowest": runs[0], "highest": runs[-1], "half": rate / 2}
    return told | at_rate(port, rate / 2, tasks, clients, door)


def at_rate(
    port: int, rate: float, tasks: int, clients: int, door: Door = SUBMIT
) -> dict[str, float]:
    """Return P50 and P99 of requests that are due at so many a second."""
    told = measured(door.plan(port, tasks, clients, warm=WARM, rate=rate))
    return {point: told[point] for point in ("p50", "p99")}


def of_peer(peer: Peer, server: embedded.Server, tasks: int, clients: int) -> dict[str, float]:
    """Return what `saturated` does of a peer's API. Raises CannotRun."""
    with (
        peer.needs() as needed,
        database_for(peer, server, needed) as url,
        tempfile.NamedTemporaryFile("w") as log,
        peer.serving(url, needed, log) as port,
    ):
        try:
            return saturated(port, tasks, clients, peer.door)
        except Broken as error:
            raise CannotRun(last_line(str(error))) from error


def measure(folder: Path, tasks: int, clients: int, peers: Sequence[Peer]) -> dict[str, Any]:
    """Return our figures, those of others by name, and why some could not run."""
    others: dict[str, dict[str, float]] = {}
    absent: dict[str, str] = {}
    with embedded.running(folder) as server:
        server.create_database("bench")
        url = server.url("bench")
        rates = {"pgbench": baseline(url, clients)}
        migrate.upgrade(url)
        with api(url) as (_, address):
            rates |= saturated(port_of(address), tasks, clients)
        rates["finished"] = finished(url)
        with reflex() as asked, api(url, **asked) as (_, address):
            others[BY_SERVICE] = saturated(port_of(address), tasks, clients)
        for peer in peers:
            try:
                others[peer.name] = of_peer(peer, server, tasks, clients)
            except CannotRun as why:
                absent[peer.name] = str(why)
        with api(url) as (_, address):
            for peer in peers:
                if (its := others.get(peer.name)) is not None:
                    ours = at_rate(port_of(address), its["half"], tasks, clients)
                    its |= {f"ours_{point}": seconds for point, seconds in ours.items()}
    return {"ours": rates, "peers": others, "absent": absent}


def report(figures: dict[str, Any]) -> None:
    title = f"{figures['tasks']:,} tasks, {figures['clients']} clients, {figures['cpus']} CPUs"
    columns = ("a second", "of pgbench", "P50 at half", "P99 at half", "ours then")
    table = Table("", *columns, title=title)
    ours, limit = figures["ours"], figures["ours"]["pgbench"]
    table.add_row("pgbench: insert and commit a row", f"{limit:,.0f}", "1")
    for name, rates in {"OctoLLM, screened in process": ours, **figures["peers"]}.items():
        times = [f"{rates[point] * 1000:.1f} ms" for point in ("p50", "p99")]
        if "ours_p50" in rates:
            times.append(f"{rates['ours_p50'] * 1000:.1f}, {rates['ours_p99'] * 1000:.1f} ms")
        table.add_row(name, f"{rates['submit']:,.0f}", f"{rates['submit'] / limit:.3f}", *times)
    done = ours["finished"]
    table.add_row("OctoLLM, done by one worker", f"{done:,.0f}", f"{done / limit:.3f}")
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", why)
    Console(highlight=False).print(table)


def main() -> None:
    parser = arguments("Measure durable submits.")
    parser.add_argument("--tasks", type=int, help="requests a round")
    parser.add_argument("--clients", type=int, default=64, help="requests at a time")
    given = parser.parse_args()
    tasks = given.tasks or (300 if given.quick else 1_000)
    peers = () if given.alone else PEERS
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        figures = measure(Path(name), tasks, given.clients, peers)
    sizes = {"tasks": tasks, "clients": given.clients, "packages": versions(*peers)}
    figures = about("submit") | sizes | figures
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
