"""How long one waits for `octollm up`, and for the help of `octollm`.

    make bench BENCH=start

`octollm up` is timed from the start of its process until it says that it is ready, on a data folder
that has its database already: embedded PostgreSQL, API, worker and screening. Beside it: an
interpreter that does nothing, and one that imports FastAPI and nothing else, both of this
environment. Told are medians. Prints a table, then a line of JSON.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from measures.programs import octollm, program
from measures.told import about, arguments, tell
from rich.console import Console
from rich.table import Table

UP: Final = "octollm up, until ready"
HELP: Final = "octollm --help"
NOTHING: Final = "python -c pass"
FASTAPI: Final = "python -c 'import fastapi'"
LIMITS: Final = {UP: 4.0, HELP: 0.3}
"""Seconds that are the goal."""


def came_up(folder: Path) -> float:
    """Return the seconds until everything on a data folder is ready."""
    began = time.perf_counter()
    with program("Ready", "up", "--port", "0", "--data-dir", str(folder)):
        return time.perf_counter() - began


def ran(*command: str) -> float:
    """Return the seconds a program takes from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603  our own
    return time.perf_counter() - began


def measure(times: int) -> dict[str, list[float]]:
    """Return the seconds of each run, by what was started."""
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        Path(name).chmod(0o711)  # the database of root runs as somebody else, who must pass
        folder = Path(name) / "data"
        came_up(folder)  # makes the database
        return {
            UP: of(times, lambda: came_up(folder)),
            HELP: of(2 * times, lambda: ran(*octollm("--help"))),
            NOTHING: of(2 * times, lambda: ran(sys.executable, "-c", "pass")),
            FASTAPI: of(2 * times, lambda: ran(sys.executable, "-c", "import fastapi")),
        }


def of(times: int, run: Callable[[], float]) -> list[float]:
    """Return how long so many runs took, after one that is not told."""
    run()
    return [run() for _ in range(times)]


def report(seconds: dict[str, Sequence[float]], cpus: int) -> None:
    table = Table("", "median", "lowest", "highest", "goal", title=f"{cpus} CPUs")
    for name, of_it in seconds.items():
        told = (f"{value:.2f} s" for value in (median(of_it), min(of_it), max(of_it)))
        table.add_row(name, *told, f"{LIMITS[name]:g} s" if name in LIMITS else "")
    Console(highlight=False).print(table)


def main() -> None:
    given = arguments("Measure how long a start takes.").parse_args()
    seconds = measure(1 if given.quick else 5)
    figures: dict[str, Any] = about("start") | {"packages": {}, "seconds": seconds}
    report(figures["seconds"], figures["cpus"])
    tell(figures, given.json)


if __name__ == "__main__":
    main()
