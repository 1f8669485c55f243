"""An arm for rehearsals: works for as long as it is told, and fails when it is told to.

With it operators can try cancels, kills, deadlines, retries and capacity without a model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue

from octollm.arm import ArmContext, Outcome
from octollm.contracts import MAX_BUDGET_SECONDS, TaskContract
from octollm.errors import ArmFailed

MAX_FAIL_ATTEMPTS = 100
FAILURES = ("passing", "permanent")


class DrillFault(Exception):
    """The passing fault a drill was asked for; whoever runs arms retries it."""


@dataclass(frozen=True)
class Orders:
    """What the constraints of a contract ask a drill to do.

    `fail` is None, `passing` or `permanent`; `fail_attempts` is None when every attempt fails.
    """

    seconds: float = 1.0
    fail: str | None = None
    fail_attempts: int | None = None

    @classmethod
    def read(cls, constraints: dict[str, JsonValue]) -> Self:
        """Check the constraints; raise `ArmFailed` naming the first one that is wrong."""
        seconds = constraints.get("seconds", 1.0)
        # A NaN is within no limits, so it is refused here too; True is an int to Python.
        if (
            not isinstance(seconds, int | float)
            or isinstance(seconds, bool)
            or not 0 <= seconds <= MAX_BUDGET_SECONDS
        ):
            raise ArmFailed(f"constraints.seconds must be a number from 0 to {MAX_BUDGET_SECONDS}")
        fail = constraints.get("fail")
        if fail is not None and fail not in FAILURES:
            raise ArmFailed("constraints.fail must be 'passing' or 'permanent'")
        attempts = constraints.get("fail_attempts")
        if attempts is not None and (
            not isinstance(attempts, int)
            or isinstance(attempts, bool)
            or not 0 <= attempts <= MAX_FAIL_ATTEMPTS
        ):
            raise ArmFailed(
                f"constraints.fail_attempts must be a whole number from 0 to {MAX_FAIL_ATTEMPTS}"
            )
        return cls(float(seconds), None if fail is None else str(fail), attempts)

    def fails(self, attempt: int) -> bool:
        """Whether the attempt of that number, counted from 1, is to fail."""
        if self.fail is None:
            return False
        return self.fail_attempts is None or attempt <= self.fail_attempts


class Drill:
    """Works for `constraints.seconds` and reports each second that passed.

    `pause(seconds)` waits; it is a parameter so that a drill can be run without waiting.
    """

    name = "drill"
    description = "Rehearsal: works for a set time, then succeeds or fails as told. Never chosen."

    def __init__(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._pause = pause

    def score(self, contract: TaskContract) -> float:
        """Return 0: a drill runs only when it is named."""
        return 0.0

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        """Work, then end as ordered.

        Emits `drill.progress` with `{elapsed_seconds, of_seconds}` after each full second.
        Raises `ArmFailed` for bad constraints and for `fail: permanent`, `DrillFault` for
        `fail: passing`; both failures come after the work, as most real ones do.
        """
        orders = Orders.read(contract.constraints)
        await self._work(orders.seconds, context)
        if orders.fails(context.attempt):
            if orders.fail == "permanent":
                raise ArmFailed("The drill was told to fail for good")
            raise DrillFault("The drill was told to fail in passing")
        return Outcome(
            output=f"Drill done: worked for {orders.seconds:g} s on attempt {context.attempt}.",
            data={"seconds": orders.seconds, "attempt": context.attempt},
        )

    async def _work(self, seconds: float, context: ArmContext) -> None:
        """Wait for `seconds`, measured from the start so that slow events do not add up."""
        clock = asyncio.get_running_loop().time
        start = clock()
        for elapsed in range(1, int(seconds) + 1):
            await self._pause(max(0.0, start + elapsed - clock()))
            await context.emit(
                "drill.progress", {"elapsed_seconds": elapsed, "of_seconds": seconds}
            )
        await self._pause(max(0.0, start + seconds - clock()))
