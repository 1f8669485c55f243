"""A process's log: one JSON object a line, findable by request and task, nothing private in it."""

from __future__ import annotations

import errno
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from asgi_correlation_id import correlation_id

from octollm.service import logs

SECRET = "ada@example.org"
LIBRARIES = ("httpx2", "httpcore2", "procrastinate", "alembic", "uvicorn", "uvicorn.error")

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process's logging as it was found."""
    root, access = logging.getLogger(), logging.getLogger("uvicorn.access")
    handlers, level, silent = root.handlers[:], root.level, access.disabled
    libraries = {name: logging.getLogger(name) for name in LIBRARIES}
    before = {n: (x.level, x.handlers[:], x.propagate) for n, x in libraries.items()}
    config = structlog.get_config()
    yield
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()
    root.handlers, access.disabled = handlers, silent
    root.setLevel(level)
    for name, (its_level, its_handlers, propagate) in before.items():
        libraries[name].setLevel(its_level)
        libraries[name].handlers, libraries[name].propagate = its_handlers, propagate


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Return what reads the lines written since it was last asked."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return read


def test_a_line_says_what_when_how_bad_and_where(lines: Lines) -> None:
    logs.configure()
    structlog.get_logger("app.pipeline").info("task ended", ms=3)
    (line,) = lines()
    written = datetime.fromisoformat(line.pop("timestamp"))
    assert written.utcoffset() == timedelta(0)
    assert line == {"event": "task ended", "ms": 3, "level": "info", "logger": "app.pipeline"}


def test_lines_of_libraries_have_the_same_form(lines: Lines) -> None:
    logs.configure()
    logging.getLogger("some.library").warning("%s of %d", "two", 3)
    (line,) = lines()
    assert line["event"] == "two of 3"
    assert (line["level"], line["logger"]) == ("warning", "some.library")
    assert "timestamp" in line


@pytest.mark.parametrize("text", ["two\nlines", "a\r\u2028b", "\ud800 alone", "\x1b[31mred"])
def test_whatever_the_text_an_entry_stays_one_line_of_ascii(
    lines: Lines, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    structlog.get_logger().info(text)
    written = capsys.readouterr().err
    assert written.isascii()
    assert json.loads(written)["event"] == text
    assert written.count("\n") == 1


def test_a_line_carries_the_request_and_the_task_it_belongs_to(lines: Lines) -> None:
    logs.configure()
    token = correlation_id.set("request-1")
    try:
        with structlog.contextvars.bound_contextvars(task_id="task-1"):
            structlog.get_logger().info("ours")
            logging.getLogger("library").warning("theirs")
            structlog.get_logger().info("another's", request_id="request-0")
    finally:
        correlation_id.reset(token)
    structlog.get_logger().info("outside")
    ours, theirs, another, outside = lines()
    assert (ours["request_id"], ours["task_id"]) == ("request-1", "task-1")
    assert (theirs["request_id"], theirs["task_id"]) == ("request-1", "task-1")
    assert another["request_id"] == "request-0"
    assert not {"request_id", "task_id"} & set(outside)


def log_true(error: Exception) -> None:
    structlog.get_logger().error("failed", exc_info=True)


def log_error(error: Exception) -> None:
    structlog.get_logger().error("failed", exc_info=error)


def log_tuple(error: Exception) -> None:
    structlog.get_logger().error("failed", exc_info=sys.exc_info())


def log_exception(error: Exception) -> None:
    structlog.get_logger().exception("failed")


def log_library(error: Exception) -> None:
    logging.getLogger("library").exception("failed")


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("log", [log_true, log_error, log_tuple, log_exception, log_library])
def test_an_exception_is_its_class_and_the_places_it_passed_without_its_message(
    log: Callable[[Exception], None],
    log_format: logs.LogFormat,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(log_format=log_format)
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as inner:
            raise ValueError(f"cannot read {SECRET}") from inner
    except ValueError as error:
        log(error)
    written = capsys.readouterr().err
    assert SECRET not in written
    assert "Traceback" not in written
    assert "ValueError" in written
    assert "test_service_logs.py:" in written
    assert "test_an_exception_is_its_class" in written


class Full(io.StringIO):
    """A stderr on a disk without room, or whose reader has gone."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def latin() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="strict")


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("stderr", [Full, latin, lambda: None])
def test_a_line_that_cannot_be_written_is_lost_and_fails_nobody(
    stderr: Callable[[], Any],
    log_format: logs.LogFormat,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr())
    logs.configure(log_format=log_format)
    structlog.get_logger("ours").error("\u4e2d", text="\u4e2d")
    logging.getLogger("theirs").error("\u4e2d")
    assert capsys.readouterr().out == ""


def test_a_malformed_line_of_a_library_is_left_out(lines: Lines) -> None:
    logs.configure()
    logging.getLogger("theirs").error("%d tasks", SECRET)
    (line,) = lines()
    assert line["logger"] == "theirs"
    assert "left out" in line["event"]
    assert SECRET not in str(line)


def test_the_innermost_places_are_kept_of_a_deep_exception(lines: Lines) -> None:
    logs.configure()

    def dig(depth: int) -> None:
        if depth == 0:
            raise RuntimeError
        dig(depth - 1)

    try:
        dig(100)
    except RuntimeError:
        structlog.get_logger().exception("deep")
    (line,) = lines()
    assert len(line["at"]) == logs.MAX_FRAMES
    assert all(place.endswith(" dig") for place in line["at"])


def test_asking_for_an_exception_where_there_is_none_adds_nothing(lines: Lines) -> None:
    logs.configure()
    structlog.get_logger().error("no exception", exc_info=True)
    assert not {"exception", "at", "exc_info"} & set(lines()[0])


def test_lines_below_the_level_are_left_out(lines: Lines) -> None:
    logs.configure("ERROR")
    structlog.get_logger("ours").warning("ours")
    logging.getLogger("theirs").warning("theirs")
    structlog.get_logger("ours").error("kept")
    assert [line["event"] for line in lines()] == ["kept"]


def test_libraries_do_not_repeat_every_request(lines: Lines) -> None:
    logs.configure("DEBUG")
    logging.getLogger("uvicorn.access").error("GET /tasks/1")
    logging.getLogger("httpx2").info("HTTP Request: POST /process")
    logging.getLogger("httpx2").warning("kept")
    logging.getLogger("uvicorn.error").info("Started server process")
    assert [line["event"] for line in lines()] == ["kept", "Started server process"]


def test_configuring_twice_does_not_write_twice(lines: Lines) -> None:
    logs.configure()
    logs.configure()
    structlog.get_logger().info("once")
    assert len(lines()) == 1


def test_the_console_form_is_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(log_format="console")
    structlog.get_logger("app").info("worker started", arms=["digest"])
    written = capsys.readouterr().err
    assert "worker started" in written
    assert "arms=['digest']" in written
    assert not written.startswith("{")
    assert "\x1b" not in written
