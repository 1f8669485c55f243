"""The benchmarks of submits and queues run, and the page shows what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import performance
import pytest
from pages import ROOT, TEXTS


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Return the figures of a benchmark."""
    command = [sys.executable, str(ROOT / f"benchmarks/{name}.py"), "--alone", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "OctoLLM" in done.stdout
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


@pytest.mark.parametrize("name", performance.TABLES)
def test_the_page_shows_the_committed_figures(name: str) -> None:
    mark = f"{name} benchmark"
    shown = f"<!-- {mark} -->\n{performance.text_of(name)}\n<!-- end of {mark} -->"
    assert shown in TEXTS[performance.PAGE], "run benchmarks/performance.py"


def test_tasks_are_done_beside_a_bare_queue() -> None:
    figures = run("queues", "--tasks", "40", "--rounds", "1")
    assert set(figures["rates"]) == {"OctoLLM", "procrastinate"}
    assert figures["absent"] == {}
    assert set(figures["pickup"]) >= {"OctoLLM"}
    for times in figures["pickup"].values():
        assert 0 <= times["p50"] <= times["p99"]


def test_submits_are_measured_beside_what_the_database_can(tmp_path: Path) -> None:
    figures = run("submit", "--tasks", "150", "--clients", "8")
    ours = figures["ours"]
    assert 0 < ours["submit"] < ours["pgbench"]
    assert 0 < ours["p50"] <= ours["p99"]
    assert ours["finished"] > 0
    assert str(ROOT) not in json.dumps(figures)
