"""One run of one task by one worker."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.account import Account
from app.work import Progress
from octollm.contracts import TaskContract


@dataclass(frozen=True)
class Attempt:
    """One run of one task by this worker. `token` lets its writes through; once another attempt
    has begun, they change nothing."""

    task_id: UUID
    token: UUID
    number: int
    max_attempts: int
    deadline_at: datetime
    seconds: float
    contract: TaskContract
    tenant: str
    account: Account
    traceparent: str | None = None
    """The span of its submission (W3C Trace Context), which its own goes on from."""
    progress: Progress = field(default_factory=Progress)
    values: dict[str, str] = field(default_factory=dict)
    """What the task's placeholders stand for, those of its output included."""
    began: float = field(default_factory=time.monotonic)

    def milliseconds(self) -> int:
        """How long it has been running."""
        return int((time.monotonic() - self.began) * 1000)

    def seconds_left(self) -> float:
        """How long it may go on, of the `seconds` it had when it was claimed."""
        return self.seconds - (time.monotonic() - self.began)
