"""What the Orchestrator and its workers count. Labels come from closed sets only."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram


class Metrics:
    """The process's own metrics, on one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.submitted = Counter(
            "octollm_tasks_submitted", "Tasks accepted and stored.", registry=registry
        )
        self.refused = Counter(
            "octollm_submissions_refused",
            "Submissions refused by policy or by a full queue, by reason.",
            ["reason"],
            registry=registry,
        )
        self.finished = Counter(
            "octollm_tasks_finished", "Tasks that ended, by status.", ["status"], registry=registry
        )
        self.attempts = Counter(
            "octollm_attempts", "Attempts started by this process.", registry=registry
        )
        self.processing = Histogram(
            "octollm_task_processing_seconds",
            "Time from the start of a task's last attempt to its end.",
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600),
            registry=registry,
        )
        self.recovered = Counter(
            "octollm_jobs_recovered",
            "Deliveries put back on the queue, by why: a dead worker, a lost job.",
            ["why"],
            registry=registry,
        )
