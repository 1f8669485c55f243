"""The rules of a task's life, as pure decisions."""

from __future__ import annotations

import pytest

from app.lifecycle import (
    TRANSITIONS,
    AfterError,
    AfterRefusedClaim,
    Cancel,
    Fail,
    LeaveAlone,
    Retry,
    StartAlone,
    after_error,
    after_refused_claim,
    check_transition,
    reason,
)
from octollm.contracts import TaskStatus
from octollm.errors import (
    ArmFailed,
    AttemptsExhausted,
    BudgetExceeded,
    IllegalTransition,
    InvalidRequest,
    OutputRefused,
    ReflexUnavailable,
    TaskFailure,
)

SECRET = "ada@example.org"
FINAL = [status for status in TaskStatus if status.final]
UNFINISHED = [status for status in TaskStatus if not status.final]


def decide(error: Exception, attempt: int = 1, left: float = 300, backoff: float = 2) -> AfterError:
    return after_error(
        error,
        attempt=attempt,
        max_attempts=3,
        seconds_left=left,
        backoff=backoff,
    )


def failure(decision: object) -> TaskFailure:
    assert isinstance(decision, Fail)
    return decision.reason


@pytest.mark.parametrize("old", FINAL)
@pytest.mark.parametrize("new", list(TaskStatus))
def test_nothing_leaves_a_final_status(old: TaskStatus, new: TaskStatus) -> None:
    with pytest.raises(IllegalTransition) as caught:
        check_transition(old, new)
    assert caught.value.extra == {"status_now": old.value}
    assert caught.value.detail == f"A {old} task cannot become {new}."


@pytest.mark.parametrize("old", UNFINISHED)
@pytest.mark.parametrize("new", [TaskStatus.FAILED, TaskStatus.CANCELLED, TaskStatus.PROCESSING])
def test_an_unfinished_task_can_run_fail_and_be_cancelled(old: TaskStatus, new: TaskStatus) -> None:
    check_transition(old, new)


def test_only_a_running_task_completes_or_is_handed_back() -> None:
    for new in (TaskStatus.COMPLETED, TaskStatus.PENDING):
        check_transition(TaskStatus.PROCESSING, new)
        with pytest.raises(IllegalTransition):
            check_transition(TaskStatus.PENDING, new)


def test_every_status_has_its_rules() -> None:
    assert set(TRANSITIONS) == set(TaskStatus)


@pytest.mark.parametrize("error", [ArmFailed("No column.\n"), OutputRefused(), BudgetExceeded()])
def test_a_failure_that_would_come_again_ends_the_task(error: TaskFailure) -> None:
    assert failure(decide(error)) is error


def test_a_contract_an_arm_cannot_read_ends_the_task_with_what_is_wrong() -> None:
    ended = failure(decide(InvalidRequest("constraints.top: must be 1 to 50")))
    assert isinstance(ended, ArmFailed)
    assert ended.detail == "constraints.top: must be 1 to 50"


@pytest.mark.parametrize(("attempt", "wait"), [(1, 2), (2, 4)])
def test_a_passing_fault_is_tried_again_after_twice_the_wait(attempt: int, wait: float) -> None:
    assert decide(ConnectionError(), attempt) == Retry(wait)


def test_without_a_backoff_the_next_attempt_comes_at_once() -> None:
    assert decide(ConnectionError(), backoff=0) == Retry(0)


@pytest.mark.parametrize(("backoff", "wait"), [(2, 30), (100, 100)])
def test_the_wait_does_not_double_for_ever(backoff: float, wait: float) -> None:
    decision = after_error(
        ConnectionError(), attempt=40, max_attempts=50, seconds_left=300, backoff=backoff
    )
    assert decision == Retry(wait)


@pytest.mark.parametrize(("asked", "wait"), [(7, 7), (1, 2), (300, 2)])
def test_a_part_that_is_away_is_given_the_time_it_asked_for(asked: float, wait: float) -> None:
    assert decide(ReflexUnavailable("Away.", retry_after=asked)) == Retry(wait)


@pytest.mark.parametrize("attempt", [3, 4])
def test_a_task_is_tried_no_more_often_than_it_may_be(attempt: int) -> None:
    ended = failure(decide(ReflexUnavailable("Away."), attempt))
    assert isinstance(ended, AttemptsExhausted)
    assert ended.detail == "All 3 attempts failed: Away."


@pytest.mark.parametrize("left", [-5, 0, 1, 2])
def test_a_task_whose_time_would_be_up_is_not_tried_again(left: float) -> None:
    ended = failure(decide(ConnectionError(), left=left))
    assert isinstance(ended, BudgetExceeded)
    assert ended.extra == {"dimension": "time"}
    assert decide(ConnectionError(), left=2.01) == Retry(2)


def test_a_foreign_error_is_named_and_not_quoted() -> None:
    assert reason(ConnectionError(SECRET)) == "ConnectionError"
    for left in (300, 0):
        assert SECRET not in failure(decide(ConnectionError(SECRET), 3, left)).detail
    assert SECRET not in failure(decide(ConnectionError(SECRET), 1, 0)).detail


@pytest.mark.parametrize("status", FINAL)
@pytest.mark.parametrize("cancel_requested", [True, False])
def test_a_task_that_has_ended_is_left_alone(status: TaskStatus, cancel_requested: bool) -> None:
    decision = after_refused_claim(
        status, cancel_requested=cancel_requested, attempt=9, max_attempts=3
    )
    assert decision == LeaveAlone()


@pytest.mark.parametrize("status", UNFINISHED)
def test_an_owner_s_wish_comes_before_the_count_of_attempts(status: TaskStatus) -> None:
    decision = after_refused_claim(status, cancel_requested=True, attempt=3, max_attempts=3)
    assert decision == Cancel()


@pytest.mark.parametrize("status", UNFINISHED)
def test_a_task_whose_workers_all_vanished_fails(status: TaskStatus) -> None:
    decision = after_refused_claim(status, cancel_requested=False, attempt=3, max_attempts=3)
    assert isinstance(failure(decision), AttemptsExhausted)
    assert failure(decision).detail.startswith("3 attempts ended")


@pytest.mark.parametrize("status", UNFINISHED)
def test_a_task_that_someone_else_has_is_left_alone(status: TaskStatus) -> None:
    decision = after_refused_claim(status, cancel_requested=False, attempt=1, max_attempts=3)
    assert decision == LeaveAlone()


def test_the_last_attempt_of_one_that_was_lost_runs_alone() -> None:
    def decided(status: TaskStatus, attempt: int) -> AfterRefusedClaim:
        return after_refused_claim(status, cancel_requested=False, attempt=attempt, max_attempts=3)

    assert decided(TaskStatus.PROCESSING, 2) == StartAlone()
    assert decided(TaskStatus.PENDING, 2) == LeaveAlone(), "it was handed back, and not lost"
    assert decided(TaskStatus.PROCESSING, 1) == LeaveAlone()


def test_a_foreign_error_is_named_and_never_quoted() -> None:
    class Foreign(Exception):
        detail = SECRET

    assert reason(Foreign(SECRET)) == "Foreign"
