"""A TCP proxy that can swallow what passes: both sides think that they are connected."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import parse_qs, urlsplit


class Swallower:
    """Forwards a loopback port to `target`, a path of a socket or a host and port.

    While it swallows, it accepts and reads everything and passes nothing on, as a firewall does
    that has forgotten its connections, or a machine that lost its power: no end, no error.
    """

    def __init__(self, target: str | tuple[str, int]) -> None:
        self._target = target
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def swallow(self) -> None:
        self._passing.clear()

    def spit_out(self) -> None:
        """Pass on again, from now on; connections made before stay dead."""
        for task in self._running:
            task.cancel()
        self._passing.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await self._passing.wait()
            there, away = await self._connect()
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._pass(reader, away))
                    both.create_task(self._pass(there, writer))
            finally:
                away.close()
        self._running.discard(task)
        writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self._target, str):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if self._passing.is_set():
                    writer.write(data)
                    await writer.drain()
        if self._passing.is_set():
            writer.close()


def postgres_behind(url: str) -> str:
    """Return the path of the socket that a URL of the embedded server names."""
    query = parse_qs(urlsplit(url).query)
    return f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"


def through(url: str, port: int) -> str:
    """Return the same database, reached through a loopback port."""
    parts = urlsplit(url)
    return f"postgresql://{parts.username}@127.0.0.1:{port}{parts.path}"
