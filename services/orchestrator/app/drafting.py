"""Shows what an arm drafts while it writes: screened first, a little behind, and not too often.

A draft is unscreened, so before a piece of it is shown all of it so far is screened, as an output
is. Its last stretch is held back: a number or an address is whole, and was seen by the screening,
before its first character is shown. Under the policy `redact` what is shown has placeholders. A
draft that does not pass is shown no further; whether the output passes is decided when it is there.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

import structlog

from octollm.errors import RefusedByPolicy
from octollm.events import change

INTERVAL_SECONDS = 0.1
REST = 9
"""Between two screenings there is so many times the time the last one took: a long draft is shown
in fewer, larger pieces, and showing takes a tenth of the time at most."""

HELD_BACK = 100
"""Characters held back, and to the beginning of the word there: more than private values have that
have spaces in them."""

LONGEST_WORD = 1_000
"""What is longer is taken for a language without spaces, and may be cut anywhere."""

PIECE_CHARACTERS = 1_250
"""PostgreSQL's notices have up to 7,999 bytes, and a character up to 6 of them in JSON."""

log = structlog.get_logger(__name__)


class Drafting:
    """What is shown of one attempt's output: `async with` it while the arm works.

    `screen(text)` returns a text as it may be shown or raises RefusedByPolicy; `publish(pieces)`
    tells the others, and returns False once nobody wants to hear more of this attempt.
    """

    def __init__(
        self,
        task_id: str,
        screen: Callable[[str], Awaitable[str]],
        publish: Callable[[Sequence[str]], Awaitable[bool]],
    ) -> None:
        self._task_id = task_id
        self._screen = screen
        self._publish = publish
        self._text = ""
        self._shown: str | None = None
        self._news = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def show(self, text: str) -> None:
        """Note what there is of the output so far; never waits, and never fails."""
        self._text = text
        self._news.set()

    async def end(self, output: str) -> None:
        """Show the rest of a finished, screened output, if some of it was shown."""
        await self._stop()
        if self._shown is not None:
            with _quietly():
                await self._put(output)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            began = time.monotonic()
            with _quietly():
                try:
                    passed = await self._screen(self._text)
                except RefusedByPolicy:
                    self._shown = None
                    return
                await self._put(passed[: _end(passed)])
            took = time.monotonic() - began
            await asyncio.sleep(max(INTERVAL_SECONDS, REST * took))

    async def _put(self, text: str) -> None:
        """Publish what has changed since the last time."""
        shown = self._shown or ""
        if text == shown:
            return
        if await self._publish(pieces(self._task_id, *change(shown, text))):
            self._shown = text

    async def _stop(self) -> None:
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait({self._loop})  # `await` alone would hide a cancellation of ours
            self._loop = None


def _end(text: str) -> int:
    """Return up to where a draft may be shown: never in the middle of a word."""
    end = max(0, len(text) - HELD_BACK)
    word = len(text[:end].rstrip())
    start = max(text.rfind(" ", 0, word), text.rfind("\n", 0, word)) + 1 if word == end else end
    return start if end - start <= LONGEST_WORD else end


def pieces(task_id: str, offset: int, text: str) -> list[str]:
    """Return a change of a draft as notices that PostgreSQL can carry, in their order."""
    starts = range(0, len(text), PIECE_CHARACTERS) or [0]
    return [
        json.dumps(
            {
                "task_id": task_id,
                "offset": offset + start,
                "text": text[start : start + PIECE_CHARACTERS],
            },
            ensure_ascii=False,
        )
        for start in starts
    ]


class _quietly:  # noqa: N801  (reads as a verb where it is used: `with _quietly():`)
    """Context manager: a draft that cannot be shown just now must not end the task."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> bool:
        if not isinstance(error, Exception):
            return False
        log.info("a draft was not shown", error=type(error).__name__)
        return True
