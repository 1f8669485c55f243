"""A circuit breaker for asyncio; docs/decisions/0004 says why it is ours.

Closed until `failures` attempts in a row have failed; open for `reset_seconds`; then half-open for
one probe, whose success closes it and whose failure opens it for the full time again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

BreakerState = IntEnum("BreakerState", {"CLOSED": 0, "HALF_OPEN": 1, "OPEN": 2})


class BreakerOpen(Exception):
    """The attempt was not let through."""


@dataclass
class Attempt:
    healthy: bool | None = None  # None, when nothing was learnt (cancelled, say), is neither


class Breaker:
    """One for all callers of an event loop. `clock` gives seconds and never goes back."""

    def __init__(
        self,
        failures: int,
        reset_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[BreakerState], None] = lambda state: None,
    ) -> None:
        self._limit, self._reset_seconds = failures, reset_seconds
        self._clock, self._on_change = clock, on_change
        self._failures, self._epoch, self._probing = 0, 0, False
        self._open_until: float | None = None

    @property
    def seconds_left(self) -> float:
        """Until a probe may go; 0 unless open."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    @property
    def state(self) -> BreakerState:
        if self.seconds_left:
            return BreakerState.OPEN
        return BreakerState.CLOSED if self._open_until is None else BreakerState.HALF_OPEN

    @contextmanager
    def attempt(self) -> Iterator[Attempt]:
        """Let an attempt through, or raise BreakerOpen: while open, or while a probe is out."""
        state, epoch, attempt = self.state, self._epoch, Attempt()
        if state is BreakerState.OPEN or self._probing:
            raise BreakerOpen
        if state is BreakerState.HALF_OPEN:
            self._probing = True
            self._on_change(state)
        try:
            yield attempt
        finally:
            # What was let through before the last change says nothing about now.
            if epoch == self._epoch:
                probe, self._probing = self._probing, False
                if attempt.healthy is not None:
                    self._settle(attempt.healthy, probe)

    def _settle(self, healthy: bool, probe: bool) -> None:
        self._failures = 0 if healthy else self._failures + 1
        if healthy and probe:
            self._move(BreakerState.CLOSED, None)
        elif not healthy and (probe or self._failures >= self._limit):
            self._move(BreakerState.OPEN, self._clock() + self._reset_seconds)

    def _move(self, state: BreakerState, open_until: float | None) -> None:
        self._open_until, self._failures, self._epoch = open_until, 0, self._epoch + 1
        self._on_change(state)
