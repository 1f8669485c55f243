"""The circuit breaker, by its clock and by what it lets through."""

from __future__ import annotations

import asyncio

import pytest

from app.breaker import Breaker, BreakerOpen, BreakerState


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def changes() -> list[BreakerState]:
    return []


@pytest.fixture
def breaker(clock: Clock, changes: list[BreakerState]) -> Breaker:
    return Breaker(5, 60.0, clock, changes.append)


def tell(breaker: Breaker, *results: bool | None) -> None:
    """Make one attempt after the other."""
    for healthy in results:
        with breaker.attempt() as attempt:
            attempt.healthy = healthy


def opened(breaker: Breaker) -> None:
    tell(breaker, *[False] * 5)
    assert breaker.state.name == "OPEN"


def test_four_failures_leave_it_closed_and_the_fifth_opens_it(breaker: Breaker) -> None:
    tell(breaker, False, False, False, False)
    assert breaker.state.name == "CLOSED"
    tell(breaker, False)
    assert breaker.state.name == "OPEN"


def test_only_failures_in_a_row_count(breaker: Breaker) -> None:
    tell(breaker, *[False] * 4, True, *[False] * 4)
    assert breaker.state.name == "CLOSED"


def test_an_attempt_that_taught_nothing_neither_counts_nor_resets(breaker: Breaker) -> None:
    tell(breaker, *[False] * 4, None)
    assert breaker.state.name == "CLOSED"
    tell(breaker, False)
    assert breaker.state.name == "OPEN"


def test_open_it_refuses_until_the_last_moment(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 59.5
    assert breaker.seconds_left == 0.5
    with pytest.raises(BreakerOpen):
        tell(breaker, True)


def test_closed_there_is_nothing_to_wait_for(breaker: Breaker) -> None:
    assert breaker.seconds_left == 0


def test_half_open_exactly_one_probe_goes_through(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 60
    with breaker.attempt() as probe:
        for _ in range(3):
            with pytest.raises(BreakerOpen):
                tell(breaker, True)
        assert breaker.state.name == "HALF_OPEN"
        probe.healthy = True
    assert breaker.state.name == "CLOSED"


def test_a_failed_probe_opens_it_for_the_full_time(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 75
    tell(breaker, False)
    assert breaker.state.name == "OPEN"
    assert breaker.seconds_left == 60


def test_after_a_good_probe_it_takes_five_failures_again(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 60
    tell(breaker, True, *[False] * 4)
    assert breaker.state.name == "CLOSED"


async def test_a_cancelled_probe_lets_the_next_caller_probe(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 60
    started = asyncio.Event()

    async def probing() -> None:
        with breaker.attempt():
            started.set()
            await asyncio.Event().wait()

    probe = asyncio.create_task(probing())
    await started.wait()
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert breaker.state.name == "HALF_OPEN"
    tell(breaker, True)
    assert breaker.state.name == "CLOSED"


def test_an_exception_within_an_attempt_is_passed_on(breaker: Breaker) -> None:
    with pytest.raises(LookupError), breaker.attempt():
        raise LookupError


@pytest.mark.parametrize("healthy", [True, False])
def test_a_straggler_from_before_it_opened_changes_nothing(
    breaker: Breaker, clock: Clock, healthy: bool
) -> None:
    with breaker.attempt() as straggler:
        opened(breaker)
        clock.now += 10
        straggler.healthy = healthy
    assert breaker.state.name == "OPEN"
    assert breaker.seconds_left == 50


def test_a_straggler_does_not_free_the_place_of_a_probe(breaker: Breaker, clock: Clock) -> None:
    straggler = breaker.attempt()
    straggler.__enter__()
    opened(breaker)
    clock.now += 60
    with breaker.attempt() as probe:
        straggler.__exit__(None, None, None)
        with pytest.raises(BreakerOpen):
            tell(breaker, True)
        probe.healthy = True
    assert breaker.state.name == "CLOSED"


def test_every_change_is_told(breaker: Breaker, clock: Clock, changes: list[BreakerState]) -> None:
    opened(breaker)
    clock.now += 60
    tell(breaker, False)
    clock.now += 60
    tell(breaker, True)
    open_, half_open, closed = BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED
    assert changes == [open_, half_open, open_, half_open, closed]
