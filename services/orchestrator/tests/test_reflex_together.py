"""Short texts of one moment are asked about in one request, each for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from scripted_reflex import CLEAN

from app.reflex import SHORT_CHARACTERS, Crowded
from app.reflex_together import LANES, ReflexTogether
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexResponse


def verdict(text: str) -> ReflexResponse:
    return ReflexResponse.model_validate(CLEAN | {"details": text})


class Client:
    """Stands in for the client of the service; answers once it may."""

    breaker_state = None

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.may_answer = asyncio.Event()

    async def process(self, text: str, *, context: str | None = None) -> ReflexResponse:
        return verdict(text)

    async def process_all(
        self, texts: Sequence[tuple[str, str | None]]
    ) -> list[ReflexResponse | ReflexUnavailable]:
        self.batches.append(len(texts))
        await self.may_answer.wait()
        return [
            ReflexUnavailable(retry_after=3) if text == "away" else verdict(text)
            for text, _ in texts
        ]


def together(seconds: float = 60.0) -> tuple[ReflexTogether, Client]:
    client: Any = Client()
    return ReflexTogether(client, seconds), client


async def test_what_comes_while_others_are_on_their_way_goes_in_one_request() -> None:
    reflex, client = together()
    texts = ["a", "b", "c", "away", "d"]
    asking = [asyncio.create_task(reflex.process(text, context="submit")) for text in texts]
    while len(client.batches) < LANES:
        await asyncio.sleep(0)
    client.may_answer.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert client.batches == [1] * LANES + [len(texts) - LANES]
    told = [one.details if isinstance(one, ReflexResponse) else type(one) for one in outcomes]
    assert told == ["a", "b", "c", ReflexUnavailable, "d"]


async def test_a_long_text_goes_alone_and_waits_for_no_short_ones() -> None:
    reflex, client = together()
    short = [asyncio.create_task(reflex.process("short")) for _ in range(LANES)]
    long = "x" * (SHORT_CHARACTERS + 1)
    assert (await reflex.process(long)).details == long
    client.may_answer.set()
    await asyncio.gather(*short)


async def test_no_short_text_waits_for_ever() -> None:
    reflex, client = together(seconds=0.05)
    with pytest.raises(ReflexUnavailable) as caught:
        await reflex.process("short")
    assert isinstance(caught.value.__cause__, Crowded)
    client.may_answer.set()
