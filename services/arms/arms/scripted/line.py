"""TCP connections that a script can cut, and that say when the client has.

uvicorn speaks HTTP on them. Its own server is left out: it polls, and takes the process's
signals, and both are in the way of tests that run in the same loop.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

BACKLOG = 2_048
# Longer than clients keep a connection they do not use: none may find it closed on them.
KEEP_ALIVE_SECONDS = 600


class Line:
    """One connection. `lost` is set when it is closed, whoever closed it."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.lost = asyncio.Event()
        self.cut_here = False

    def cut(self) -> None:
        """Close the connection after what was written; nothing is said of an end."""
        self.cut_here = True
        self._transport.close()

    def drop(self) -> None:
        """Close the connection at once."""
        self.cut_here = True
        self._transport.abort()


class _Protocol(HttpToolsProtocol):
    """uvicorn's, which moreover hands its line to the application, as `scope["state"]["line"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        self.line = Line(transport)
        self.app_state = {**self.app_state, "line": self.line}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.line.lost.set()


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an ASGI application on a bound socket. At the end open connections are dropped."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    config.load()
    state = ServerState()

    def connected() -> _Protocol:
        return _Protocol(config=config, server_state=state, app_state={})

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connected, sock=listener, backlog=BACKLOG)
    try:
        yield
    finally:
        server.close()
        for connection in list(state.connections):
            if isinstance(connection, _Protocol):
                connection.line.drop()
        await asyncio.gather(*state.tasks)
        await server.wait_closed()
