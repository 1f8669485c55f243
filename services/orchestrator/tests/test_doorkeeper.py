"""All who watch by a key are asked about at once, and shown out when it opens nothing any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import uuid4

import pytest

from app import doorkeeper
from app.api_keys import Caller
from app.doorkeeper import Doorkeeper
from octollm.errors import DatabaseUnavailable

PATIENCE = 10
"""Seconds a test may wait for what must happen; reached only by a test that fails."""

ADA, BOB = (Caller(name, frozenset({"read"}), uuid4()) for name in ("ada", "bob"))


class Door:
    """Lets in whom it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.welcome: set[Caller] = {ADA, BOB}
        self.away = False
        self.asked: Counter[Caller] = Counter()

    async def still_in(self, caller: Caller) -> bool:
        self.asked[caller] += 1
        if self.away:
            raise DatabaseUnavailable(retry_after=1)
        return caller in self.welcome

    async def asks_again(self, caller: Caller) -> None:
        """Return once the door was asked about somebody once more."""
        asked = self.asked[caller]
        while self.asked[caller] == asked:
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "LOOK_SECONDS", 0.001)


async def stays(keeper: Doorkeeper, caller: Caller) -> None:
    """Watch until shown out, which is a TimeoutError."""
    async with asyncio.timeout(None) as visit:
        with keeper.minding(caller, visit):
            await asyncio.Event().wait()


async def test_all_who_watch_by_a_key_are_shown_out_with_it_and_nobody_else() -> None:
    door = Door()
    keeper = Doorkeeper(door.still_in)
    minding = asyncio.create_task(keeper.mind())
    ada = [asyncio.create_task(stays(keeper, ADA)) for _ in range(5)]
    bob = asyncio.create_task(stays(keeper, BOB))
    while not door.asked[BOB]:
        await asyncio.sleep(0)
    assert door.asked[ADA] == 1  # five of them
    door.welcome.discard(ADA)
    outcomes = await asyncio.gather(*ada, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 5
    await door.asks_again(BOB)
    assert not bob.done()
    bob.cancel()
    minding.cancel()
    await asyncio.wait([bob, minding])


async def test_while_nobody_can_tell_all_have_to_leave() -> None:
    door = Door()
    keeper = Doorkeeper(door.still_in)
    minding = asyncio.create_task(keeper.mind())
    door.away = True
    with pytest.raises(TimeoutError):
        await stays(keeper, ADA)
    minding.cancel()
    await asyncio.wait([minding])


async def test_who_takes_long_to_leave_keeps_nobody_else_inside() -> None:
    door, unwound = Door(), asyncio.Event()
    keeper = Doorkeeper(door.still_in)

    async def lingers() -> None:
        async with asyncio.timeout(None) as visit:
            with keeper.minding(ADA, visit):
                try:
                    await asyncio.Event().wait()
                finally:
                    await unwound.wait()  # as a statement of a database that does not answer

    minding = asyncio.create_task(keeper.mind())
    slow, bob = asyncio.create_task(lingers()), asyncio.create_task(stays(keeper, BOB))
    while not door.asked[ADA]:
        await asyncio.sleep(0)
    door.welcome.discard(ADA)
    asked = door.asked[BOB]
    while door.asked[BOB] < asked + 5 and not minding.done():
        await asyncio.sleep(0)
    door.welcome.clear()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TimeoutError):
            await asyncio.shield(bob)
    unwound.set()
    with pytest.raises(TimeoutError):
        await slow
    assert not minding.done()
    minding.cancel()
    await asyncio.wait([minding])


async def test_a_fault_in_asking_shows_out_whom_it_is_about_and_ends_no_minding() -> None:
    door = Door()

    async def still_in(caller: Caller) -> bool:
        if caller == ADA:
            raise LookupError("a column that is not there yet")
        return await door.still_in(caller)

    keeper = Doorkeeper(still_in)
    minding = asyncio.create_task(keeper.mind())
    bob = asyncio.create_task(stays(keeper, BOB))
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TimeoutError):
            await asyncio.shield(asyncio.create_task(stays(keeper, ADA)))
    await door.asks_again(BOB)
    assert not bob.done()
    bob.cancel()
    minding.cancel()
    await asyncio.wait([bob, minding])


async def test_a_crowd_of_keys_does_not_wait_for_one_answer_after_the_other() -> None:
    """Each may take as long as it is waited for a database that does not answer."""
    asked: set[Caller] = set()
    all_asked = asyncio.Event()
    callers = [Caller("ada", frozenset({"read"}), uuid4()) for _ in range(100)]

    async def still_in(caller: Caller) -> bool:
        asked.add(caller)
        if len(asked) == len(callers):
            all_asked.set()
        await all_asked.wait()
        raise DatabaseUnavailable(retry_after=1)

    keeper = Doorkeeper(still_in)
    minding = asyncio.create_task(keeper.mind())
    async with asyncio.timeout(PATIENCE):
        outcomes = await asyncio.gather(
            *(stays(keeper, caller) for caller in callers), return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * len(callers)
    minding.cancel()
    await asyncio.wait([minding])
