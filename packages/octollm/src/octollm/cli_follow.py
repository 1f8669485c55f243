"""Waits for a task on the command line, and shows it."""

from __future__ import annotations

import sys
import threading
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import click
from rich.console import Console
from rich.text import Text

from octollm.cli_errors import FAILED, INTERRUPTED, how_to_go_on
from octollm.cli_events import event_line
from octollm.cli_output import Safe, print_json, span, status_text, stderr, stdout, task_panel
from octollm.client import Client
from octollm.contracts import MAX_WAIT_SECONDS, TaskAccepted, TaskResponse, TaskStatus
from octollm.errors import OctoError
from octollm.events import OUTPUT_DELTA

LIVE_SECONDS = 1.0
"""How often a waiting command looks how far the task is."""

SPINNER_CELLS = 2

LAST_LINES_SECONDS = 2.0
"""How long the lines of a task that has ended are waited for."""


def follow(
    client: Client, known: TaskAccepted | TaskResponse, timeout: float | None, as_json: bool
) -> TaskResponse:
    """Return the task as it is once it is final or the time is up.

    Says on a terminal what happens to it and how far it is. Ctrl-C ends the waiting, not the task;
    an error has the `task_id` with it.
    """
    console = stderr()
    live = sys.stderr.isatty() and not as_json  # not rich's word: FORCE_COLOR makes it say yes
    every = LIVE_SECONDS if live else MAX_WAIT_SECONDS
    room = console.width - SPINNER_CELLS
    task = known
    try:
        with (
            console.status(_progress(known, room), spinner="line") if live else nullcontext()
        ) as line:
            telling = _told(client, known.task_id, console) if live else None
            for task in client.watch(known.task_id, timeout, every):
                if line is not None:
                    line.update(_progress(task, room))
            if telling is not None and task.status.final:
                telling.join(LAST_LINES_SECONDS)
    except KeyboardInterrupt:
        if as_json:
            print_json(task.model_dump(mode="json"))
        else:
            console.print(f"Stopped waiting; the task goes on.\n{how_to_go_on(str(known.task_id))}")
        raise click.exceptions.Exit(INTERRUPTED) from None
    except OctoError as error:  # the task was accepted, and this may be all that is heard of it
        error.extra.setdefault("task_id", str(known.task_id))
        raise
    return cast(TaskResponse, task)  # `watch` yields at least once


def _told(client: Client, task_id: UUID, console: Console) -> threading.Thread:
    """Print a task's events as they come, on a thread beside the one that waits.

    A server without events, or one that is away, is no reason to stop waiting.
    """

    def tell() -> None:
        with suppress(Exception):  # also when the client is closed while it reads
            for event in client.events(task_id):
                if event.type != OUTPUT_DELTA:  # the result is about to be printed whole
                    console.print(Safe(event_line(event)))

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    return thread


def _progress(task: TaskAccepted | TaskResponse, width: int) -> Text:
    """Return the status line, at most `width` cells: how far the task is, since when it is there,
    what it has used of its budget."""
    line = Text.assemble(status_text(task.status))
    if isinstance(task, TaskResponse):
        attempt = f", attempt {task.attempt}" if task.attempt > 1 else ""
        age = (datetime.now(UTC) - task.created_at).total_seconds()
        line.append(f"{attempt}, {span(age)}", style="dim")
        if task.attempt:
            spend, budget = task.spend, task.budget
            line.append(f"  {spend.tokens:,}/{budget.max_tokens:,} tokens")
            line.append(f"  {spend.cost_usd:.4f}/{budget.max_cost_usd:g} USD")
    line.append(f"  {task.task_id}", style="dim")
    line.truncate(width, overflow="ellipsis")
    return line


def print_task(task: TaskResponse, as_json: bool) -> None:
    """Print a task; ends the command with 1 for one that failed or was cancelled."""
    if as_json:
        print_json(task.model_dump(mode="json"))
    else:
        stdout().print(Safe(task_panel(task)))
    if task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
        raise click.exceptions.Exit(FAILED)
