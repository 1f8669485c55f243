"""Long work off the event loop, in few threads, with a queue that has an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Final, TypeVar

from octollm.errors import Unavailable

RETRY_AFTER_SECONDS: Final = 1

Done = TypeVar("Done")


class Threads:
    """Runs as much work at a time as there are threads; `queue` more may wait."""

    def __init__(self, threads: int, queue: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="screening")
        self._places = BoundedSemaphore(threads + queue)

    async def run(self, work: Callable[[], Done]) -> Done:
        """Return what `work` does; raises Unavailable, at once, where no place is left.

        A place is free again when the work has ended, whether or not anyone still waits for it.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable(
                "Too many long texts are waiting to be screened.", retry_after=RETRY_AFTER_SECONDS
            )
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)

    async def aclose(self) -> None:
        """Give up what waits, and end when what runs has."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
