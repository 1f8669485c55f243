"""A log: time span, levels, the most frequent messages, and the lines that matter most."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from pydantic import JsonValue

from arms.digest.figures import show_duration
from arms.digest.log_kinds import (
    gravest,
    kinds_of,
    matter_data,
    matter_line,
    message_data,
    message_line,
)
from arms.digest.log_lines import LEVELS, Entry, entries, stamped
from arms.digest.report import Digested, NotThisFormat, Section, code, plural

LOG_SHARE = 0.3
"""The share of events that must have a time or a level for a text to be taken for a log."""

BURST = timedelta(minutes=1)
BURST_EVENTS = 5
BURST_FACTOR = 3
"""A burst: at least this many events within a minute, this many times the average rate."""


def fits(text: str) -> bool:
    """Whether a text looks like a log."""
    found = entries(text)
    return len(found) > 1 and _marked(found) >= LOG_SHARE * len(found)


def digest(text: str, top: int) -> Digested:
    """Return the digest of a log; raise `NotThisFormat` when no line has a time or a level."""
    found = entries(text)
    if not _marked(found):
        raise NotThisFormat("no line has a time or a level")
    lines = text.count("\n") + (not text.endswith("\n"))
    kinds = kinds_of(found)
    frequent = sorted(kinds, key=lambda kind: -kind.count)[:top]
    matters = gravest(kinds, top)
    levels = Counter(entry.severity or "none" for entry in found)
    span, burst, silence = _span(found), _burst(found), _silence(found)
    data: dict[str, JsonValue] = {
        "lines": lines,
        "events": len(found),
        "span": span,
        "levels": {level: levels[level] for level in (*LEVELS, "none") if levels[level]},
        "kinds": len(kinds),
        "messages": [message_data(kind) for kind in frequent],
        "matters": [matter_data(kind) for kind in matters],
        "burst": burst,
        "silence": silence,
    }
    overview = [
        f"- {plural(lines, 'line')}, {plural(len(found), 'event')} of {plural(len(kinds), 'kind')}",
        *_times(span, burst, silence),
    ]
    counted = [f"- {level}: {levels[level]:,}" for level in (*LEVELS, "none") if levels[level]]
    sections = [
        Section("Overview", overview),
        Section("Events per level", counted),
        Section("Lines that matter most", [matter_line(kind) for kind in matters]),
        Section("Most frequent messages", [message_line(kind) for kind in frequent]),
    ]
    return Digested("log", f"Log: {plural(len(found), 'event')}", sections, data)


def _marked(found: list[Entry]) -> int:
    return sum(1 for entry in found if entry.level or entry.stamp)


def _span(found: list[Entry]) -> dict[str, JsonValue] | None:
    """Return the earliest and the latest time, as written, and the seconds between."""
    times = sorted(stamped(found), key=lambda pair: pair[0])
    if not times:
        return None
    (start, first), (end, last) = times[0], times[-1]
    return {"first": first.stamp, "last": last.stamp, "seconds": (end - start).total_seconds()}


def _burst(found: list[Entry]) -> dict[str, JsonValue] | None:
    """Return the minute with the most errors (or events, if no errors), if it stands out."""
    errors = [entry for entry in found if entry.severity in ("critical", "error")]
    times = sorted(stamped(errors or found), key=lambda pair: pair[0])
    best, best_at, start = 0, 0, 0
    for end, (when, _) in enumerate(times):
        while when - times[start][0] > BURST:
            start += 1
        if end - start + 1 > best:
            best, best_at = end - start + 1, start
    if best < BURST_EVENTS:
        return None
    minutes = (times[-1][0] - times[0][0]) / BURST
    if best < BURST_FACTOR * len(times) / max(1.0, minutes):
        return None
    first, last = times[best_at][1], times[best_at + best - 1][1]
    return {
        "events": best,
        "errors": bool(errors),
        "first_line": first.line,
        "last_line": last.line,
        "from": first.stamp,
        "to": last.stamp,
    }


def _silence(found: list[Entry]) -> dict[str, JsonValue] | None:
    """Return the longest time between two events that follow each other in the log.

    Two or three events are too few to call one of their gaps a silence.
    """
    times: list[tuple[datetime, Entry]] = list(stamped(found))
    gaps = [(after[0] - before[0], before[1]) for before, after in pairwise(times)]
    if len(gaps) < 3:
        return None
    longest, entry = max(gaps, key=lambda gap: gap[0])
    seconds = longest.total_seconds()
    return {"seconds": seconds, "after_line": entry.line} if seconds > 0 else None


def _times(
    span: dict[str, JsonValue] | None,
    burst: dict[str, JsonValue] | None,
    silence: dict[str, JsonValue] | None,
) -> list[str]:
    """Show the span, the burst and the silence, as far as there are any."""
    lines: list[str] = []
    if span:
        length = show_duration(_seconds(span))
        lines.append(f"- From {code(str(span['first']))} to {code(str(span['last']))}: {length}")
    if burst:
        what = "errors" if burst["errors"] else "events"
        lines.append(
            f"- Burst: {burst['events']} {what} within a minute, from line "
            f"{burst['first_line']} to line {burst['last_line']}"
        )
    if silence:
        length = show_duration(_seconds(silence))
        lines.append(f"- Longest silence: {length}, after line {silence['after_line']}")
    return lines


def _seconds(found: dict[str, JsonValue]) -> float:
    seconds = found["seconds"]
    return seconds if isinstance(seconds, int | float) else 0.0
