"""What each test has counted, and the table made of it at the end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

COLUMNS = ("accepted", "finished", "duplicates", "longest delay", "besides")
PROPERTY = "figures"
PAGE = Path(__file__).parents[2] / "docs/reliability.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

Row = Mapping[str, str]


def row(
    accepted: int | None = None,
    finished: int | None = None,
    duplicates: int | None = None,
    longest_delay: float | None = None,
    **besides: object,
) -> dict[str, str]:
    """Return what one test has to tell; `longest_delay` is in seconds, None was not counted."""
    counted = {"accepted": accepted, "finished": finished, "duplicates": duplicates}
    told = {name: "" if count is None else f"{count:,}" for name, count in counted.items()}
    told["longest delay"] = "" if longest_delay is None else f"{longest_delay:.1f} s"
    told["besides"] = ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in besides.items()
    )
    return told


def promise(node_id: str) -> str:
    """Return what a test promises: its name, as a sentence."""
    name = node_id.rpartition("::")[2].removeprefix("test_")
    return re.sub(r"\[(.*)\]$", r" (\1)", name.replace("_", " "))


def text(rows: Mapping[str, Row]) -> list[str]:
    """Return the lines of a table for a terminal, by the tests' ids."""
    lines = []
    for node_id, told in sorted(rows.items()):
        shown = ", ".join(f"{name}: {told[name]}" for name in COLUMNS[:-1] if told[name])
        lines.append(promise(node_id))
        lines.append(f"    {'; '.join(part for part in (shown, told['besides']) if part)}")
    return lines


def markdown(rows: Mapping[str, Row]) -> list[str]:
    """Return the lines of a table for the page, by the tests' ids."""
    lines = ["| promise | test | " + " | ".join(COLUMNS) + " |", "|---" * 7 + "|"]
    for node_id, told in sorted(rows.items()):
        path = node_id.partition("::")[0]
        test = f"[{Path(path).name}](../{path})"
        lines.append(
            f"| {promise(node_id)} | {test} | " + " | ".join(told[c] for c in COLUMNS) + " |"
        )
    return lines


def write_page(rows: Mapping[str, Row]) -> None:
    """Replace the table of figures of docs/reliability.md."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    table = "\n".join(markdown(rows))
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")


def of_reports(reports: Iterable[object]) -> dict[str, Row]:
    """Return the rows that passed tests have left in their reports, also in other processes."""
    return {
        report.nodeid: value  # type: ignore[attr-defined]  # pytest's TestReport
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    }
