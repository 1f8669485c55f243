"""Foreseen errors on the command line: one readable block on stderr, and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from octollm.cli_output import Safe, one_line, print_json, stderr
from octollm.cli_server import Server
from octollm.errors import (
    BodyTooLarge,
    DocumentNotFound,
    Forbidden,
    InjectionDetected,
    InvalidRequest,
    OctoError,
    PiiDetected,
    RateLimited,
    ServerUnreachable,
    TaskNotFound,
    Unavailable,
    WaitTimeout,
)

FAILED, USAGE, SERVER_AWAY, INTERRUPTED = 1, 2, 3, 130
"""What the process ends with; 0 is done. 130 is what shells give for Ctrl-C (128 + SIGINT)."""

_COLUMNS = {"findings": ("field", "kind", "start", "end"), "errors": ("field", "message")}
_HINTS: dict[type[OctoError], Callable[[OctoError], str]] = {
    ServerUnreachable: lambda _: "Is it running? Start it with: octollm up",
    PiiDetected: lambda _: (
        "Take it out, hide it from the model with --pii-policy redact, or let it through with "
        "--pii-policy allow."
    ),
    InjectionDetected: lambda _: "Reword what stands at these places and hand it in again.",
    TaskNotFound: lambda _: "See what there is with: octollm tasks",
    DocumentNotFound: lambda _: "See what there is with: octollm docs list",
    Unavailable: lambda error: _later(error),
    RateLimited: lambda error: _later(error),
    WaitTimeout: lambda error: how_to_go_on(str(error.extra.get("task_id", "TASK_ID"))),
}


@contextmanager
def reported(as_json: bool) -> Iterator[None]:
    """Turn an OctoError into its block (with `as_json`: the problem on stdout) and exit code."""
    try:
        yield
    except OctoError as error:
        if as_json:
            print_json(error.problem(error.request_id))
        else:
            stderr().print(Safe(error_block(error)))
        raise click.exceptions.Exit(exit_code(error)) from None
    except KeyboardInterrupt:
        stderr().print("Interrupted.")
        raise click.exceptions.Exit(INTERRUPTED) from None


def exit_code(error: OctoError) -> int:
    """Return 2 for what the user must write otherwise, 3 for what another time may cure, else 1."""
    if isinstance(error, InvalidRequest | BodyTooLarge):
        return USAGE
    if isinstance(error, WaitTimeout):
        return FAILED
    return SERVER_AWAY if error.status >= 500 or isinstance(error, RateLimited) else FAILED


def error_block(error: OctoError) -> RenderableType:
    """Return title, detail, what was found where, the request's id and what to do next."""
    parts: list[RenderableType] = [Text.assemble(("Error: ", "bold red"), (error.title, "bold"))]
    tables = [_table(error.extra.get(name), columns) for name, columns in _COLUMNS.items()]
    found = [table for table in tables if table is not None]
    told_below = error.status == 401 or (found and isinstance(error, InvalidRequest))
    if error.detail != error.title and not told_below:
        parts.append(Text(error.detail))
    parts += found
    if (hint := next_step(error)) is not None:
        parts.append(Text(hint, style="cyan"))
    if error.request_id is not None:
        parts.append(Text(f"request {error.request_id}", style="dim"))
    return Group(*parts)


def next_step(error: OctoError) -> str | None:
    """Return what the user can do about an error, if there is something to say."""
    if isinstance(error, Forbidden):
        scope = one_line(str(error.extra.get("missing_scope", "it needs")))
        return f"Use a key that has the scope {scope}; see: octollm keys list"
    if error.status in (401, 403):
        given = "The key that was given is not a key of this server, or not any more.\n"
        return (given if _key_given() else "") + "Set OCTOLLM_API_KEY, or pass --api-key."
    if isinstance(error, ServerUnreachable | Unavailable) and "task_id" in error.extra:
        goes_on = "The task was accepted, and goes on when the server is there again.\n"
        return goes_on + how_to_go_on(str(error.extra["task_id"]))
    for kind, hint in _HINTS.items():
        if isinstance(error, kind):
            return hint(error)
    return None


def how_to_go_on(task_id: str) -> str:
    """Return how to look at a task that goes on, and how to end it."""
    return f"Look at it: octollm show {task_id} --wait 60\nCancel it:  octollm cancel {task_id}"


def _key_given() -> bool:
    context = click.get_current_context(silent=True)
    server = context.find_object(Server) if context else None
    return server is not None and bool(server.api_key)


def _later(error: OctoError) -> str:
    after = "later" if error.retry_after is None else f"in {error.retry_after:.0f} s"
    return f"Try again {after}."


def _table(rows: Any, columns: tuple[str, ...]) -> Table | None:
    """Return a table of the rows a problem carries; None when they are not a list of objects."""
    objects = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if not objects:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2))
    for column in columns:
        table.add_column(column, overflow="fold", header_style="dim")
    for row in objects:
        table.add_row(*(Text(one_line(str(row.get(column, "")))) for column in columns))
    return table
