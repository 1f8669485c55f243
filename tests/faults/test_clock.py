"""A machine's clock is set forward and back: what is timed goes on as if nothing had happened."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stage import Stage, reaches

HOURS = 7_200
DRILL_SECONDS = 3.0
BUDGET_SECONDS = 4.0
SLACK = 20.0
"""Far below the step, and enough for a busy machine."""

Step = Callable[[int], None]


@pytest.fixture
def step(stage: Stage, tmp_path: Path) -> Step:
    """Sets the clock that the house's processes see, and PostgreSQL does not, by so many seconds.

    Their monotonic clock goes on, as a kernel's does.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("needs libfaketime")
    offset = tmp_path / "offset"

    def stepped(seconds: int) -> None:
        offset.with_suffix(".new").write_text(f"{seconds:+d}", "utf-8")
        offset.with_suffix(".new").replace(offset)  # else one may read half of it

    stepped(0)
    stage.fleet.environment |= {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return stepped


async def test_a_step_of_the_clock_neither_ends_nor_prolongs_a_task(
    stage: Any, figures: Any, step: Step
) -> None:
    crowd = await stage.up()
    http = await stage.http()
    longest = 0.0
    for round_, seconds in enumerate((HOURS, -HOURS)):
        step(0)
        bodies = (works(), fails_once(), never_ends())
        began = time.monotonic()
        ids = [
            await crowd.submit(3 * round_ + number, lambda _, body=body: body)
            for number, body in enumerate(bodies)
        ]
        for task_id in ids:
            await reaches(http, task_id, "processing", "completed", "pending")
        step(seconds)
        worked, again, late = [
            await reaches(http, task_id, "completed", "failed") for task_id in ids
        ]
        longest = max(longest, time.monotonic() - began)
        assert (worked["status"], worked["attempt"]) == ("completed", 1), worked
        assert (again["status"], again["attempt"]) == ("completed", 2), again
        assert late["error"]["type"].endswith("budget-exceeded"), late
        assert longest < DRILL_SECONDS + BUDGET_SECONDS + SLACK
        assert (await http.get("/ready")).status_code == 200
    await stage.books.all_ended()
    counted = stage.books.audit(crowd.accepted.values())
    assert counted["accepted"] == counted["finished"] == 6
    figures(**counted, steps=f"{HOURS:+,} s and {-HOURS:+,} s")


def drill(**constraints: Any) -> dict[str, Any]:
    return {"goal": "Rehearse.", "assigned_arm": "drill", "constraints": constraints}


def works() -> dict[str, Any]:
    return drill(seconds=DRILL_SECONDS)


def fails_once() -> dict[str, Any]:
    return drill(seconds=DRILL_SECONDS, fail="passing", fail_attempts=1)


def never_ends() -> dict[str, Any]:
    return drill(seconds=600) | {"budget": {"max_time_seconds": BUDGET_SECONDS}}
