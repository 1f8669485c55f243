"""Where figures go: to a file or the end of what is printed, and from the file to the pages."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).parents[2]


def arguments(description: str) -> argparse.ArgumentParser:
    """Return what every benchmark can be told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="rough figures, in seconds")
    parser.add_argument("--alone", action="store_true", help="no peer that must be installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    return parser


def about(bench: str) -> dict[str, Any]:
    """Return which benchmark it was, when, and on which machine."""
    return {
        "bench": bench,
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "cpu": _processor(),
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    text = told.read_text("utf-8") if told.exists() else ""
    named = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return named[1] if named else platform.machine()


def rounded(figures: Any) -> Any:
    """Return the figures with four digits each, which is more than they are good for."""
    if isinstance(figures, dict):
        return {key: rounded(value) for key, value in figures.items()}
    if isinstance(figures, list):
        return [rounded(value) for value in figures]
    return float(f"{figures:.4g}") if isinstance(figures, float) else figures


def tell(figures: dict[str, Any], file: Path | None) -> None:
    """Write the figures to a file, or print them as a line of JSON."""
    if file is None:
        sys.stdout.write(json.dumps(rounded(figures)) + "\n")
    else:
        file.write_text(json.dumps(rounded(figures), indent=1) + "\n", "utf-8")


def put(page: str, mark: str, text: str, root: Path = ROOT) -> None:
    """Put a text where a page has its marks; raises ValueError for a page without them."""
    file = root / page
    before, begin, rest = file.read_text("utf-8").partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- end of {mark} -->")
    if not end:
        raise ValueError(f"{page} has no marks for the {mark}")
    file.write_text(before + begin + text + "\n" + end + after, "utf-8")
