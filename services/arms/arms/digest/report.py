"""What every format hands back, and how it becomes Markdown and data of bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

MAX_CHARACTERS = 6_000
"""How long the Markdown may be."""

MAX_DATA_CHARACTERS = 30_000
"""How much text the lists in the data may hold together, below what a task's JSON may hold."""

_RESERVED = 500
"""How many characters each section that is still to come may count on."""

_BLANKS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_NOT_PRINTED = dict.fromkeys(_BLANKS, " ") | dict.fromkeys(_DIRECTIONS, "")


class NotThisFormat(Exception):
    """The text is not in the format it was read as; the message quotes nothing of the text."""


@dataclass(frozen=True)
class Section:
    """A heading and the lines below it. `head` lines (of a table) are never cut."""

    heading: str
    lines: Sequence[str]
    head: Sequence[str] = ()


@dataclass(frozen=True)
class Digested:
    """What a format found: a title, sections of Markdown, and the same as JSON data."""

    format: str
    title: str
    sections: Sequence[Section]
    data: dict[str, JsonValue]


def clean(text: str) -> str:
    """Return `text` on one line, without what a terminal or PostgreSQL chokes on.

    Control and direction characters go, lone surrogates become U+FFFD, white space is folded.
    """
    plain = " ".join(text.translate(_NOT_PRINTED).split())
    if plain.isascii():
        return plain
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def clip(text: str, limit: int = 160) -> str:
    """Return `clean(text)`, at most `limit` characters long, with `…` where it was cut."""
    plain = clean(text[: 4 * limit])
    if len(plain) <= limit and len(text) <= 4 * limit:
        return plain
    return plain[: limit - 1].rstrip() + "…"


def code(text: str, limit: int = 160) -> str:
    """Return content as a Markdown code span (CommonMark §6.1), so that none of it is markup."""
    shown = clip(text, limit).replace("`", "ˋ")
    return f"`{shown}`" if shown else "(empty)"


def plural(number: int, noun: str) -> str:
    """Return for instance `1 line`, `1,200 lines` or `2 entries`."""
    ending = "" if number == 1 else "s"
    if noun.endswith("ry") and ending:
        noun, ending = noun[:-1], "ies"
    return f"{number:,} {noun}{ending}"


def table(heading: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Section:
    """Return a Markdown table (GitHub Flavored Markdown §4.10) as a section."""
    head = [_row(columns), _row(["---"] * len(columns))]
    return Section(heading, [_row(cells) for cells in rows], head)


def render(digested: Digested) -> str:
    """Return the Markdown, cut section by section so that no section pushes another out."""
    pieces = [f"# {digested.title}"]
    sections = [section for section in digested.sections if section.lines]
    left = MAX_CHARACTERS - len(pieces[0])
    for index, section in enumerate(sections):
        reserved = _RESERVED * (len(sections) - index - 1)
        piece = _fitted(section, left - reserved)
        pieces.append(piece)
        left -= len(piece) + 2
    return "\n\n".join(pieces) + "\n"


def bounded(data: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the data with list entries left out once they hold too much text.

    `cut` is then true. Entries are dropped from the end of the last lists; numbers and names
    outside lists always stay.
    """
    left = MAX_DATA_CHARACTERS
    cut = False

    def walk(value: JsonValue) -> JsonValue:
        nonlocal left, cut
        if isinstance(value, str):
            left -= len(value)
        elif isinstance(value, dict):
            left -= sum(map(len, value))
            return {key: walk(child) for key, child in value.items()}
        elif isinstance(value, list):
            kept: list[JsonValue] = []
            for child in value:
                if left <= 0:
                    cut = True
                    break
                kept.append(walk(child))
            return kept
        return value

    walked = {key: walk(value) for key, value in data.items()}
    return walked | {"cut": True} if cut else walked


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _fitted(section: Section, room: int) -> str:
    """Return as many lines of a section as fit, and how many do not."""
    kept = [f"## {section.heading}", "", *section.head]
    room -= sum(len(line) + 1 for line in kept) + len("\n\n… and 50,000 more")
    for index, line in enumerate(section.lines):
        room -= len(line) + 1
        if room < 0:
            kept += ["", f"… and {len(section.lines) - index:,} more"]
            break
        kept.append(line)
    return "\n".join(kept)
