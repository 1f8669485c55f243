"""Pure: a task's history as lines to read, each with its place on one scale of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.console import words
from app.models import ModelCall, TaskEvent

SCALE: Final = 1_000
"""How many units a track is long."""

LEAST: Final = 4
"""How many units a stretch is shown by at least, or it could not be seen."""

MOST: Final = 400
"""How many events a page shows, the newest; a receipt has all."""


@dataclass(frozen=True)
class Stretch:
    """From where to where on the track, in units."""

    start: float
    length: float


@dataclass(frozen=True)
class Line:
    """An event: what happened, how long after the first one, and how long that which it begins
    or ends has lasted; None for what lasts no time, or has not ended."""

    id: int
    family: str
    what: str
    detail: str
    at: datetime
    offset: float
    lasted: float | None
    track: Stretch


@dataclass(frozen=True)
class Scale:
    """The time a task took, or has taken so far."""

    begin: datetime
    seconds: float

    def stretch(self, start: datetime, end: datetime) -> Stretch:
        """Return where a span of time lies."""
        first = self._units(start)
        length = max(LEAST, self._units(end) - first)
        return Stretch(round(min(first, SCALE - length), 1), round(length, 1))

    def _units(self, at: datetime) -> float:
        passed = (at - self.begin).total_seconds()
        return SCALE * min(1.0, max(0.0, passed / self.seconds)) if self.seconds > 0 else 0.0


def scale_of(events: Sequence[TaskEvent], until: datetime) -> Scale | None:
    """Return the scale of a history that goes on until then; None for an empty one."""
    if not events:
        return None
    begin, end = events[0].created_at, max(until, events[-1].created_at)
    return Scale(begin, max((end - begin).total_seconds(), 0.001))


def lines(
    events: Sequence[TaskEvent],
    scale: Scale | None,
    until: datetime,
    made: Sequence[ModelCall] = (),
) -> list[Line]:
    """Return the newest events as lines, oldest first; `made` are the model calls they tell of."""
    if scale is None:
        return []
    shown = events[-MOST:]
    bought = {call.id: call for call in made}
    drawn = []
    for place, event in enumerate(shown, start=1):
        what, detail = told(event.type, event.data)
        offset = (event.created_at - scale.begin).total_seconds()
        begin, end = _span(event, shown[place:], bought)
        lasted = (end - begin).total_seconds() if end and end > begin else None
        track = scale.stretch(begin, end or until)
        family = _family(event.type)
        drawn.append(Line(event.id, family, what, detail, event.created_at, offset, lasted, track))
    return drawn


def _span(
    event: TaskEvent, later: Sequence[TaskEvent], bought: Mapping[int, ModelCall]
) -> tuple[datetime, datetime | None]:
    """Return from when to when that lasted which an event tells of; None: it has not ended.

    A call is told of when it has ended. What neither begins nor ends something is a moment.
    """
    call = bought.get(event.data.get("call", 0)) if event.type == "model.called" else None
    if call is not None and call.settled_at is not None:
        return call.created_at, call.settled_at
    ends = _ENDS.get(event.type)
    if ends is None:
        return event.created_at, event.created_at
    step = event.data.get("step")
    for one in later:
        inside = one.type.startswith("task.") or one.data.get("step") == step
        if one.type in ends and inside:
            return event.created_at, one.created_at
    return event.created_at, None


@dataclass(frozen=True)
class Call:
    """A model call as a line: what it was granted, what it used, and when."""

    number: int
    model: str
    state: str
    attempt: int
    reserved_tokens: int
    reserved_usd: float
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    seconds: float | None
    track: Stretch | None
    replays: int


def calls(
    made: Sequence[ModelCall], events: Sequence[TaskEvent], scale: Scale | None, until: datetime
) -> list[Call]:
    """Return a task's model calls, the first one first, with how often each answer was replayed."""
    replayed = [event.data.get("call") for event in events if event.type == "model.replayed"]
    return [
        Call(
            number=number,
            model=call.model,
            state=call.state,
            attempt=call.attempt,
            reserved_tokens=call.reserved_tokens,
            reserved_usd=float(call.reserved_usd),
            input_tokens=call.input_tokens,
            output_tokens=call.output_tokens,
            cost_usd=None if call.cost_usd is None else float(call.cost_usd),
            seconds=_seconds(call),
            track=scale.stretch(call.created_at, call.settled_at or until) if scale else None,
            replays=replayed.count(call.id),
        )
        for number, call in enumerate(made, start=1)
    ]


def _seconds(call: ModelCall) -> float | None:
    return (call.settled_at - call.created_at).total_seconds() if call.settled_at else None


