"""Writes docs/phases/sprint-1.2/SPRINT-1.2-COMPLETION.md: runs what shows each acceptance
criterion of the sprint, and notes what was printed. Needs what `make coverage` leaves behind, or
leaves its line out with --without-coverage.

python scripts/completion.py
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/phases/sprint-1.2/SPRINT-1.2-COMPLETION.md"
TESTS = "services/orchestrator/tests"
CLIENT = f"{TESTS}/test_reflex_client.py"


@dataclass(frozen=True)
class Shown:
    """An acceptance criterion, and the command that shows it; `least` tests must have passed.

    What it says is its last line, or all lines that have `said` in them.
    """

    criterion: str
    command: str
    least: int = 1
    said: str = ""


def pytest(criterion: str, selection: str, least: int = 1) -> Shown:
    return Shown(criterion, f".venv/bin/pytest -q -n 2 {selection}", least)


PHASES: dict[str, list[Shown]] = {
    "1: client of the Reflex Layer": [
        pytest(
            "Successful `POST /process` requests",
            f'{CLIENT} -k "verdict or request or path or key"',
            5,
        ),
        pytest(
            "Three retries with exponential backoff", f'{CLIENT} -k "tried or retr or waits"', 8
        ),
        pytest("A breaker that opens after 5 failures", f"{TESTS}/test_breaker.py", 10),
        pytest("A health check", f"{CLIENT} -k health", 4),
        pytest("20+ unit tests", CLIENT, 20),
        pytest(
            "Integration tests with a real Reflex Layer",
            "tests/test_processes.py -k reflex",
        ),
    ],
    "2: the core": [
        pytest("The application starts", f"{TESTS}/test_operations.py -k lives"),
        pytest(
            "All endpoints work",
            f"{TESTS}/test_tasks_api.py {TESTS}/test_operations.py {TESTS}/test_submit.py",
            30,
        ),
        pytest("The database connection works", f"{TESTS}/test_database_errors.py", 10),
        pytest("Tasks are created, read, updated; results stored", f"{TESTS}/test_worker.py", 20),
        pytest("Migrations go up and down", f"{TESTS}/test_migrations.py"),
    ],
    "3: end to end": [
        pytest("The whole way of a task", "tests/test_processes.py", 7),
        pytest("Background processing, and recovery from errors", f"{TESTS}/test_recovery.py", 10),
        pytest("The screening refuses private data and injections", f"{TESTS}/test_submit.py", 15),
        Shown("Five scenarios, and one more", "make demo", said="scenarios passed"),
    ],
    "4: tests and documents": [
        Shown(
            "Coverage in percent, 85 wanted (ours: 90)",
            ".venv/bin/coverage report --include=services/orchestrator/app/* --fail-under=90"
            " --format=total",
        ),
        pytest("Documents that cannot lie", "tests/test_docs.py", 20),
        Shown(
            "The OpenAPI documents are what is served",
            ".venv/bin/python scripts/openapi.py --check",
        ),
        Shown(
            "What each commit is checked for",
            ".venv/bin/pre-commit run --all-files",
            said="Passed",
        ),
    ],
}


NEEDS_COVERAGE = ".venv/bin/coverage "


def ran(shown: Shown) -> str:
    """Run a command and return the line that says how it went. Exits when it did not go well."""
    click.echo(shown.command)
    done = subprocess.run(  # noqa: S603  (the commands are those above)
        shlex.split(shown.command), cwd=ROOT, capture_output=True, text=True, check=False
    )
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    chosen = [line for line in lines if shown.said in line] if shown.said else lines[-1:]
    said = ", ".join(chosen) or ("nothing" if shown.said else "nothing to complain about")
    counted = re.search(r"(\d+) passed", said)
    enough = not shown.command.startswith(".venv/bin/pytest") or (
        counted is not None and int(counted[1]) >= shown.least
    )
    if done.returncode or not enough or (shown.said and not chosen):
        sys.exit(f"not shown: {shown.criterion}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    said = re.sub(r" in [\d.]+s( \([\d:]+\))?|\.{3,}", " ", said.strip("=─╯╰ ")).strip()
    return re.sub(r"^TOTAL\s.*\s([\d.]+%)$", r"\1 covered", said)


def page(*, covered: bool) -> str:
    """Run everything and return the page; unless `covered` without what the coverage shows."""
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    lines = [
        "# Sprint 1.2: completion",
        "",
        f"Orchestrator {version('octollm-orchestrator')}, {made}, Python {python}. Made by",
        "`scripts/completion.py`, which runs each command and notes what it printed; it writes",
        "nothing if one fails. Every test there is runs in `make coverage`. What comes next:",
        "[hand-over](../../handoffs/SPRINT-1.3-HANDOFF.md).",
    ]
    for phase, shown in PHASES.items():
        lines += [
            "",
            f"## Phase {phase}",
            "",
            "| criterion | command | printed |",
            "|---|---|---|",
        ]
        lines += [
            f"| {one.criterion} | `{one.command}` | {ran(one)} |"
            for one in shown
            if covered or not one.command.startswith(NEEDS_COVERAGE)
        ]
    return "\n".join(lines) + "\n"


@click.command()
@click.option("--without-coverage", is_flag=True, help="Where `make coverage` has not run.")
def main(without_coverage: bool) -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(covered=not without_coverage), "utf-8")


if __name__ == "__main__":
    main()
