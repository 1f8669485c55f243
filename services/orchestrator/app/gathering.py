"""What several ask for at the same moment is done together: one round trip in place of many.

Nobody waits for company. While there is a free lane, what is asked for begins at once, alone if
need be; what comes while all lanes are taken waits, and goes together when one gets free. So
batches grow with the load, by themselves, and there is no delay to be chosen.

A batch does not wait for rows that another transaction has locked, or all in it would wait, and all
that come after. It leaves them out, and `Patient` asks for them again beside the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from typing import Final, Generic, NamedTuple, TypeVar

import structlog

T = TypeVar("T")
R = TypeVar("R")


Work = Callable[[Sequence[T]], Awaitable[Sequence[R | BaseException]]]
"""Makes as many outcomes of items, at their places; an exception where one is to be raised."""

BESIDE: Final = 3
"""For so many locked rows is waited at a time, each on a connection of its own."""

log = structlog.get_logger(__name__)


class Held(Exception):
    """The outcome of an item whose row another transaction has locked: nothing was done for it."""


class _Asked(NamedTuple, Generic[T, R]):
    item: T
    answer: asyncio.Future[R]
    context: Context


class Gathering(Generic[T, R]):
    """`await gathering.ask(item)` returns, or raises, what `work` makes of the item.

    `work` is given up to `most` items in the order in which they came; what it raises itself is
    raised to all of them. Up to `lanes` batches are under way at a time. Whoever is cancelled while
    waiting has asked for nothing; what is under way goes on. For one event loop.
    """

    def __init__(self, work: Work[T, R], *, most: int, lanes: int) -> None:
        self._work, self._most, self._lanes = work, most, lanes
        self._waiting: deque[_Asked[T, R]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, item: T) -> R:
        """Return what comes of `item`, together with others or alone."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(item, answer, copy_context()))
        self._start()
        return await answer

    def _start(self) -> None:
        while self._waiting and len(self._under_way) < self._lanes:
            batch = self._batch()
            if not batch:
                return
            # Alone it stays in the trace and the log of whoever asked; together they are nobody's.
            context = batch[0].context if len(batch) == 1 else Context()
            task = asyncio.get_running_loop().create_task(self._run(batch), context=context)
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _batch(self) -> list[_Asked[T, R]]:
        batch: list[_Asked[T, R]] = []
        while self._waiting and len(batch) < self._most:
            asked = self._waiting.popleft()
            if not asked.answer.done():  # else its caller was cancelled
                batch.append(asked)
        return batch

    async def _run(self, batch: Sequence[_Asked[T, R]]) -> None:
        outcomes: Sequence[R | BaseException]
        try:
            outcomes = await self._work([asked.item for asked in batch])
        except BaseException as error:
            outcomes = [error] * len(batch)
            if not isinstance(error, Exception):
                raise
        finally:
            for asked, outcome in zip(batch, outcomes, strict=True):
                _tell(asked.answer, outcome)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._start()


class Patient(Generic[T, R]):
    """`await patient.ask(item)` is as that of a `Gathering` with one lane, for work on rows.

    `skipping` has `Held` as the outcome of items whose rows are locked; they are given to
    `waiting`, one at a time, which waits.
    """

    def __init__(self, skipping: Work[T, R], waiting: Work[T, R], *, most: int) -> None:
        self._together = Gathering(skipping, most=most, lanes=1)
        self._beside = Gathering(waiting, most=1, lanes=BESIDE)

    async def ask(self, item: T) -> R:
        """Return what comes of `item`, with others, alone, or once its row is free."""
        try:
            return await self._together.ask(item)
        except Held:
            pass
        return await self._beside.ask(item)


def _tell(answer: asyncio.Future[R], outcome: R | BaseException) -> None:
    if answer.done():
        return
    if isinstance(outcome, asyncio.CancelledError):
        answer.cancel()
    elif isinstance(outcome, BaseException):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def apart(work: Work[T, R], unless: Callable[[Exception], bool]) -> Work[T, R]:
    """Return work that is done again item by item where it fails as a whole, so that an error in
    one fails that one alone; but not where `unless` says that none of them is to blame."""

    async def alone(item: T) -> R | BaseException:
        try:
            return (await work([item]))[0]
        except Exception as error:
            return error

    async def together(batch: Sequence[T]) -> Sequence[R | BaseException]:
        try:
            return await work(batch)
        except Exception as error:
            if len(batch) == 1 or unless(error):
                raise
            log.warning("done again one by one", count=len(batch), error=type(error).__name__)
            return [await alone(item) for item in batch]

    return together
