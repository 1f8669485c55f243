"""What the digest says of a log."""

from __future__ import annotations

from typing import Any

import pytest

from arms.digest.log_format import digest
from arms.digest.log_kinds import fold
from arms.digest.log_lines import entries
from arms.digest.report import NotThisFormat, render

CRASH = """\
2024-05-01 10:00:00,250 INFO app: started
2024-05-01 10:00:01,000 WARNING app: disk 91% full
2024-05-01 10:00:02,000 INFO app: served 12 in 3.5 ms
2024-05-01 10:00:03,000 INFO app: served 7 in 1.5 ms
2024-05-01 10:30:00,000 ERROR app: job 5 failed
Traceback (most recent call last):
  File "job.py", line 3, in run
    go()
ValueError: no such row
2024-05-01 10:30:01,000 ERROR app: job 6 failed
Traceback (most recent call last):
  File "job.py", line 3, in run
    go()
ValueError: no such row
2024-05-01 10:30:02,250 CRITICAL app: giving up
"""


def data(text: str, top: int = 5) -> dict[str, Any]:
    return digest(text, top).data


def test_counts_lines_events_and_levels() -> None:
    found = data(CRASH)
    assert found["lines"] == 15
    assert found["events"] == 7
    assert found["levels"] == {"critical": 1, "error": 2, "warning": 1, "info": 3}


def test_tells_the_time_span_as_written() -> None:
    assert data(CRASH)["span"] == {
        "first": "2024-05-01 10:00:00,250",
        "last": "2024-05-01 10:30:02,250",
        "seconds": 1802.0,
    }


def test_folds_messages_that_differ_in_numbers() -> None:
    first = data(CRASH)["messages"][0]
    assert first["folded"] == "app: served # in # ms"
    assert first["message"] == "app: served 12 in 3.5 ms"
    assert (first["count"], first["first_line"], first["last_line"]) == (2, 3, 4)


def test_shows_the_grave_lines_in_order_with_their_numbers() -> None:
    matters = data(CRASH)["matters"]
    assert [(m["line"], m["level"]) for m in matters] == [
        (2, "warning"),
        (5, "error"),
        (15, "critical"),
    ]
    failed = matters[1]
    assert failed["traceback"] is True
    assert failed["ending"] == "ValueError: no such row"
    assert (failed["count"], failed["last_line"]) == (2, 10)


def test_prefers_the_gravest_when_there_is_little_room() -> None:
    assert [m["level"] for m in data(CRASH, top=2)["matters"]] == ["error", "critical"]


def test_finds_the_longest_silence() -> None:
    assert data(CRASH)["silence"] == {"seconds": 1797.0, "after_line": 4}


def test_can_be_read_by_a_person() -> None:
    shown = render(digest(CRASH, 5))
    assert "- 15 lines, 7 events of 5 kinds" in shown
    assert "From `2024-05-01 10:00:00,250` to `2024-05-01 10:30:02,250`: 30 minutes" in shown
    assert "- Longest silence: 29.9 minutes, after line 4" in shown
    assert (
        "- line 5, error: `app: job 5 failed` (2 times, last on line 10)"
        "; traceback ends `ValueError: no such row`" in shown
    )


def test_finds_a_burst_of_errors() -> None:
    calm = [f"2024-05-01 {hour:02}:00:00 ERROR now and then" for hour in range(10)]
    burst = [f"2024-05-01 05:30:{second:02} ERROR all at once" for second in range(20)]
    text = "\n".join([*calm[:6], *burst, *calm[6:]])
    assert data(text)["burst"] == {
        "events": 20,
        "errors": True,
        "first_line": 7,
        "last_line": 26,
        "from": "2024-05-01 05:30:00",
        "to": "2024-05-01 05:30:19",
    }
    assert "Burst: 20 errors within a minute, from line 7 to line 26" in render(digest(text, 5))


def test_an_even_stream_has_no_burst() -> None:
    even = [f"2024-05-01 10:{n // 60:02}:{n % 60:02} INFO tick" for n in range(600)]
    assert data("\n".join(even))["burst"] is None


def test_a_burst_may_be_of_harmless_events() -> None:
    lines = [f"2024-05-01 {hour:02}:00:00 INFO tick" for hour in range(20)]
    lines[10:10] = [f"2024-05-01 09:30:{n:02} INFO flood" for n in range(30)]
    assert data("\n".join(lines))["burst"]["errors"] is False
    assert "30 events within a minute" in render(digest("\n".join(lines), 5))


