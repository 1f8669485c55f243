"""The benchmark of the Reflex Layer runs, and the pages show what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from measures import tables
from measures.corpus import corpus
from measures.detection import tally
from measures.hostile import HOSTILE
from measures.spans import Span
from pages import ROOT, TEXTS

from octollm.verdict import PiiType

BENCHMARK = ROOT / "benchmarks/reflex.py"
RESULTS = ROOT / "benchmarks/results/reflex.json"


def run(*arguments: str) -> str:
    """Return what the benchmark prints."""
    command = [sys.executable, str(BENCHMARK), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def results() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(RESULTS.read_text("utf-8"))
    return figures


@pytest.mark.parametrize("page", tables.PAGES)
def test_the_pages_show_the_committed_figures(page: str) -> None:
    mark, table = tables.PAGES[page]
    shown = f"<!-- {mark} -->\n{table(results())}\n<!-- end of {mark} -->"
    assert shown in TEXTS[page], "run benchmarks/reflex.py --pages"


def test_the_committed_figures_are_of_a_full_run_beside_the_peer() -> None:
    figures = results()
    assert figures["latency"]["long"] == 100_000
    assert len(figures["latency"]["pii_hostile"]["by_text"]) == len(HOSTILE) == 29
    assert {"presidio-analyzer", "spacy"} <= set(figures["packages"])
    assert figures["detection"]["beside_peer"]


def test_it_runs_without_the_peer_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    printed = run("--quick", "--alone", "--json", str(file))
    figures = json.loads(file.read_text("utf-8"))
    assert "no independent evaluation" in printed
    assert "ours alone" in printed
    assert figures["detection"]["beside_peer"] is None
    assert figures["http"]["ours"]["closed_loop"]["p95"] > 0
    assert len(HOSTILE) == 29
    assert str(ROOT) not in file.read_text("utf-8")


def test_labels_stand_on_what_was_written() -> None:
    texts = corpus(400)
    assert texts == corpus(400)
    labels = [span for text in texts for span in text.spans]
    assert {span.kind for span in labels} == set(PiiType)
    assert all(0 <= span.start < span.end for span in labels)
    for text in texts:
        for span in text.spans:
            value = text.text[span.start : span.end]
            assert value == value.strip()
            assert value


@pytest.mark.parametrize(
    ("found", "f1"),
    [
        ([Span("SSN", 10, 20)], 1.0),
        ([Span("SSN", 14, 21)], 1.0),
        ([Span("SSN", 16, 21)], 0.0),
        ([Span("Phone", 10, 20)], 0.0),
        ([Span("SSN", 10, 20), Span("SSN", 30, 40)], 2 / 3),
        ([], 0.0),
    ],
)
def test_a_finding_counts_by_kind_and_half_of_its_place(found: list[Span], f1: float) -> None:
    (text,) = [t for t in corpus(50) if t.spans][:1]
    labelled = type(text)(text.text, (Span("SSN", 10, 20),))
    assert tally([labelled], [found], {"SSN", "Phone"}).f1() == pytest.approx(f1)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1.1e-5, "11 µs"), (3.17e-4, "317 µs"), (0.00316, "3.16 ms"), (1.25, "1.25 s")],
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds: float, said: str) -> None:
    assert tables.duration(seconds) == said
