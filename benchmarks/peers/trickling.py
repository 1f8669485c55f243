"""What the peers share: tasks one after the other, and when all of it, or each of them, began."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.05
_TIMED = "Look at report"


def handing_in() -> None:
    """Say that everything is loaded and connected, and tasks are handed in from now on."""
    os.write(2, f"handing in {time.time():.6f}\n".encode())


def trickle(hand_in: Callable[[str], object], tasks: int) -> None:
    """Hand in tasks with a pause between them, and say when each was stored."""
    for number in range(tasks):
        hand_in(goal(number))
        stored(number)
        time.sleep(PAUSE_SECONDS)


def goal(number: int) -> str:
    """Return what a task of which the start is to be told has to do."""
    return f"{_TIMED} {number:08}."


def stored(number: int) -> None:
    _say("stored", goal(number))


def began(task: str) -> None:
    """Say that a task has begun, if that is to be told of it."""
    if task.startswith(_TIMED):
        _say("began", task)


def _say(what: str, task: str) -> None:
    """Write at once and in one piece: two processes share the log, and Celery takes sys.stderr."""
    os.write(2, f"{what} {task} {time.time():.6f}\n".encode())