def told(kind: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Return what an event says, in few words, and what there is to add."""
    tell = _TOLD.get(kind)
    if tell is None:
        return kind, words.compact_json(data) if data else ""
    what, detail = tell(data)
    step = data.get("step")
    return what, f"step {step}: {detail}" if step and kind != "plan.made" else detail


def _family(kind: str) -> str:
    family = kind.partition(".")[0]
    if kind in _FINAL:
        return kind.partition(".")[2]
    return family if family in _FAMILIES else "other"


def _submitted(data: Mapping[str, Any]) -> tuple[str, str]:
    return "Submitted", f"priority {data['priority']}" if data.get("priority") else ""


def _judged(data: Mapping[str, Any]) -> tuple[str, str]:
    what = f"Criterion {_number(data.get('criterion'))} {data.get('verdict', '')}"
    by, evidence = data.get("judged_by", ""), data.get("evidence", "")
    return what, f"by {by}: {evidence}" if evidence else f"by {by}"


def _number(at: Any) -> str:
    return str(at) if isinstance(at, int) else "?"


def _called(data: Mapping[str, Any]) -> tuple[str, str]:
    tokens = (data.get("input_tokens") or 0) + (data.get("output_tokens") or 0)
    return "Model called", (
        f"{data.get('model', '')}, {words.count(tokens)} tokens, "
        f"{words.money(float(data.get('cost_usd') or 0))}"
    )


def _ended(what: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    def tell(data: Mapping[str, Any]) -> tuple[str, str]:
        accepted = _ACCEPTED.get(data.get("accepted"))
        by = f"by {data['arm']}" if data.get("arm") else ""
        why = ": ".join(
            str(data[name]).rstrip(".") for name in ("reason", "detail") if data.get(name)
        )
        return what, ", ".join(one for one in (why, by, accepted) if one)

    return tell


def _handed_back(data: Mapping[str, Any]) -> tuple[str, str]:
    seconds = data.get("retry_in_seconds")
    again = f", tried again in {words.duration(float(seconds))}" if seconds is not None else ""
    return "Handed back", f"{data.get('reason', '')}{again}"


def _quarantined(data: Mapping[str, Any]) -> tuple[str, str]:
    kinds = ", ".join(map(str, data.get("kinds", ())))
    where = f" in {data['document']}" if data.get("document") else ""
    return "Left out by the screening", f"{kinds}{where}"


def _steps(data: Mapping[str, Any]) -> tuple[str, str]:
    steps = data.get("steps", ())
    named = ", ".join(f"{step.get('id')} → {step.get('arm')}" for step in steps)
    return f"Planned {words.plural(len(steps), 'step')}", named


_FINAL: Final = frozenset({"task.completed", "task.failed", "task.cancelled"})
_STARTED: Final = frozenset({"task.started"}) | _FINAL
_STOPPED: Final = frozenset({"task.handed_back", "task.requeued"}) | _STARTED
_ENDS: Final[Mapping[str, frozenset[str]]] = {
    "task.submitted": _STARTED,
    "task.started": _STOPPED,
    "task.handed_back": _STARTED,
    "task.requeued": _STARTED,
    "task.cancel_requested": _FINAL,
    "repair.started": _STOPPED | {"repair.started", "step.completed"},
    "step.started": _STOPPED | {"step.completed"},
}
"""What begins with an event, and which ones end it."""

_ACCEPTED: Final[Mapping[Any, str]] = {True: "accepted", False: "not accepted"}
_FAMILIES: Final = {"task", "model", "criterion", "repair", "plan", "step", "content"}

_TOLD: Final[dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]]] = {
    "task.submitted": _submitted,
    "task.started": lambda d: (f"Attempt {d.get('attempt', '')} started", ""),
    "task.handed_back": _handed_back,
    "task.requeued": lambda _: ("Queued again", "its job was lost"),
    "task.cancel_requested": lambda _: ("Cancel asked for", ""),
    "task.completed": _ended("Completed"),
    "task.failed": _ended("Failed"),
    "task.cancelled": _ended("Cancelled"),
    "task.purged": lambda _: ("Private values erased", ""),
    "model.called": _called,
    "model.replayed": lambda _: ("Answer replayed", "bought before, and not again"),
    "criterion.judged": _judged,
    "repair.started": lambda d: (
        "Repair started", "for criteria " + ", ".join(map(_number, d.get("failed", ())))
    ),
    "plan.made": _steps,
    "step.started": lambda d: ("Step started", f"{d.get('arm', '')}"),
    "step.completed": _ended("Step completed"),
    "content.quarantined": _quarantined,
}  # fmt: skip
