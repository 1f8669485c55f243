"""Pure decisions of the client: whether to try again, and how to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from octollm.answers import seconds_asked
from octollm.contracts import TaskStatus
from octollm.errors import InternalError, OctoError, PiiDetected, RateLimited, ServerUnreachable
from octollm.retries import LONGEST_DELAY_SECONDS, Retries
from octollm.waiting import SHORTEST_ROUND_SECONDS, Waiting

NOW = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)
EVER = 1_000_000.0


def test_the_delay_doubles_up_to_its_ceiling() -> None:
    retries = Retries(count=9, within_seconds=EVER)
    delays = [retries.delay(ServerUnreachable(), tried, 0, jitter=1) for tried in range(1, 8)]
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_DELAY_SECONDS, LONGEST_DELAY_SECONDS]


def test_jitter_takes_up_to_half_of_it() -> None:
    retries = Retries(count=1, within_seconds=EVER)
    assert retries.delay(ServerUnreachable(), 1, 0, jitter=0) == pytest.approx(0.1)


def test_what_the_server_asks_for_is_waited_in_full() -> None:
    retries = Retries(count=1, within_seconds=EVER)
    assert retries.delay(RateLimited(retry_after=17), 1, 0, jitter=0) == 17


@pytest.mark.parametrize("error", [PiiDetected(), InternalError(), OctoError()])
def test_what_another_try_cannot_cure_is_not_tried_again(error: OctoError) -> None:
    assert Retries(count=9, within_seconds=EVER).delay(error, 1, 0, jitter=0) is None


@pytest.mark.parametrize(("tried", "elapsed"), [(3, 0), (1, 30), (1, 29.9)])
def test_tries_and_time_are_both_bounded(tried: int, elapsed: float) -> None:
    retries = Retries(count=2, within_seconds=30)
    assert retries.delay(ServerUnreachable(), tried, elapsed, jitter=1) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("12", 12),
        ("9" * 5000, 999_999_999),
        ("soon", None),
        ("-1", None),
        ("٣", None),
        ("Sun, 01 Nov 2026 10:00:30 GMT", 30),
        ("Sun, 01 Nov 2026 10:00:30 -0000", 30),
        ("Sun, 01 Nov 2026 09:00:00 GMT", 0),
        ("Sun, 99 Nov 2026 09:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(
    header: str | None, seconds: float | None
) -> None:
    assert seconds_asked(header, NOW) == seconds


def test_the_server_holds_an_answer_no_longer_than_it_may_or_than_is_left() -> None:
    assert Waiting(None, every=500, started=0).hold(now=7) == 60
    assert Waiting(None, every=2, started=0).hold(now=7) == 2
    assert Waiting(10, every=60, started=0).hold(now=7) == 3
    assert Waiting(10, every=60, started=0).hold(now=11) == 0


def test_a_wait_is_over_when_the_task_is_final_or_the_time_is_up() -> None:
    waiting = Waiting(10, every=60, started=0)
    assert waiting.pause(TaskStatus.COMPLETED, asked_at=0, now=1) is None
    assert waiting.pause(TaskStatus.PROCESSING, asked_at=0, now=10) is None
    assert waiting.pause(TaskStatus.PROCESSING, asked_at=0, now=5) == 0


def test_a_server_that_does_not_hold_its_answer_is_not_asked_in_a_storm() -> None:
    waiting = Waiting(None, every=60, started=0)
    assert waiting.pause(TaskStatus.PENDING, asked_at=3, now=3) == SHORTEST_ROUND_SECONDS
