"""CSV: the delimiter, the columns with what they hold, and the rows that do not fit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from pydantic import JsonValue

from arms.digest.columns import column, show_column
from arms.digest.figures import date, number
from arms.digest.report import Digested, NotThisFormat, Section, clip, plural, table

MAX_COLUMNS = 60
"""Columns past this are counted, not described."""

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_SAMPLE_ROWS = 100
_SAME_WIDTH = 0.9
"""The share of rows that must have as many cells as most have, for a text to be taken for CSV."""


@dataclass(frozen=True)
class Grid:
    """Rows of cells, each with the line it ends on (from 1); blank rows are left out."""

    delimiter: str
    rows: list[list[str]]
    lines: list[int]
    blank: int
    sound: bool
    """False when a quote never closes or stands where none may be."""

    @property
    def width(self) -> int:
        """How many cells most rows have."""
        return Counter(map(len, self.rows)).most_common(1)[0][0] if self.rows else 0

    @property
    def has_header(self) -> bool:
        """Whether the first row can be one: every cell a different word, none a value."""
        if len(self.rows) < 2:
            return False
        names = [cell.strip() for cell in self.rows[0]]
        return (
            len(names) == self.width
            and all(names)
            and len(set(names)) == len(names)
            and not any(number(name) is not None or date(name) for name in names)
            and max(map(len, names)) <= 60
        )


def fits_with_header(text: str) -> bool:
    """Whether a text looks like a table whose first row names its columns."""
    grid = _sample(text)
    return _regular(grid) and grid.has_header


def fits(text: str) -> bool:
    """Whether a text looks like a table of values without a header."""
    grid = _sample(text)
    values = [cell.strip() for row in grid.rows for cell in row]
    return _regular(grid) and any(number(v) is not None or date(v) for v in values)


def digest(text: str, top: int) -> Digested:
    """Return the digest of a table; raise `NotThisFormat` when there is none."""
    grid = _read(text, _delimiter(text))
    if len(grid.rows) < 2 and grid.width < 2:
        raise NotThisFormat("found neither two rows nor two columns")
    names, rows, lines = _named(grid)
    comma = grid.delimiter == ";"
    described = [
        column(name, [row[at] if at < len(row) else "" for row in rows], lines, top, comma)
        for at, name in enumerate(names[:MAX_COLUMNS])
    ]
    odd = _oddities(grid, rows, lines, len(names))
    delimiter = DELIMITERS[grid.delimiter]
    data: dict[str, JsonValue] = {
        "delimiter": delimiter,
        "header": grid.has_header,
        "rows": len(rows),
        "column_count": len(names),
        "oddities": [{"kind": kind, "count": n, "lines": [*at[:top]]} for kind, n, at in odd],
        "columns": [*described],
    }
    title = f"CSV: {plural(len(rows), 'row')}, {plural(len(names), 'column')}"
    overview = [
        f"- Cells are separated by {delimiter}s"
        f"; {'the first row names the columns' if grid.has_header else 'no header row'}"
    ]
    if len(names) > MAX_COLUMNS:
        overview.append(f"- Only the first {MAX_COLUMNS} columns are described")
    sections = [
        Section("Overview", overview),
        Section("Oddities", [_odd_line(kind, n, at, top) for kind, n, at in odd]),
        table("Columns", ("column", "holds", "empty", "values"), map(show_column, described)),
    ]
    return Digested("csv", title, sections, data)


def _read(text: str, delimiter: str) -> Grid:
    """Read all rows, leniently, and note whether a strict reader would have read them too."""
    rows: list[list[str]] = []
    lines: list[int] = []
    blank = 0
    # A byte-order mark would become part of the first name.
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(reader.line_num)
            else:
                blank += 1
    except csv.Error:
        raise NotThisFormat(f"row {len(rows) + 1} cannot be read") from None
    return Grid(delimiter, rows, lines, blank, _strictly_sound(text, delimiter))


def _strictly_sound(text: str, delimiter: str) -> bool:
    if '"' not in text:
        return True
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        return False
    return True


def _sample(text: str) -> Grid:
    head = "\n".join(islice(text.splitlines(), _SAMPLE_ROWS))
    try:
        return _read(head, _delimiter(head))
    except NotThisFormat:
        return Grid(",", [], [], 0, False)


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the first rows most evenly, into most cells.

    Where another one does as well as the comma it wins: commas also stand in decimal numbers.
    """
    head = "\n".join(islice(text.splitlines(), _SAMPLE_ROWS))
    best, best_score = ",", (False, False, 0.0, 0)
    for candidate in DELIMITERS:
        try:
            grid = _read(head, candidate)
        except NotThisFormat:
            continue
        if grid.width < 2:
            continue
        evenness = _evenness(grid)
        even = evenness >= _SAME_WIDTH and len(grid.rows[0]) == grid.width
        score = (even, even and candidate != ",", evenness, grid.width)
        if score > best_score:
            best, best_score = candidate, score
    return best


def _evenness(grid: Grid) -> float:
    return sum(len(row) == grid.width for row in grid.rows) / max(1, len(grid.rows))


def _regular(grid: Grid) -> bool:
    """Whether the rows are those of a table, not of prose that happens to hold commas."""
    if len(grid.rows) < 2 or grid.width < 2 or _evenness(grid) < _SAME_WIDTH:
        return False
    inner = [cell for row in grid.rows for cell in row[1:]]
    spaced = sum(cell.startswith(" ") for cell in inner) > len(inner) / 2
    values = sum(number(cell.strip()) is not None for cell in inner) > len(inner) / 10
    return not (grid.delimiter == "," and spaced and not values)


def _named(grid: Grid) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names of the columns, and the rows below them with their lines."""
    if grid.has_header:
        names = [clip(name, 60) for name in grid.rows[0]]
        return names, grid.rows[1:], grid.lines[1:]
    return [f"column {at}" for at in range(1, grid.width + 1)], grid.rows, grid.lines


def _oddities(
    grid: Grid, rows: list[list[str]], lines: list[int], width: int
) -> list[tuple[str, int, list[int]]]:
    """Return what is wrong with the rows: kind, how many, on which lines."""
    seen: set[tuple[str, ...]] = set()
    duplicates: list[int] = []
    for row, line in zip(rows, lines, strict=True):
        if (key := tuple(row)) in seen:
            duplicates.append(line)
        seen.add(key)
    short = [line for row, line in zip(rows, lines, strict=True) if len(row) < width]
    long = [line for row, line in zip(rows, lines, strict=True) if len(row) > width]
    found = [
        ("rows with too few cells", len(short), short),
        ("rows with too many cells", len(long), long),
        ("rows that repeat an earlier one", len(duplicates), duplicates),
        ("blank rows", grid.blank, []),
        ("a quote that never closes or stands inside a cell", int(not grid.sound), []),
    ]
    return [odd for odd in found if odd[1]]


def _odd_line(kind: str, count: int, lines: list[int], top: int) -> str:
    if not lines:
        return f"- {kind}: {count:,}"
    shown = ", ".join(f"{line}" for line in lines[:top])
    more = ", …" if len(lines) > top else ""
    return f"- {kind}: {count:,} (line {shown}{more})"
