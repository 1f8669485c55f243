"""Structured logs: one JSON object a line, nothing private; with `request_id`, `task_id` and, in a
trace, `trace_id`.

An exception is logged as its class and the places it passed, without its message: messages of
database drivers and validators quote the data they choked on.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from pathlib import PurePath
from threading import Lock
from typing import Final, Literal, TextIO

import structlog
from asgi_correlation_id import correlation_id
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["json", "console"]

MAX_FRAMES = 20

_WRITING: Final = Lock()


def configure(level: str = "INFO", log_format: LogFormat = "json") -> None:
    """Send every log line of this process, our own and the libraries', to stderr.

    `level` is a name of the `logging` module. To be called once, by the process's entry point.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_request_id,
        add_trace_id,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=bool(sys.stderr and sys.stderr.isatty()))
    # Ours go straight there: by way of `logging` a line takes twice as long.
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=_Line,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    _quieten_libraries()


class _Line:
    """Writes what it is given to stderr, and has the name `add_logger_name` asks for.

    What cannot be written is lost, as with `logging`: a full disk or a reader that has gone ends no
    request and no task.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name

    def write(self, line: str) -> None:
        stderr: TextIO | None = sys.stderr  # None where a process began with it closed
        if stderr is None:
            return
        with suppress(OSError, ValueError), _WRITING:
            stderr.write(line + "\n")
            stderr.flush()

    debug = info = warning = error = critical = write


class _Handler(logging.StreamHandler[TextIO]):
    """Writes the lines of libraries."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Lose a line that cannot be made or written: `logging` would print all it was made of."""
        structlog.get_logger(record.name).error("a line could not be logged; it is left out")


def _quieten_libraries() -> None:
    """Route uvicorn's own handlers to ours and silence what would repeat us line by line."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn.access").disabled = True
    # At the level DEBUG clients of model providers may write down what they send.
    clients = ("openai", "anthropic", "google_genai")
    for name in ("httpx2", "httpcore2", "procrastinate", "alembic", *clients):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # its warnings quote the server


def add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: add the id of the request being served, if one is."""
    if request_id := correlation_id.get():
        event.setdefault("request_id", request_id)
    return event


def add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: add the ids of the trace and span the line belongs to, as traces show them."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def describe_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: replace `exc_info` by the exception's class and where it passed."""
    said = event.get("event")
    if isinstance(said, str) and "Traceback (most recent call last)" in said:
        event["event"] = "a library wrote a traceback; it is left out, since it may quote anything"
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = type(error).__qualname__
        event["at"] = places(error)
    return event


def places(error: BaseException) -> list[str]:
    """Return `file:line function` for the frames an exception passed, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames]
