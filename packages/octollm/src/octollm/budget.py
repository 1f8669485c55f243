"""Pure rules of what a task may use, and of what it has used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Spend(BaseModel):
    """What a task has used so far: model tokens, wall-clock seconds of its arm, US dollars."""

    model_config = ConfigDict(frozen=True)

    tokens: Annotated[int, Field(ge=0)] = 0
    seconds: Annotated[float, Field(ge=0)] = 0.0
    cost_usd: Annotated[float, Field(ge=0)] = 0.0


def deadline(first_start: datetime, max_time_seconds: float) -> datetime:
    """Return when a task first started at `first_start` must have ended; crashes do not move it."""
    return first_start + timedelta(seconds=max_time_seconds)


def seconds_left(deadline_at: datetime, now: datetime) -> float:
    """Return how long a task may still run; never below zero."""
    return max(0.0, (deadline_at - now).total_seconds())
