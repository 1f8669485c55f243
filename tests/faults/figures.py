"""What each test has counted, and the table made of it at the end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

COLUMNS = ("accepted", "finished", "duplicates", "longest delay", "besides")
PROPERTY = "figures"
PAGE = Path(__file__).parents[2] / "docs/reliability.md"
HEAD = ("| promise | test | " + " | ".join(COLUMNS) + " |", "|---" * 7 + "|")
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
    """Return the lines of the page's table, by the tests' ids."""
    return [
        f"| {promise(node_id)} | [{Path(path).name}](../{path}) | "
        + " | ".join(told[column] for column in COLUMNS)
        + " |"
        for node_id, told in sorted(rows.items())
        for path in [node_id.partition("::")[0]]
    ]


def merged(before: Iterable[str], lines: Iterable[str], promises: Collection[str]) -> list[str]:
    """Return a table's lines: those of the tests that ran, and of the others as they were before.

    `promises` are those of the suite; what is none of them any more is left out.
    """
    by_test: dict[tuple[str, str], str] = {}
    for line in (*before, *lines):
        said, test = line.removeprefix("| ").split(" | ")[:2]
        if said.partition(" (")[0] in promises:
            by_test[test, said] = line
    return [by_test[place] for place in sorted(by_test)]


def promises() -> set[str]:
    """Return what the tests of the suite promise."""
    return {
        promise(name)
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^async def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }


def write_page(rows: Mapping[str, Row]) -> None:
    """Put the figures of the tests that ran into the table of docs/reliability.md."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    kept = table.strip().splitlines()[len(HEAD) :]
    lines = [*HEAD, *merged(kept, markdown(rows), promises())]
    PAGE.write_text("\n".join([before + BEGIN, *lines, END + after]), "utf-8")


def of_reports(reports: Iterable[object]) -> dict[str, Row]:
    """Return the rows that passed tests have left in their reports, also in other processes."""
    return {
        report.nodeid: value  # type: ignore[attr-defined]  # pytest's TestReport
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    }
