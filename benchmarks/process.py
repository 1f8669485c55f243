"""What `POST /process` of the Reflex Layer does a second, beside Presidio's service.

    make bench BENCH=process

Both are one process, as each is started by default, and are asked by as many clients, which send as
fast as they are answered, with the same English prose of 1 and of 10 KB; every text is another one,
so that no cache answers. Presidio looks for private data alone, without a language model; ours
screens for injections as well, and once more for private data alone. A bare app on the same server
that reads the text and answers a few bytes shows what HTTP leaves. Prints a table, then a line of
JSON.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

from measures.latency import clean
from measures.load import Door, measured
from measures.over_http import bare, reflex
from measures.peers import PRESIDIO, CannotRun, last_line, versions
from measures.programs import Broken
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

CLIENTS: Final = 8
SIZES: Final = {"1 KB": 1_000, "10 KB": 10_000}
OURS: Final = "OctoLLM"
ALONE: Final = "OctoLLM, private data alone"
BARE: Final = "A bare app"

Figures = dict[str, dict[str, float]]


@contextmanager
def presidio() -> Iterator[int]:
    """Run Presidio's service; yield its port. Raises CannotRun."""
    with tempfile.NamedTemporaryFile("w") as log, PRESIDIO.serving("", "", log) as port:
        yield port


def door(path: str, size: int, turn: int, more: dict[str, Any]) -> Door:
    """Return where a text is screened, a text that no other round has; asked for `more`."""
    return Door(
        "POST",
        path,
        200,
        json.dumps({"text": f"{turn} {{number}} {clean(size - 11)}", **more}),
    )


def rates(port: int, path: str, requests: int, rounds: int, **more: Any) -> Figures:
    """Return for each size the median of a second's answers, its spread, and the median P99."""
    found = {}
    for name, size in SIZES.items():
        some = max(40, requests * SIZES["1 KB"] // size)
        asked = [door(path, size, turn, more) for turn in range(rounds)]
        plans = [one.plan(port, some, CLIENTS, warm=20) for one in asked]
        runs = [measured(plan) for plan in plans]
        told = sorted(run["per_second"] for run in runs)
        found[name] = {
            "per_second": median(told),
            "lowest": told[0],
            "highest": told[-1],
            "p99": median(run["p99"] for run in runs),
        }
    return found


def measure(requests: int, rounds: int, beside: bool) -> dict[str, Any]:
    """Return figures by name and size, and why the peer could not run."""
    with reflex() as port:
        found = {
            OURS: rates(port, "/process", requests, rounds),
            ALONE: rates(port, "/process", requests, rounds, check_injection=False),
        }
    with tempfile.NamedTemporaryFile(suffix=".json") as answer:
        answer.write(b"{}")
        answer.flush()
        with bare(answer.name) as port:
            found[BARE] = rates(port, "/process", requests, rounds)
    absent = {}
    if beside:
        try:
            with presidio() as port:
                some = max(80, requests // 20)
                found[PRESIDIO.name] = rates(port, "/analyze", some, rounds, language="en")
        except (CannotRun, Broken) as why:
            absent[PRESIDIO.name] = last_line(str(why))
    return {"rates": found, "absent": absent}


def report(figures: dict[str, Any]) -> None:
    title = f"{CLIENTS} clients without a pause, {figures['cpus']} CPUs"
    table = Table("", "size", "a second", "P99", title=title)
    for name, sizes in figures["rates"].items():
        for size, one in sizes.items():
            table.add_row(name, size, f"{one['per_second']:,.0f}", f"{one['p99'] * 1000:.1f} ms")
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", why)
    Console(highlight=False).print(table)


def main() -> None:
    given = arguments("Measure screening over HTTP.").parse_args()
    requests, rounds = (400, 1) if given.quick else (4_000, 3)
    sizes: dict[str, Any] = {"requests": requests, "clients": CLIENTS}
    sizes |= {"packages": {} if given.alone else versions(PRESIDIO)}
    figures = about("process") | sizes | measure(requests, rounds, not given.alone)
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
