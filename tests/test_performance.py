"""The benchmarks run, and the page shows what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import performance
import pytest
from pages import ROOT, TEXTS

UP_AND_NOTHING = ("octollm up, until ready", "python -c pass")


def run(name: str, *arguments: str) -> dict[str, Any]:
    """Return the figures of a benchmark."""
    command = [sys.executable, str(ROOT / f"benchmarks/{name}.py"), "--alone", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
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


def test_a_call_through_the_door_is_measured_beside_the_bare_one() -> None:
    figures = run("calls", "--quick")
    assert set(figures["calls"]) == {"pydantic-ai alone", "OctoLLM's door"}
    for times in figures["calls"].values():
        assert 0 < times["p50"] <= times["p99"]


def test_every_viewer_is_told_every_event() -> None:
    figures = run("viewers", "--quick", "--viewers", "20")
    assert figures["told"] % 20 == 0
    assert figures["told"] >= 20 * 2
    assert 0 < figures["p50"] <= figures["p99"]


def test_growth_is_measured_by_what_is_asked() -> None:
    figures = run("growth", "--quick", "--most", "1000")
    assert set(figures["seconds"]) == {
        "submit",
        "list, first page",
        "list, failed",
        "list, in the middle",
    }
    assert all(set(sizes) == {"1000"} for sizes in figures["seconds"].values())


def test_a_start_is_measured_to_its_being_ready() -> None:
    figures = run("start", "--quick")
    ready, nothing = (figures["seconds"][name][0] for name in UP_AND_NOTHING)
    assert 0 < nothing < ready
