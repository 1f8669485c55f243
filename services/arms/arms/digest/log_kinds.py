"""Kinds of log events: which events say the same, which kinds matter, and how to show them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import JsonValue

from arms.digest.log_lines import LEVELS, Entry
from arms.digest.report import clip, code

_FOLDED = 300
_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_HEX = frozenset("0123456789abcdefABCDEF")
_RUNS = re.compile(r"#(?:[-.:,/_x]?#)+")


@dataclass
class Kind:
    """All events whose messages differ in numbers and ids alone."""

    first: Entry
    last: Entry
    count: int = 1

    @property
    def rank(self) -> int:
        """How grave: 0 for critical, and so on; past all levels when there is none."""
        severity = self.first.severity
        return LEVELS.index(severity) if severity else len(LEVELS)


def kinds_of(found: list[Entry]) -> list[Kind]:
    """Group events by level and folded message, in order of their first event."""
    kinds: dict[tuple[str | None, str], Kind] = {}
    for entry in found:
        # The status of a request is a number that must not be folded away.
        said = " ".join((fold(entry.message), entry.status, fold(entry.ending)))
        key = (entry.severity, said)
        if key in kinds:
            kinds[key].last = entry
            kinds[key].count += 1
        else:
            kinds[key] = Kind(entry, entry)
    return list(kinds.values())


def gravest(kinds: list[Kind], top: int) -> list[Kind]:
    """Return the gravest kinds down to warnings, rare before frequent, in order of lines."""
    grave = [kind for kind in kinds if kind.rank <= LEVELS.index("warning")]
    chosen = sorted(grave, key=lambda k: (k.rank, not k.first.trace, k.count))[:top]
    return sorted(chosen, key=lambda kind: kind.first.line)


def fold(message: str) -> str:
    """Return a message with what differs from event to event replaced by `#`.

    Numbers go, and so do words of hexadecimal digits that hold a number, such as ids.
    """
    return _RUNS.sub("#", _TOKEN.sub(_fold_token, _UUID.sub("0", message[:_FOLDED])))


def _fold_token(found: re.Match[str]) -> str:
    token = found.group()
    if not any(map(str.isdigit, token)):
        return token
    if _HEX.issuperset(token) or token[:2] in ("0x", "0X"):
        return "#"
    return re.sub(r"\d+", "#", token)


def message_data(kind: Kind) -> dict[str, JsonValue]:
    return {
        "message": clip(kind.first.message, 200),
        "folded": clip(fold(kind.first.message), 200),
        "count": kind.count,
        "level": kind.first.severity,
        "first_line": kind.first.line,
        "last_line": kind.last.line,
    }


def matter_data(kind: Kind) -> dict[str, JsonValue]:
    return {
        "line": kind.first.line,
        "level": kind.first.severity,
        "text": clip(kind.first.message, 200),
        "traceback": kind.first.trace,
        "ending": clip(kind.first.ending, 200),
        "count": kind.count,
        "last_line": kind.last.line,
    }


def message_line(kind: Kind) -> str:
    """Show a kind among the most frequent: its first message stands for all."""
    level = f" {kind.first.severity}" if kind.first.severity else ""
    return f"- {kind.count:,} ×{level}, from line {kind.first.line}: {code(kind.first.message)}"


def matter_line(kind: Kind) -> str:
    """Show a kind among those that matter: where it began, how often, where it ended."""
    first = kind.first
    again = f" ({kind.count:,} times, last on line {kind.last.line})" if kind.count > 1 else ""
    ending = f"; traceback ends {code(first.ending)}" if first.ending else ""
    return f"- line {first.line}, {first.severity}: {code(first.message)}{again}{ending}"
