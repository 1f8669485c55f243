"""Tenants take turns: which place in the queue a task is given, so that no tenant starves another.

The queue runs in rounds. In one, each tenant has `SHARE` tasks; what more it has waits for the next
ones, however urgent it says it is. In a round, what is more urgent comes first, then what is older.

This is fair queueing by start tags (Goyal, Vin and Cheng: Start-time Fair Queueing, SIGCOMM 1996,
https://doi.org/10.1145/248156.248171): a task's round is that of the queue's head, its virtual
time, plus the rounds its tenant needs for what it has waiting. The round is part of the priority
of the job, by which the queue is ordered anyway.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

SHARE: Final = 10
"""Tasks of a tenant in a round. A tenant with fewer waiting sees nothing of rounds."""

MOST_URGENT: Final = 100
SPAN: Final = 201
"""Priorities are -100 to 100: so many to a round."""

LAST: Final = 10_000_000
"""Rounds a job's priority, of 32 bits, has room for. A queue that has not been empty for so long,
a month at 40 tasks a second of one tenant, is first come, first served from then on."""


def job_priority(round_number: int, priority: int) -> int:
    """Return the priority of a job in the queue: higher runs earlier."""
    return priority - SPAN * min(round_number, LAST)


def round_of(job_priority: int) -> int:
    """Return the round a job of this priority is in."""
    return (MOST_URGENT - job_priority) // SPAN


class Line:
    """What a tenant has waiting, and where its next tasks come into the queue."""

    def __init__(self, head: int, waiting: Counter[int]) -> None:
        """`head` is the round at the head of the queue; `waiting` counts tasks by priority."""
        self._head, self._waiting = head, waiting

    def join(self, priority: int) -> int:
        """Have one more task wait, behind those as urgent, and return the priority of its job."""
        ahead = sum(count for other, count in self._waiting.items() if other >= priority)
        self._waiting[priority] += 1
        return job_priority(self._head + ahead // SHARE, priority)
