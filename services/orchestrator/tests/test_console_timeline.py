"""The timeline draws what lasted as long as it lasted, and from when it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.console import timeline
from app.models import ModelCall, TaskEvent

BEGIN = datetime(2026, 11, 26, 12, tzinfo=UTC)


def at(milliseconds: int) -> datetime:
    return BEGIN + timedelta(milliseconds=milliseconds)


def drawn(until: int, *told: tuple[int, str, dict[str, Any]], calls: Any = ()) -> dict[str, Any]:
    """Return, by what is said, from when to when each line is drawn and how long it lasted."""
    events = [
        TaskEvent(id=place, type=kind, data=data, created_at=at(when))
        for place, (when, kind, data) in enumerate(told)
    ]
    scale = timeline.scale_of(events, at(until))
    return {
        line.what: (line.track.start, line.track.length, line.lasted)
        for line in timeline.lines(events, scale, at(until), calls)
    }


def test_a_model_call_is_drawn_from_when_it_was_made_and_an_attempt_to_its_end() -> None:
    call = ModelCall(id=7, created_at=at(200), settled_at=at(700))
    lines = drawn(
        1000,
        (0, "task.submitted", {}),
        (100, "task.started", {"attempt": 1}),
        (700, "model.called", {"call": 7}),
        (800, "criterion.judged", {"criterion": 0, "verdict": "passed"}),
        (1000, "task.completed", {}),
        calls=[call],
    )
    assert lines == {
        "Submitted": (0, 100, 0.1),
        "Attempt 1 started": (100, 900, 0.9),
        "Model called": (200, 500, 0.5),
        "Criterion 0 passed": (800, timeline.LEAST, None),
        "Completed": (1000 - timeline.LEAST, timeline.LEAST, None),
    }


def test_steps_that_run_side_by_side_end_each_at_its_own_end() -> None:
    events = [
        (0, "task.started", {"attempt": 1}),
        (100, "step.started", {"step": "a", "arm": "assistant"}),
        (200, "step.started", {"step": "b", "arm": "digest"}),
        (300, "step.completed", {"step": "b", "arm": "digest"}),
        (900, "step.completed", {"step": "a", "arm": "assistant"}),
    ]
    made = [
        TaskEvent(id=place, type=kind, data=data, created_at=at(when))
        for place, (when, kind, data) in enumerate(events)
    ]
    lines = timeline.lines(made, timeline.scale_of(made, at(1000)), at(1000))
    assert [line.lasted for line in lines] == [None, 0.8, 0.1, None, None]


def test_what_has_not_ended_is_drawn_until_now() -> None:
    lines = drawn(2000, (0, "task.submitted", {}), (500, "task.started", {"attempt": 1}))
    assert lines["Attempt 1 started"] == (250, 750, None)


def test_an_ending_says_its_reason_as_one_sentence() -> None:
    data = {"reason": "criteria-not-met", "detail": "Criterion 0 is not met.", "accepted": False}
    told = timeline.told("task.failed", {**data, "arm": "assistant"})
    assert told == (
        "Failed",
        "criteria-not-met: Criterion 0 is not met, by assistant, not accepted",
    )
