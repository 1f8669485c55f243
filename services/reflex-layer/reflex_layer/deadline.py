"""Pure: how long one text may take. Nothing in this package outlives it."""

from __future__ import annotations

from time import perf_counter


class OutOfTime(Exception):
    """The text took longer than it may: what was found so far is not all there is."""


class Deadline:
    """The moment by which a text has to be screened, `seconds` from now."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = perf_counter() + seconds

    def check(self) -> None:
        """Raise OutOfTime if the moment has passed; costs about 60 ns."""
        if perf_counter() >= self._at:
            raise OutOfTime


NEVER = Deadline(float("inf"))
"""For tests and tools that may take as long as they like."""
