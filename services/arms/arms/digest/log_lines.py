"""One line of a log: its time, its level, its message; and which lines belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

LEVELS = ("critical", "error", "warning", "info", "debug", "trace")
"""Worst first."""

_WORDS = {
    "critical": "critical fatal emerg emergency alert panic crit",
    "error": "error err severe failure exception",
    "warning": "warning warn",
    "info": "info information notice",
    "debug": "debug fine dbg",
    "trace": "trace finer finest verbose",
}
_LEVEL_OF = {word: level for level, words in _WORDS.items() for word in words.split()}
_ANY = "|".join(sorted(_LEVEL_OF, key=len, reverse=True))
_MONTHS = {
    name: at
    for at, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}

_HEAD = 160
"""Time and level are looked for this far into a line."""

_CLOCK = r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)"
_ISO = re.compile(
    r"\b(\d{4})[-/]([01]\d)[-/]([0-3]\d)[T ]" + _CLOCK + r"(?:[.,](\d{1,9}))?"
    r"(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_APACHE = re.compile(r"\b(\d\d)/([A-Z][a-z]{2})/(\d{4}):" + _CLOCK + r"()( [+-]\d{4})?", re.ASCII)
_SYSLOG = re.compile(r"^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) " + _CLOCK, re.ASCII)
_TIME = re.compile(r"^\[?" + _CLOCK + r"(?:[.,](\d{1,9}))?(?=\D|$)", re.ASCII)
_LEVEL = re.compile(
    # level=error, "severity": "error"
    rf"\b(?i:level|lvl|severity)\"?[=:]\s?\"?(?i:({_ANY}))\b"
    # [error], <error>, (error)
    rf"|[\[<(](?i:({_ANY}))[\]>)]"
    # ERROR
    rf"|(?<![\w-])({_ANY.upper()})(?![\w-])"
)
_OPENING_LEVEL = re.compile(rf"[^\w]{{0,4}}(?i:({_ANY}))(?=[\s:|\]]|$)")
_REQUEST = re.compile(r'"([A-Z]{3,7}) ([^" ?]{1,500})[^"]{0,800}" (\d{3})\b', re.ASCII)
_BETWEEN = frozenset(" \t-:|[](<")
_TRACE_HEAD = "Traceback (most recent call last)"
_NO_YEAR = 2000  # a leap year, so that 29 February is a date


@dataclass(slots=True)
class Entry:
    """One event of a log: the line it begins on (from 1) and the lines that belong to it.

    `stamp` is the time as it was written, `when` the same to compute with. `ending` is the line
    a traceback ends with, which says what went wrong. `status` is that of an HTTP request.
    """

    line: int
    message: str
    level: str | None = None
    stamp: str = ""
    when: datetime | None = None
    more: int = 0
    trace: bool = False
    ending: str = ""
    status: str = ""

    @property
    def severity(self) -> str | None:
        """The level; a traceback makes it at least an error."""
        return "error" if self.trace and self.level != "critical" else self.level


def entries(text: str) -> list[Entry]:
    """Return the events of a log, in order.

    Where the first line or many lines have a time, a line without one belongs to the event
    above; elsewhere only an indented line or a traceback does.
    """
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), 1)
    heads = [(line, _head(line, at)) for at, line in lines if line.strip()]
    stamps = sum(1 for _, head in heads if head.stamp)
    timed = bool(stamps and heads[0][1].stamp) or stamps > len(heads) / 3
    found: list[Entry] = []
    in_trace = False
    for line, head in heads:
        inside = line[0] in " \t" or in_trace
        begins = head.stamp or (head.level and not inside) or not (inside or timed)
        if begins or not found:
            found.append(head)
        else:
            _attach(found[-1], line)
        in_trace = _in_trace(line, in_trace, found[-1])
    _count_years(found)
    return found


def _in_trace(line: str, before: bool, entry: Entry) -> bool:
    """Whether the line after this one still belongs to a Python traceback.

    It opens with a fixed line; indented ones follow; the first that is not indented ends it.
    """
    if _TRACE_HEAD in line[:400]:
        entry.trace = True
        return True
    return before and line[0] in " \t"


def _attach(entry: Entry, line: str) -> None:
    """Add a line to the event it belongs to, and learn from it how a traceback ended."""
    entry.more += 1
    body = line.strip()
    if line[0] in " \t":
        # A frame of Java, JavaScript or .NET.
        entry.trace = entry.trace or body.startswith("at ")
    elif body.startswith("Caused by:") or (entry.trace and _TRACE_HEAD not in line):
        entry.trace = True
        entry.ending = body


def _head(line: str, at: int) -> Entry:
    """Read the time and the level off the beginning of a line."""
    head = line[:_HEAD]
    stamp, when, end = _time(head)
    request = _REQUEST.search(line[:2_000])
    if request:
        method, path, status = request.groups()
        message = f"{method} {path} {status}"
        return Entry(at, message, _of_status(status), stamp, when, status=status)
    level = _OPENING_LEVEL.match(head, end) or _LEVEL.search(head, end) or _LEVEL.search(head)
    if level is None:
        return Entry(at, line[end:].lstrip(" -:|]\t"), None, stamp, when)
    word = next(group for group in level.groups() if group)
    # A host or a logger between time and level is part of the message, and so is the level then.
    begin = level.end() if _BETWEEN.issuperset(line[end : max(end, level.start())]) else end
    message = line[begin:].lstrip(" -:|]\t") or line.strip()
    return Entry(at, message, _LEVEL_OF[word.lower()], stamp, when)


def _of_status(status: str) -> str:
    """Return the level an HTTP status stands for (RFC 9110 §15)."""
    return {"5": "error", "4": "warning"}.get(status[0], "info")


def _time(head: str) -> tuple[str, datetime | None, int]:
    """Return the time as written, as a moment in UTC, and where it ends."""
    if not any(map(str.isdigit, head)):
        return "", None, 0
    for read in (_iso, _apache, _syslog, _clock):
        found, when = read(head)
        if found:
            return found.group().lstrip("["), when, found.end()
    return "", None, 0


def _iso(head: str) -> tuple[re.Match[str] | None, datetime | None]:
    found = _ISO.search(head)
    if not found:
        return None, None
    year, month, day, *clock, fraction, zone = found.groups()
    return _moment(found, (year, month, day), clock, fraction, zone)


def _apache(head: str) -> tuple[re.Match[str] | None, datetime | None]:
    found = _APACHE.search(head)
    if not found or found[2] not in _MONTHS:
        return None, None
    day, month, year, *clock, fraction, zone = found.groups()
    return _moment(found, (year, str(_MONTHS[month]), day), clock, fraction, zone)


def _syslog(head: str) -> tuple[re.Match[str] | None, datetime | None]:
    found = _SYSLOG.search(head)
    if not found or found[1] not in _MONTHS:
        return None, None
    month, day, *clock = found.groups()
    return _moment(found, (str(_NO_YEAR), str(_MONTHS[month]), day), clock, None, None)


def _clock(head: str) -> tuple[re.Match[str] | None, datetime | None]:
    found = _TIME.search(head)
    if not found:
        return None, None
    *clock, fraction = found.groups()
    return _moment(found, (str(_NO_YEAR), "1", "1"), clock, fraction, None)


def _moment(
    found: re.Match[str],
    day: tuple[str, str, str],
    clock: list[str],
    fraction: str | None,
    zone: str | None,
) -> tuple[re.Match[str] | None, datetime | None]:
    """Return the match and its moment; no match when there is no such date."""
    micro = int((fraction or "0").ljust(6, "0")[:6])
    year, month, day_of_month = map(int, day)
    hour, minute, second = map(int, clock)
    try:
        when = datetime(year, month, day_of_month, hour, minute, second, micro, _zone(zone))
        return found, when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, None


def _zone(text: str | None) -> timezone:
    """Return the zone `+hh:mm` stands for; UTC when there is none."""
    digits = (text or "").strip().replace(":", "")
    if not digits or digits == "Z":
        return UTC
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    return timezone(-offset if digits[0] == "-" else offset)


def _count_years(found: list[Entry]) -> None:
    """Move times without a year (or a day) on when they start over."""
    moved = timedelta()
    last: datetime | None = None
    for entry in found:
        if entry.when is None or entry.when.year != _NO_YEAR:
            continue
        # Times of day start over after a day, dates without a year after a year.
        step = timedelta(days=366 if entry.stamp[:1].isalpha() or "<" in entry.stamp else 1)
        when = entry.when + moved
        if last and last - when > step / 2:
            moved += step
            when += step
        entry.when = last = when


def stamped(found: list[Entry]) -> Iterator[tuple[datetime, Entry]]:
    """Yield the events that have a time, each with it."""
    return ((entry.when, entry) for entry in found if entry.when is not None)
