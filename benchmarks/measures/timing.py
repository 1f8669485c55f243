"""How long something takes, on a machine that does other things as well."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import NamedTuple


class Effort(NamedTuple):
    """How often something is measured: rounds, and about how many seconds each of them takes."""

    rounds: int = 7
    seconds: float = 0.15


def timed(work: Callable[[], object], effort: Effort) -> float:
    """Return the seconds a call takes: the median of a round's calls, the least of all rounds.

    The median leaves out single interruptions, the least of them a neighbour who was busy for a
    while. The first calls are not counted.
    """
    once = min(_call(work) for _ in range(3))
    repeats = max(3, min(500, int(effort.seconds / once)))
    return min(_round(work, repeats) for _ in range(effort.rounds))


def _round(work: Callable[[], object], repeats: int) -> float:
    return median(_call(work) for _ in range(repeats))


def _call(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began
