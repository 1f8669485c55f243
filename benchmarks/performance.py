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
        yield ["pgbench: one row inserted and committed", f"{limit:,.0f}", "", "1", "", "", ""]
        for name, rates in {"OctoLLM, screened in process": ours, **figures["peers"]}.items():
            spread = f"{rates['lowest']:,.0f} to {rates['highest']:,.0f}"
            times = [f"{rates[point] * 1000:.1f} ms" for point in ("p50", "p99")]
            share = f"{rates['submit'] / limit:.1%}"
            then = [rates.get(f"ours_{point}") for point in ("p50", "p99")]
            ours_then = ", ".join(f"{seconds * 1000:.1f} ms" for seconds in then if seconds)
            yield [name, f"{rates['submit']:,.0f}", spread, share, *times, ours_then]
        for name, why in figures["absent"].items():
            yield [name, "could not run", why, "", "", "", ""]

    head = "| a second | rounds | of pgbench | P50 at half | P99 at half | ours at that rate"
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


def process(figures: dict[str, Any]) -> str:
    """Return the table of texts screened a second."""

    def rows() -> Iterator[list[str]]:
        for name, sizes in figures["rates"].items():
            for size, one in sizes.items():
                spread = f"{one['lowest']:,.0f} to {one['highest']:,.0f}"
                peer = figures["rates"].get("Presidio", {}).get(size, one)["per_second"]
                times = "" if name == "Presidio" else f"{one['per_second'] / peer:.0f}"
                rate, p99 = f"{one['per_second']:,.0f}", f"{one['p99'] * 1000:.1f} ms"
                yield [f"{name}, {size}", rate, spread, p99, times]
        for name, why in figures["absent"].items():
            yield [name, "could not run", why, "", ""]

    head = "| a second | rounds | P99 | times Presidio"
    load = f"{figures['clients']} clients without a pause"
    return f"{table(head, rows())}\n\n{load}; {_machine(figures)}"


def calls(figures: dict[str, Any]) -> str:
    """Return the table of what a model call takes."""
    bare = figures["calls"]["pydantic-ai alone"]["p50"]

    def rows() -> Iterator[list[str]]:
        for name, one in figures["calls"].items():
            added = (one["p50"] - bare) * 1000
            times = [f"{one[point] * 1000:.1f} ms" for point in ("p50", "p99")]
            yield [name, *times, f"{added:.1f} ms" if added else ""]
        for name, why in figures["absent"].items():
            yield [name, "could not run", why, ""]

    return f"{table('| P50 | P99 | added', rows())}\n\n{_machine(figures)}"


def viewers(figures: dict[str, Any]) -> str:
    """Return the table of what viewers wait for."""

    def rows() -> Iterator[list[str]]:
        for point in ("p50", "p99"):
            delay = f"{figures[point] * 1000:.0f} ms"
            yield [f"delay of an event, {point.upper()}", delay]
        yield ["memory of a viewer", f"{figures['bytes_each'] / 1024:.0f} KiB"]

    told = f"{figures['viewers']:,} viewers, {figures['told']:,} events read"
    return f"{table('| ', rows())}\n\n{told}; {_machine(figures)}"


def growth(figures: dict[str, Any]) -> str:
    """Return the table of requests as stored tasks grow."""
    sizes = list(figures["seconds"]["submit"])

    def rows() -> Iterator[list[str]]:
        for name, by_size in figures["seconds"].items():
            grown = by_size[sizes[-1]]["p50"] / by_size[sizes[0]]["p50"]
            times = [f"{at['p50'] * 1000:.1f} ms" for at in by_size.values()]
            yield [name, *times, f"{grown:.2f}"]

    head = "".join(f"| {int(size):,} tasks " for size in sizes) + "| growth"
    return f"{table(head, rows())}\n\nMedians, one request at a time; {_machine(figures)}"


def workers(figures: dict[str, Any]) -> str:
    """Return the table of what further workers add."""
    one = figures["workers"]["1"]["rate"]

    def rows() -> Iterator[list[str]]:
        for count, at in figures["workers"].items():
            linear = at["rate"] / (int(count) * one)
            shares = [f"{share:.0%}" for share in (linear, at["share"], at["busy"])]
            yield [count, f"{at['rate']:.0f}", *shares]

    head = "| tasks a second | of as many times one | of 40 each | machine busy"
    return f"{table(f'workers {head}', rows())}\n\n{_machine(figures)}"


def start(figures: dict[str, Any]) -> str:
    """Return the table of how long a start takes."""

    def rows() -> Iterator[list[str]]:
        for name, seconds in figures["seconds"].items():
            told = [f"{value:.2f} s" for value in (median(seconds), min(seconds), max(seconds))]
            yield [f"`{name}`" if name.startswith("python") else name, *told]

    return f"{table('| median | lowest | highest', rows())}\n\n{_machine(figures)}"


def _machine(figures: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in figures["packages"].items())
    beside = f"; {packages}" if packages else ""
    machine = f"{figures['cpus']} cores, Python {figures['python']}"
    tasks = f"{figures['tasks']:,} tasks on " if "tasks" in figures else ""
    return f"{tasks}{machine}{beside}."


TABLES: Final = {
    "submit": submit,
    "queues": queues,
    "process": process,
    "calls": calls,
    "viewers": viewers,
    "growth": growth,
    "workers": workers,
    "start": start,
}


def text_of(name: str) -> str:
    """Return what the page shows of a benchmark's committed figures."""
    return TABLES[name](json.loads((RESULTS / f"{name}.json").read_text("utf-8")))


if __name__ == "__main__":
    for name in TABLES:
        put(PAGE, f"{name} benchmark", text_of(name))