@pytest.mark.parametrize(
    ("line", "level", "stamp", "message"),
    [
        ("2024-05-01T10:00:00.123Z INFO hi", "info", "2024-05-01T10:00:00.123Z", "hi"),
        ("2024-05-01T10:00:00+02:00 warn: hi", "warning", "2024-05-01T10:00:00+02:00", "hi"),
        ("[2024-05-01 10:00:00] [ERROR] hi", "error", "2024-05-01 10:00:00", "hi"),
        ("2024/05/01 10:00:00 [error] 7#0: hi", "error", "2024/05/01 10:00:00", "7#0: hi"),
        ("2024-05-01 10:00:00 | DEBUG | hi", "debug", "2024-05-01 10:00:00", "hi"),
        ("May  1 10:00:00 host app: hi", None, "May  1 10:00:00", "host app: hi"),
        ("<34>Oct 11 22:14:15 su: FATAL hi", "critical", "<34>Oct 11 22:14:15", "su: FATAL hi"),
        ("[10:00:00.5] TRACE hi", "trace", "10:00:00.5", "hi"),
        ("10:00:00 host app ERROR hi", "error", "10:00:00", "host app ERROR hi"),
        ("ERROR hi", "error", "", "hi"),
        ("<warning> hi", "warning", "", "hi"),
        ("error", "error", "", "error"),
        ('{"severity": "error", "m": 1}', "error", "", '{"severity": "error", "m": 1}'),
        ("level=fatal msg=hi", "critical", "", "msg=hi"),
        ("SEVERE: hi", "error", "", "hi"),
        ("no error here", None, "", "no error here"),
        ("ERROR-FREE", None, "", "ERROR-FREE"),
        ("Abc  1 10:00:00 x", None, "", "Abc  1 10:00:00 x"),
        ("01/Abc/2024:10:00:00 +0000 x", None, "", "01/Abc/2024:10:00:00 +0000 x"),
        ("2024-02-30 10:00:00 x", None, "", "2024-02-30 10:00:00 x"),
        ("2024-05-01 25:00:00 x", None, "", "2024-05-01 25:00:00 x"),
    ],
)
def test_reads_the_usual_beginnings(line: str, level: str | None, stamp: str, message: str) -> None:
    (entry,) = entries(line)
    assert (entry.level, entry.stamp, entry.message) == (level, stamp, message)


@pytest.mark.parametrize(
    ("status", "level"), [(200, "info"), (301, "info"), (404, "warning"), (500, "error")]
)
def test_reads_access_logs_by_their_status(status: int, level: str) -> None:
    line = f'::1 - - [01/May/2024:10:00:00 -0500] "GET /a/7?q=1 HTTP/1.1" {status} 12'
    (entry,) = entries(line)
    assert (entry.level, entry.message) == (level, f"GET /a/7 {status}")
    assert entry.when is not None
    assert entry.when.isoformat() == "2024-05-01T15:00:00+00:00"


def test_requests_of_different_status_are_different_kinds() -> None:
    line = '[01/May/2024:10:00:00 +0000] "GET /a/{0} HTTP/1.1" {1} 12'
    text = "\n".join(line.format(n, status) for n, status in enumerate([200, 204, 200]))
    assert [m["count"] for m in data(text)["messages"]] == [2, 1]


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["Dec 31 23:59:00 a", "Jan  1 00:01:00 a"], 120),
        (["23:59:00 a", "00:01:00 a", "00:01:30 a"], 150),
        (["Feb 28 23:59:00 a", "Feb 29 00:00:00 a"], 60),
        (["2024-05-01T10:00:00Z a", "2024-05-01T10:00:00+02:00 a"], 7200),
        (["10:00:05 a", "10:00:00 a"], 5),
    ],
)
def test_times_go_on_where_the_clock_starts_over(lines: list[str], seconds: int) -> None:
    assert data("\n".join(lines))["span"]["seconds"] == seconds


def test_lines_without_a_time_belong_to_the_event_above() -> None:
    found = entries("2024-05-01 10:00:00 ERROR a\nmore of a\n\n2024-05-01 10:00:01 INFO b\n")
    assert [(entry.line, entry.more) for entry in found] == [(1, 1), (4, 0)]


def test_in_a_log_without_times_each_line_is_an_event_unless_indented() -> None:
    found = entries("ERROR a\nmore\n  indented\nINFO b")
    assert [(entry.line, entry.more) for entry in found] == [(1, 0), (2, 1), (4, 0)]


def test_a_python_traceback_ends_with_its_first_line_that_is_not_indented() -> None:
    text = "INFO a\nTraceback (most recent call last):\n  File x\nKeyError: 1\nplain\nINFO b"
    found = entries(text)
    assert [(entry.line, entry.severity) for entry in found] == [
        (1, "info"),
        (2, "error"),
        (5, None),
        (6, "info"),
    ]
    assert found[1].ending == "KeyError: 1"


def test_a_java_stack_trace_is_one_event() -> None:
    text = (
        "2024-05-01 10:00:00 WARN failed\njava.lang.Error: x\n\tat a.b(C.java:1)\n"
        "Caused by: java.io.IOException: gone\n\tat d.e(F.java:2)\n2024-05-01 10:00:01 INFO ok\n"
    )
    first, second = entries(text)
    assert (first.severity, first.trace, first.more) == ("error", True, 4)
    assert first.ending == "Caused by: java.io.IOException: gone"
    assert second.severity == "info"


def test_a_log_without_times_has_no_span() -> None:
    found = data("ERROR a\nINFO b\n")
    assert (found["span"], found["burst"], found["silence"]) == (None, None, None)


def test_a_text_without_times_and_levels_is_no_log() -> None:
    with pytest.raises(NotThisFormat, match="no line has a time or a level"):
        digest("just\nwords\n", 5)


@pytest.mark.parametrize(
    ("message", "folded"),
    [
        ("user 17 from 10.0.0.1:8080", "user # from #"),
        ("id 550e8400-e29b-41d4-abcd-446655440000 ok", "id # ok"),
        ("at 0xDEADBEEF and c0ffee12", "at # and #"),
        ("worker3 said cafe", "worker# said cafe"),
        ("took 1.5s on 2024-05-01", "took #s on #"),
    ],
)
def test_folding_keeps_the_words(message: str, folded: str) -> None:
    assert fold(message) == folded
