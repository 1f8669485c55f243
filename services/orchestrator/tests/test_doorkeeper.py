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

ADA, BOB = (Caller(name, frozenset({"read"}), uuid4()) for name in ("ada", "bob"))


class Door:
    """Lets in whom it is told to; `looked` is set once everybody was asked about again."""

    def __init__(self) -> None:
        self.welcome: set[Caller] = {ADA, BOB}
        self.away = False
        self.asked: Counter[Caller] = Counter()

    async def still_in(self, caller: Caller) -> bool:
        self.asked[caller] += 1
        if self.away:
            raise DatabaseUnavailable(retry_after=1)
        return caller in self.welcome


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
    asked = door.asked[BOB]
    while door.asked[BOB] == asked:
        await asyncio.sleep(0)
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
