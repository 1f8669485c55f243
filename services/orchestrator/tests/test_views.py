"""Rows of the database as what users and arms see of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app import views
from app.models import Task, TaskResultRow
from octollm.budget import Spend
from octollm.contracts import ResourceBudget, TaskRequest, TaskResult, TaskStatus, TaskSummary
from octollm.errors import BudgetExceeded, TaskFailure

TASK_ID = UUID("0b8ff1a2-c1f1-4b0f-8a6c-3b1d5f0e7a11")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST = TaskRequest(
    goal="Count the words.",
    context="one two",
    constraints={"format": "text", "top": 3},
    acceptance_criteria=["Names the count."],
    budget=ResourceBudget(max_tokens=7, max_time_seconds=1.5, max_cost_usd=0),
    assigned_arm="digest",
    metadata={"team": ["a", None]},
    priority=5,
    pii_policy="allow",
)


def row(**changes: Any) -> Task:
    """Return a row as the store makes it of REQUEST."""
    sent = REQUEST.model_dump(mode="json")
    kept: dict[str, Any] = {
        "id": TASK_ID,
        "tenant": "default",
        "status": TaskStatus.PENDING,
        "task_metadata": sent.pop("metadata"),
        "attempt": 0,
        "max_attempts": 3,
        "drawn_tokens": 0,
        "drawn_usd": Decimal(0),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Task(**(sent | kept | changes))


def ended(**how: Any) -> TaskResultRow:
    return TaskResultRow(task_id=TASK_ID, processing_time_ms=12, **how)


def test_an_arm_is_given_everything_that_was_asked() -> None:
    contract = views.contract_of(row())
    assert contract.task_id == str(TASK_ID)
    asked = REQUEST.model_dump(exclude={"priority"})
    assert {name: getattr(contract, name) for name in asked} == asked | {"budget": REQUEST.budget}


@pytest.mark.parametrize("status", list(TaskStatus))
def test_a_submit_is_answered_alike_however_far_the_task_has_come(status: TaskStatus) -> None:
    accepted = views.accepted(row(status=status))
    assert (accepted.task_id, accepted.status, accepted.created_at) == (TASK_ID, "pending", NOW)


def test_a_list_shows_where_a_task_stands() -> None:
    later = NOW + timedelta(seconds=1)
    shown = views.summary(
        row(status=TaskStatus.PROCESSING, attempt=2, started_at=later, updated_at=later)
    )
    assert shown == TaskSummary(
        task_id=TASK_ID,
        status=TaskStatus.PROCESSING,
        goal="Count the words.",
        assigned_arm="digest",
        priority=5,
        attempt=2,
        cancel_requested=False,
        created_at=NOW,
        updated_at=later,
        started_at=later,
        finished_at=None,
    )


def test_a_wish_to_cancel_shows_before_the_task_has_ended() -> None:
    assert views.summary(row(cancel_requested_at=NOW)).cancel_requested


def test_an_unfinished_task_shows_what_was_asked_and_no_result() -> None:
    shown = views.response(row(deadline_at=NOW), None)
    asked = REQUEST.model_dump(exclude={"budget"})
    assert {name: getattr(shown, name) for name in asked} == asked
    assert shown.budget == REQUEST.budget
    assert shown.deadline_at == NOW
    assert (shown.result, shown.error, shown.processing_time_ms) == (None, None, None)


def test_a_page_shows_at_least_what_the_list_shows() -> None:
    task = row(attempt=1, started_at=NOW)
    shown = views.response(task, None)
    assert dict(shown) | dict(views.summary(task)) == dict(shown)


def test_a_completed_task_shows_its_result() -> None:
    result = TaskResult(arm="digest", output="two", data={"words": 2}, spend=Spend(seconds=0.1))
    shown = views.response(row(), ended(result=result.model_dump(mode="json")))
    assert shown.result == result
    assert (shown.error, shown.processing_time_ms) == (None, 12)


@pytest.mark.parametrize("failure", list(TaskFailure.tree()), ids=lambda failure: failure.slug)
def test_a_failed_task_shows_why(failure: type[TaskFailure]) -> None:
    shown = views.response(row(), ended(error="It did not work.", error_type=failure.slug))
    assert shown.error is not None
    assert shown.error.type == failure().type
    assert (shown.error.title, shown.error.detail) == (failure.title, "It did not work.")
    assert shown.result is None


def test_a_reason_of_another_version_is_shown_all_the_same() -> None:
    shown = views.response(row(), ended(error=None, error_type="eaten-by-the-dog"))
    assert shown.error is not None
    assert shown.error.type == "urn:octollm:problem:eaten-by-the-dog"
    assert (shown.error.title, shown.error.detail) == (TaskFailure.title, "")


def test_a_cancelled_task_shows_neither_result_nor_error() -> None:
    shown = views.response(row(status=TaskStatus.CANCELLED), ended())
    assert (shown.result, shown.error, shown.processing_time_ms) == (None, None, 12)


def test_the_problem_type_of_a_reason_is_the_one_the_error_has() -> None:
    shown = views.response(row(), ended(error="x", error_type=BudgetExceeded.slug))
    assert shown.error is not None
    assert shown.error.type == BudgetExceeded().type
