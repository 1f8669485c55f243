"""Writes the tables of docs/performance.md from the committed figures; measures nothing.

python benchmarks/performance.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from measures.told import ROOT, put

PAGE: Final = "docs/performance.md"
RESULTS: Final = ROOT / "benchmarks" / "results"


def table(head: str, rows: Iterator[list[str]]) -> str:
    """Return a table in Markdown; all columns but the first stand to the right."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|---|" + "--:|" * (columns - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def submit(figures: dict[str, Any]) -> str:
    """Return the table of submits a second."""
    ours, limit = figures["ours"], figures["ours"]["pgbench"]

    def rows() -> Iterator[list[str]]:
        yield ["pgbench: one row inserted and committed", f"{limit:,.0f}", "", "1", "", ""]
        for name, rates in {"OctoLLM, screened in process": ours, **figures["peers"]}.items():
            spread = f"{rates['lowest']:,.0f} to {rates['highest']:,.0f}"
            times = [f"{rates[point] * 1000:.1f} ms" for point in ("p50", "p99")]
            share = f"{rates['submit'] / limit:.1%}"
            yield [name, f"{rates['submit']:,.0f}", spread, share, *times]
        for name, why in figures["absent"].items():
            yield [name, "could not run", why, "", "", ""]

    head = "| a second | rounds | of pgbench | P50 at half the rate | P99 at half the rate"
    return f"{table(head, rows())}\n\n{_machine(figures)}"


def queues(figures: dict[str, Any]) -> str:
    """Return the table of tasks a second from submit to stored result."""
    ours = median(figures["rates"]["OctoLLM"])

    def rows() -> Iterator[list[str]]:
        for name, rates in figures["rates"].items():
            middle = median(rates)
            spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
            yield [name, f"{middle:,.0f}", spread, f"{ours / middle:.2f}"]
        for name, why in figures["absent"].items():
            yield [name, "could not run", why, ""]

    idle = {
        name: f"{seconds * 1000:.1f} ms" for name, seconds in figures["pickup"]["OctoLLM"].items()
    }
    picked = (
        f"From the commit of a task to its start, house idle: P50 {idle['p50']}, P99 {idle['p99']}."
    )
    head = "| tasks a second | rounds | OctoLLM beside it"
    return f"{table(head, rows())}\n\n{picked}\n\n{_machine(figures)}"


def _machine(figures: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in figures["packages"].items())
    beside = f"; {packages}" if packages else ""
    machine = f"{figures['cpus']} cores, Python {figures['python']}"
    return f"{figures['tasks']:,} tasks on {machine}{beside}."


TABLES: Final = {"submit": submit, "queues": queues}


def text_of(name: str) -> str:
    """Return what the page shows of a benchmark's committed figures."""
    return TABLES[name](json.loads((RESULTS / f"{name}.json").read_text("utf-8")))


if __name__ == "__main__":
    for name in TABLES:
        put(PAGE, f"{name} benchmark", text_of(name))
