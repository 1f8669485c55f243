"""The command `top`: what the tasks of a server are doing, live."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
from rich.live import Live

from octollm.cli_errors import reported
from octollm.cli_output import Safe, print_json, stdout
from octollm.cli_overview import frame
from octollm.cli_server import Server, json_option
from octollm.client import Client
from octollm.errors import OctoError
from octollm.overview import Overview, look

LEAST_SECONDS = 0.5

Pause = Callable[[float], bool]
"""Waits so many seconds; True as soon as the user has pressed q."""


@click.command(short_help="Show what the tasks are doing, live.")
@click.option("--once", is_flag=True, help="Print it once; so it is where the output is no screen.")
@click.option(
    "--every",
    type=click.FloatRange(min=LEAST_SECONDS),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="How often to look.",
)
@json_option
@click.pass_obj
def top(server: Server, once: bool, every: float, as_json: bool) -> None:
    """Show tasks by status, what runs and how much of its budget it has used, throughput, what
    failed last, and whether the server's parts are well. q or Ctrl-C ends it.

    With --json it is printed once.
    """
    with reported(as_json), server.client() as client:
        seen = look(client, datetime.now(UTC), {})
        if as_json:
            print_json(_document(seen))
        elif once or not sys.stdout.isatty():
            console = stdout()
            console.print(Safe(frame(seen, client.url, console.width)))
        else:
            _live(client, seen, every)


def _live(client: Client, seen: Overview, every: float) -> None:
    """Show one overview after the other until the user has enough."""
    failures = {task.task_id: task for task in seen.failures}
    console, note = stdout(), ""
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live, _keys() as pause:
            while True:
                live.update(Safe(frame(seen, client.url, console.width, note)), refresh=True)
                if pause(every):
                    return
                try:
                    seen, note = look(client, datetime.now(UTC), failures), ""
                except OctoError as error:
                    if error.status < 429:  # what another time does not cure
                        raise
                    note = f"As it was at that time; now: {error.detail}"
    except KeyboardInterrupt:
        return


@contextmanager
def _keys() -> Iterator[Pause]:
    """Read single keys from the terminal, if there is one; it is left as it was found."""
    try:
        import termios  # not on every system
        import tty
    except ImportError:
        yield _slept
        return
    if not sys.stdin.isatty():
        yield _slept
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield _pressed
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _slept(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _pressed(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([sys.stdin], [], [], left)[0] and sys.stdin.read(1) in ("q", "Q", ""):
            return True
    return False


def _document(seen: Overview) -> dict[str, Any]:
    """Return an overview as JSON has it."""
    return {
        "at": seen.at.isoformat(),
        "counts": {status.value: asdict(count) for status, count in seen.counts.items()},
        "ended": {"minute": asdict(seen.minute), "hour": asdict(seen.hour)},
        "running": [task.model_dump(mode="json") for task in seen.running],
        "failures": [task.model_dump(mode="json") for task in seen.failures],
        "checks": seen.checks,
        "arms": seen.arms,
    }
