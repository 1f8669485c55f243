"""A redis-server of the test's own, on a socket in a folder, which may be killed and started."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest


class RedisServer:
    """Nothing runs before `start`; `stop` leaves nothing behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.url = f"unix://{folder}/redis.sock"

    async def start(self) -> None:
        """Return when it accepts connections."""
        self._process = await asyncio.create_subprocess_exec(
            *("redis-server", "--port", "0", "--save", "", "--appendonly", "no"),
            *("--unixsocket", f"{self._folder}/redis.sock", "--dir", str(self._folder)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            async for line in self._process.stdout:
                if b"eady to accept connections" in line:
                    return
        raise AssertionError("redis-server ended before it was ready")

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.communicate()


@asynccontextmanager
async def redis_in(folder: Path) -> AsyncIterator[RedisServer]:
    """Run one for the length of a test, which is skipped where there is none."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
