"""What an answer waits for: seconds, an event of the test, or a gate that is opened by name."""

from __future__ import annotations

import asyncio

from arms.scripted.script import Wait


class Gates:
    """Events by name, shut until somebody opens them; also over HTTP, from another process."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def named(self, name: str) -> asyncio.Event:
        """Return the gate of that name; `set()` opens it for good."""
        return self._events.setdefault(name, asyncio.Event())

    async def passed(self, wait: Wait) -> None:
        """Return when the time is over or the gate open."""
        if isinstance(wait, str):
            wait = self.named(wait)
        if isinstance(wait, asyncio.Event):
            await wait.wait()
        elif wait:
            await asyncio.sleep(wait)
