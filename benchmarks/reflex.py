"""How fast the Reflex Layer screens and how well it finds, beside Microsoft Presidio.

    make bench BENCH=reflex                     prints a table, then a line of JSON
    make bench BENCH=reflex ARGS=--quick        the same in seconds, with rough figures
    make bench BENCH=reflex ARGS="--json benchmarks/results/reflex.json"

and `--pages` writes the tables of README and docs anew from that file. Every figure of ours and the
one beside it come from the same run on the same texts. The texts are written or drawn by us, or lie
on this machine: what is found in them says what works, and is no independent evaluation.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from measures import detection, false_alarms, injection, latency, over_http, presidio, tables
from measures.timing import Effort
from measures.told import ROOT, put, tell
from rich.console import Console

from reflex_layer.ruleset import BUILT_IN

RESULTS: Final = ROOT / "benchmarks/results/reflex.json"
PACKAGES: Final = ("google-re2", "numpy", "ahocorasick-rs", "fastapi", "uvicorn")


class Size(NamedTuple):
    """How much is measured: characters, texts, requests."""

    effort: Effort
    longest: int
    texts: int
    documents: int
    requests: int
    code: int
    licences: int
    logs: int
    share: float


FULL: Final = Size(Effort(), 100_000, 2_600, 200, 4_000, 1_000_000, 300_000, 500_000, 0.07)
QUICK: Final = Size(Effort(1, 0.003), 4_000, 130, 6, 80, 40_000, 20_000, 20_000, 0.25)


def measured(size: Size, peer: presidio.Presidio | None) -> dict[str, Any]:
    """Return all figures, each of them from this run."""
    found = detection.measure(size.texts, peer)
    beside = found["beside_peer"]
    limits = {"source code": size.code, "licences": size.licences, "logs": size.logs}
    return {
        "bench": "reflex",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": presidio.versions(*PACKAGES, *(presidio.PACKAGES if peer else ())),
        "ruleset": BUILT_IN.version,
        "latency": latency.measure(peer, size.longest, size.effort),
        "detection": found,
        "false_alarms": false_alarms.measure(
            limits, size.share, peer, beside["presidio_confidence"] if beside else 0.0
        ),
        "injection": injection.measure(size.documents),
        "http": over_http.measure(size.requests),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the Reflex Layer.")
    parser.add_argument("--quick", action="store_true", help="rough figures, in seconds")
    parser.add_argument("--alone", action="store_true", help="do not ask Presidio")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument(
        "--pages",
        action="store_true",
        help="measure nothing, put the figures on the pages",
    )
    given = parser.parse_args()
    if given.pages:
        write_pages(json.loads((given.json or RESULTS).read_text("utf-8")))
        return
    peer = None if given.alone else presidio.load()
    report(measured(QUICK if given.quick else FULL, peer), given.json)


def report(figures: dict[str, Any], file: Path | None) -> None:
    """Print the table, and write the figures to `file` or after the table."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    console.print(tables.terminal(figures))
    console.print(injection.WARNING, style="italic")
    if figures["detection"]["beside_peer"] is None:
        console.print(presidio.ABSENT, style="italic")
    tell(figures, file)


def write_pages(figures: dict[str, Any], root: Path = ROOT) -> None:
    """Put the tables where pages have their marks; raises ValueError for a page without them."""
    for page, (mark, table) in tables.PAGES.items():
        put(page, mark, table(figures), root)


if __name__ == "__main__":
    main()
