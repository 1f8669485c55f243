"""Whatever callers and workers do in whatever order: statuses only ever move along the allowed
transitions, a key stands for one task, every chain of events verifies, and no task is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    multiple,
    rule,
    run_state_machine_as_test,
)

from app import worker
from app.lifecycle import TRANSITIONS
from octollm.contracts import TaskStatus
from octollm.receipt import Receipt, flaw_in

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
PATIENCE = 120
"""Seconds a step may take; reached only by a test that fails."""

Value = TypeVar("Value")
ORDERS = {
    "quick": {"seconds": 0},
    "slow": {"seconds": 0.3},
    "hanging": {"seconds": 3_000},
    "failing": {"seconds": 0, "fail": "permanent"},
    "recovering": {"seconds": 0, "fail": "passing", "fail_attempts": 1},
    "hopeless": {"seconds": 0, "fail": "passing"},
}
STATUS_OF = {
    "task.submitted": "pending",
    "task.started": "processing",
    "task.completed": "completed",
    "task.failed": "failed",
    "task.cancelled": "cancelled",
}


def reachable() -> dict[str, set[str]]:
    """Return the statuses a task may be found in, by the one it was found in before."""
    reached = {status.value: {status.value, *TRANSITIONS[status]} for status in TaskStatus}
    for _ in TaskStatus:
        reached = {
            old: set().union(*(reached[new] for new in news)) for old, news in reached.items()
        }
    return {old: {str(new) for new in news} for old, news in reached.items()}


REACHABLE = reachable()


@dataclass
class Known:
    """A task as it was last seen."""

    task_id: str
    kind: str
    status: str = "pending"


def machine_of(house: Any, loop: asyncio.AbstractEventLoop) -> type[RuleBasedStateMachine]:
    """Return the machine whose steps are taken by a house that runs on that loop."""

    def take(step: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(step, loop).result(PATIENCE)

    async def asked(method: str, path: str, **more: Any) -> Any:
        """Ask until it is no 503: a busy machine answers some, and has stored nothing then."""
        while (answer := await house.http.request(method, path, **more)).status_code == 503:
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        return answer

    class Lifecycle(RuleBasedStateMachine):
        tasks: Bundle[Known] = Bundle("tasks")
        keys = 0  # counted over all examples: the database is one

        def __init__(self) -> None:
            super().__init__()
            self.known: list[Known] = []
            self.workers: list[asyncio.Task[None]] = []
            self.stops: list[asyncio.Event] = []

        def sent(self, method: str, path: str, **more: Any) -> Any:
            return take(asked(method, path, **more))

        def body(self, kind: str) -> dict[str, Any]:
            return {"goal": f"Be {kind}.", "assigned_arm": "drill", "constraints": ORDERS[kind]}

        def seen(self, task: Known, status: str) -> None:
            assert status in REACHABLE[task.status], f"{task.kind}: {task.status}, then {status}"
            task.status = status

        @rule(target=tasks, kind=st.sampled_from(sorted(ORDERS)))
        def submit(self, kind: str) -> Any:
            answer = self.sent("POST", "/submit", json=self.body(kind))
            assert answer.status_code == 202
            self.known.append(Known(answer.json()["task_id"], kind))
            return self.known[-1]

        @rule(target=tasks, kind=st.sampled_from(sorted(ORDERS)), times=st.integers(2, 4))
        def submit_at_once_with_one_key(self, kind: str, times: int) -> Any:
            Lifecycle.keys += 1
            named = {"Idempotency-Key": f"key-{Lifecycle.keys}"}

            async def race() -> list[Any]:
                each = [
                    asked("POST", "/submit", json=self.body(kind), headers=named)
                    for _ in range(times)
                ]
                return await asyncio.gather(*each)

            answers = take(race())
            assert {answer.status_code for answer in answers} == {202}
            (task_id,) = {answer.json()["task_id"] for answer in answers}
            other = self.sent("POST", "/submit", json={"goal": "Other."}, headers=named)
            assert other.json()["type"].endswith("idempotency-key-reused")
            self.known.append(Known(task_id, kind))
            return multiple(self.known[-1])

        @rule(task=tasks)
        def cancel(self, task: Known) -> None:
            answer = self.sent("POST", f"/tasks/{task.task_id}/cancel")
            assert answer.status_code in (202, 409), answer.text
            if answer.status_code == 202:
                self.seen(task, answer.json()["status"])
            else:
                assert answer.json()["status_now"] in ("completed", "failed")

        @rule(task=tasks, wait=st.sampled_from([0, 0, 0.2]))
        def look(self, task: Known, wait: float) -> None:
            answer = self.sent("GET", f"/tasks/{task.task_id}", params={"wait": wait})
            assert answer.status_code == 200
            self.seen(task, answer.json()["status"])

        @rule()
        def list_all(self) -> None:
            found: dict[str, str] = {}
            query: dict[str, Any] = {"limit": 200}
            while query.get("cursor", "") is not None:
                page = self.sent("GET", "/tasks", params=query).json()
                found |= {task["task_id"]: task["status"] for task in page["tasks"]}
                query["cursor"] = page["next_cursor"]
            for task in self.known:
                self.seen(task, found[task.task_id])

        @rule()
        def a_worker_starts(self) -> None:
            if len(self.workers) < 2:

                async def start() -> None:
                    self.stops.append(asyncio.Event())
                    working = worker.work(house.parts, self.stops[-1])
                    self.workers.append(asyncio.create_task(working))

                take(start())

        @rule()
        def a_worker_stops(self) -> None:
            if self.workers:
                take(self._ended(lambda _working, stop: stop.set()))

        @rule()
        def a_worker_is_cut_off(self) -> None:
            if self.workers:
                take(self._ended(lambda working, _stop: working.cancel()))

        async def _ended(self, end: Callable[[asyncio.Task[None], asyncio.Event], Any]) -> None:
            working, stop = self.workers.pop(0), self.stops.pop(0)
            end(working, stop)
            await asyncio.wait({working})

        def teardown(self) -> None:
            self.a_worker_starts()
            for task in self.known:
                if task.kind == "hanging":
                    self.cancel(task)
            for task in self.known:
                for _ in range(10):
                    self.look(task, wait=30)
                    if task.status in ("completed", "failed", "cancelled"):
                        break
                self.verify(task)
            while self.workers:
                self.a_worker_stops()

        def verify(self, task: Known) -> None:
            assert TaskStatus(task.status).final, f"lost: {task}"
            receipt = Receipt.model_validate(
                self.sent("GET", f"/tasks/{task.task_id}/receipt").json()
            )
            assert (receipt.verified, flaw_in(receipt)) == (True, None)
            passed = [STATUS_OF[e.type] for e in receipt.events if e.type in STATUS_OF]
            assert passed[0] == "pending"
            assert passed[-1] == task.status
            assert [s for s in passed if TaskStatus(s).final] == [task.status], "it ends once"

    return Lifecycle


async def test_whatever_is_done_to_tasks_each_ends_once_by_an_allowed_way(
    make_house: Callable[..., Any],
) -> None:
    house = await make_house(
        worker_stale=5, max_attempts=3, reflex_timeout=60, reflex_attempt_timeout=30
    )
    machine = machine_of(house, asyncio.get_running_loop())
    how = settings(
        max_examples=EXAMPLES or 6,
        stateful_step_count=12,
        deadline=None,
        database=None,
        derandomize=not EXAMPLES,
        phases=list(Phase) if EXAMPLES else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=how)
