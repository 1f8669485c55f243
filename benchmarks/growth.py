"""Whether submits and lists take as long with a million stored tasks as with a thousand.

    make bench BENCH=growth         a million tasks; some minutes
    make bench BENCH=growth ARGS="--most 100000"

For each number of tasks there is a database and an API. Tasks that have ended, with their results
and three events each, are put there by SQL; then each API in turn is asked by one client whose next
request waits for the last answer: to submit, to list a tenant's first page, its failed tasks, and a
page in the middle, by its cursor. Told are medians of some rounds. Prints a table, then a line of
JSON.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg
from measures.load import SUBMIT, Door, measured
from measures.programs import api, port_of
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

from app import cursor, embedded, migrate
from app.api_keys import DEFAULT_TENANT

SIZES: Final = (1_000, 100_000, 1_000_000)
FAILED: Final = 60
"""So many of the oldest tasks have failed, and no other: what is asked for stands far behind."""

PAGE: Final = 50
ROUNDS: Final = 3
FILL: Final = (
    """
    INSERT INTO tasks (
        id, tenant, status, goal, constraints, acceptance_criteria, max_repairs, budget, metadata,
        pii_policy, priority, attempt, max_attempts, drawn_tokens, drawn_usd, head_hash,
        created_at, started_at, finished_at, updated_at)
    SELECT gen_random_uuid(), %(tenant)s,
        CAST(CASE WHEN n <= %(failed)s THEN 'failed' ELSE 'completed' END AS task_status),
        'Summarise report ' || n || ' for the board, in three short paragraphs.',
        '{}', '[]', 2, %(budget)s, '{}', 'block', 5, 1, 3, 0, 0, repeat('0', 64), at, at, at, at
    FROM generate_series(1, CAST(%(tasks)s AS integer)) n, LATERAL (
        SELECT now() - interval '400 days' + n * interval '30 seconds' AS at) moments
    """,
    """
    INSERT INTO task_results (task_id, result, processing_time_ms, created_at)
    SELECT id, jsonb_build_object('output', goal), 3, finished_at FROM tasks
    """,
    """
    INSERT INTO task_events (task_id, type, data, created_at, prev_hash, hash)
    SELECT id, type, '{}', created_at, repeat('0', 64), repeat('0', 64)
    FROM tasks, unnest(ARRAY['task.submitted', 'task.started', 'task.completed']) type
    """,
)
MIDDLE: Final = (
    "SELECT created_at, id FROM tasks ORDER BY created_at DESC, id DESC OFFSET %s LIMIT 1"
)
BUDGET: Final = '{"max_tokens": 100000, "max_time_seconds": 600, "max_cost_usd": 1.0}'

Figures = dict[str, dict[str, float]]


def fill(connection: psycopg.Connection, tasks: int) -> None:
    """Store so many tasks as they are once they have ended."""
    values = {"tenant": DEFAULT_TENANT, "failed": FAILED, "budget": BUDGET, "tasks": tasks}
    for statement in FILL:
        connection.execute(statement.encode(), values if "%(" in statement else None)
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")  # else the measured ones pay for it


def cursor_behind(connection: psycopg.Connection, tasks: int) -> str:
    """Return the cursor that goes on behind so many of the newest tasks."""
    row = connection.execute(MIDDLE.encode(), (tasks,)).fetchone()
    if row is None:
        raise ValueError(f"there are not {tasks} tasks")
    return cursor.write(*row)


def doors(connection: psycopg.Connection, stored: int) -> Mapping[str, Door]:
    """Return what is asked, by name."""
    middle = cursor_behind(connection, stored // 2)

    def listed(query: str) -> Door:
        return Door("GET", f"/tasks?limit={PAGE}{query}", 200, "")

    return {
        "submit": SUBMIT,
        "list, first page": listed(""),
        "list, failed": listed("&status=failed"),
        "list, in the middle": listed(f"&cursor={middle}"),
    }


def measure(folder: Path, most: int, requests: int) -> dict[str, Figures]:
    """Return seconds by what was asked and by how many tasks there were."""
    sizes = [size for size in SIZES if size <= most]
    rounds: defaultdict[tuple[str, int], list[dict[str, float]]] = defaultdict(list)
    with embedded.running(folder) as server, ExitStack() as stack:
        asked = [(size, *stack.enter_context(house(server, size))) for size in sizes]
        for turn in range(ROUNDS + 1):
            for size, port, doors_there in asked:
                for name, door in doors_there.items():
                    told = measured(door.plan(port, requests, 1, warm=20))
                    if turn:  # the first one is warm
                        rounds[name, size].append(told)
    found: dict[str, Figures] = defaultdict(dict)
    for (name, size), told_each in rounds.items():
        found[name][str(size)] = {
            point: median(told[point] for told in told_each) for point in ("p50", "p95")
        }
    return found


@contextmanager
def house(server: embedded.Server, stored: int) -> Iterator[tuple[int, Mapping[str, Door]]]:
    """Run an API on a database of so many tasks; yield its port and what is asked there."""
    server.create_database(f"of_{stored}")
    url = server.url(f"of_{stored}")
    migrate.upgrade(url)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection, stored)
        asked = doors(connection, stored)
    with api(url) as (_, address):
        yield port_of(address), asked


def report(figures: dict[str, Any]) -> None:
    sizes = list(next(iter(figures["seconds"].values())))
    title = f"P50 (P95), one request at a time, {figures['cpus']} CPUs"
    table = Table("", *(f"{int(size):,} tasks" for size in sizes), "growth", title=title)
    for name, by_size in figures["seconds"].items():
        told = [f"{at['p50'] * 1e3:.2f} ms ({at['p95'] * 1e3:.2f})" for at in by_size.values()]
        table.add_row(name, *told, f"{by_size[sizes[-1]]['p50'] / by_size[sizes[0]]['p50']:.2f}")
    Console(highlight=False).print(table)


def main() -> None:
    parser = arguments("Measure submits and lists as the number of stored tasks grows.")
    parser.add_argument("--most", type=int, help="stored tasks in the end")
    given = parser.parse_args()
    most = given.most or SIZES[1 if given.quick else 2]
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        seconds = measure(Path(name), most, 40 if given.quick else 150)
    figures = about("growth") | {"packages": {}, "seconds": seconds}
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
