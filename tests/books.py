"""What the database says about a crowd of tasks, asked behind the house's back."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import psycopg

FINAL = ("task.completed", "task.failed", "task.cancelled")
UNFINISHED = "SELECT count(*) FROM tasks WHERE status IN ('pending', 'processing')"
DELAY = "SELECT coalesce(max(extract(epoch FROM finished_at - created_at)), 0)::float FROM tasks"
KEYS_TWICE = "SELECT count(*) - count(DISTINCT idempotency_key) FROM tasks"
STATUSES = "SELECT id::text, status::text, attempt FROM tasks"
EVENTS = "SELECT task_id::text, type, data FROM task_events ORDER BY task_id, id"
RESULTS = "SELECT task_id::text FROM task_results"


@dataclass(frozen=True)
class Books:
    """Reads as the server's superuser, whom no limit of connections shuts out."""

    url: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            return connection.execute(query.encode()).fetchall()

    def number(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    async def all_ended(self, seconds: float = 180) -> None:
        """Return when no task is left that has not ended."""
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self.number, UNFINISHED):
                await asyncio.sleep(0.2)  # the whole crowd offers no single event

    def audit(self, accepted: Collection[str]) -> dict[str, int | float]:
        """Check that every accepted task ended once and that no attempt wrote out of its turn.

        Returns the figures every test prints.
        """
        ended = {task_id: (status, attempt) for task_id, status, attempt in self.rows(STATUSES)}
        assert set(accepted) <= set(ended), "an accepted task is lost"
        for task_id, history in self.histories().items():
            check_history(history, *ended[task_id])
        results = [task_id for (task_id,) in self.rows(RESULTS)]
        assert len(results) == len(set(results))
        finished = [t for t, (status, _) in ended.items() if status in ("completed", "failed")]
        assert set(finished) <= set(results)
        return {
            "accepted": len(set(accepted)),
            "finished": sum(f"task.{ended[task_id][0]}" in FINAL for task_id in set(accepted)),
            "duplicates": self.number(KEYS_TWICE),
            "longest_delay": self.number(DELAY),
        }

    def histories(self) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        found: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for task_id, kind, data in self.rows(EVENTS):
            found[task_id].append((kind, data))
        return found


def check_history(history: list[tuple[str, dict[str, Any]]], status: str, attempt: int) -> None:
    """Check one task's events: it ended once, as its row says, and was silent from then on.

    A drill counts its seconds from 1 in each attempt. Were a line of an attempt written after the
    next one began, a number would be out of line.
    """
    kinds = [kind for kind, _ in history]
    assert [kind for kind in kinds if kind in FINAL] == [f"task.{status}"], kinds
    assert kinds[0] == "task.submitted", kinds
    assert kinds[-1] == f"task.{status}", kinds
    starts = [data["attempt"] for kind, data in history if kind == "task.started"]
    assert starts == list(range(1, attempt + 1)), history
    if status == "completed":
        assert history[-1][1]["attempt"] == attempt, history
    seconds = 0
    for kind, data in history:
        if kind == "task.started":
            seconds = 0
        elif kind == "drill.progress":
            seconds += 1
            assert data["elapsed_seconds"] == seconds, history
